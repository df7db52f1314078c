//! What else makes sheets, on the grid and with the codes of `a4-band-25`: printpdf as it comes, `qrcode` alone, and
//! Python's and Typst's ways in `peers.py`.
//!
//! They draw the two codes and the serial of each wristband and none of the words, so they have less to do than Polsband.

use anyhow::{Context as _, ensure};
use flate2::{Compression, write::ZlibEncoder};
use printpdf::{
    BuiltinFont, CurTransMat, DictItem, ExternalStream, ExternalXObject, Mm, Op, PaintMode, PdfDocument,
    PdfFontHandle, PdfPage, PdfSaveOptions, Point, Pt, Rect, TextItem, XObject, XObjectId, XObjectTransform,
};
use qrcode::{Color, EcLevel, QrCode};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// A way of printing that is measured in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Peer {
    /// printpdf, an operation for each dark module.
    Rectangles,
    /// printpdf, a 1-bit image for each code.
    Images,
    /// `qrcode` and nothing else.
    Encoding,
}

/// One wristband's serial and symbols.
struct Band {
    serial: String,
    symbols: [QrCode; 2],
}

const PER_PAGE: usize = 8;
const PAGE_MM: (f32, f32) = (210.0, 297.0);
/// Top-up code and pay code: the side, and from the top of the page, in millimetres.
const CODES_MM: [(f32, f32); 2] = [(17.6, 125.0), (13.05, 245.0)];
const POINTS_PER_MM: f32 = 72.0 / 25.4;

/// Prints the first so many wristbands of a list of codes.
pub(crate) fn print(peer: Peer, codes: &Path, count: usize, out: &Path) -> anyhow::Result<()> {
    let bands: Vec<Band> = csv::Reader::from_path(codes)?
        .records()
        .take(count)
        .map(|row| {
            let row = row?;
            let symbol = |text: &str| QrCode::with_error_correction_level(text, EcLevel::M);
            Ok(Band { serial: row[1].to_owned(), symbols: [symbol(&row[3])?, symbol(&row[5])?] })
        })
        .collect::<anyhow::Result<_>>()?;
    ensure!(bands.len() == count, "only {} wristbands in the list", bands.len());
    if peer == Peer::Encoding {
        return Ok(());
    }
    let mut document = PdfDocument::new("Bench");
    let pages: Vec<PdfPage> = bands
        .chunks(PER_PAGE)
        .map(|bands| page(peer, &mut document, bands))
        .collect::<anyhow::Result<_>>()?;
    document.with_pages(pages);
    let options = PdfSaveOptions { image_optimization: None, ..PdfSaveOptions::default() };
    std::fs::write(out, document.save(&options, &mut Vec::new())).context("the sheet could not be written")
}

fn page(peer: Peer, document: &mut PdfDocument, bands: &[Band]) -> anyhow::Result<PdfPage> {
    let mut ops = Vec::new();
    for (column, band) in bands.iter().enumerate() {
        let middle_mm = 3.4 + 25.4 * (column as f32 + 0.5);
        for (symbol, (side_mm, top_mm)) in band.symbols.iter().zip(CODES_MM) {
            let (left, bottom) = (middle_mm - side_mm / 2.0, PAGE_MM.1 - top_mm - side_mm);
            let [x, y, side] = [left, bottom, side_mm].map(|mm| mm * POINTS_PER_MM);
            match peer {
                Peer::Images => image(document, &mut ops, symbol, [x, y, side])?,
                _ => rectangles(&mut ops, symbol, [x, y, side]),
            }
        }
        let font = PdfFontHandle::Builtin(BuiltinFont::HelveticaBold);
        ops.extend([
            Op::StartTextSection,
            Op::SetFont { font, size: Pt(10.0) },
            Op::SetTextCursor { pos: Point::new(Mm(middle_mm - 10.0), Mm(80.0)) },
            Op::ShowText { items: vec![TextItem::Text(band.serial.clone())] },
            Op::EndTextSection,
        ]);
    }
    Ok(PdfPage::new(Mm(PAGE_MM.0), Mm(PAGE_MM.1), ops))
}

fn rectangles(ops: &mut Vec<Op>, symbol: &QrCode, [x, y, side]: [f32; 3]) {
    let width = symbol.width();
    let module = side / width as f32;
    for (index, color) in symbol.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (column, row) = (index % width, index / width);
            let rectangle = Rect {
                x: Pt(x + column as f32 * module),
                y: Pt(y + side - (row + 1) as f32 * module),
                width: Pt(module),
                height: Pt(module),
                mode: Some(PaintMode::Fill),
                winding_order: None,
            };
            ops.push(Op::DrawRectangle { rectangle });
        }
    }
}

fn image(
    document: &mut PdfDocument,
    ops: &mut Vec<Op>,
    symbol: &QrCode,
    [x, y, side]: [f32; 3],
) -> anyhow::Result<()> {
    let width = symbol.width();
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in symbol.to_colors().chunks(width) {
        for eight in row.chunks(8) {
            // A mask paints where a bit is 0.
            let byte = |(bit, color): (usize, &Color)| u8::from(*color == Color::Dark) << (7 - bit);
            deflated.write_all(&[!eight.iter().enumerate().map(byte).sum::<u8>()])?;
        }
    }
    let name = |name: &str| DictItem::Name(name.as_bytes().to_vec());
    let side_modules = DictItem::Int(i64::try_from(width)?);
    let dict = BTreeMap::from([
        ("Type".to_owned(), name("XObject")),
        ("Subtype".to_owned(), name("Image")),
        ("Width".to_owned(), side_modules.clone()),
        ("Height".to_owned(), side_modules),
        ("ImageMask".to_owned(), DictItem::Bool(true)),
        ("BitsPerComponent".to_owned(), DictItem::Int(1)),
        ("Filter".to_owned(), name("FlateDecode")),
    ]);
    let stream = ExternalStream { dict, content: deflated.finish()?, compress: false };
    let id = XObjectId(format!("Q{}", document.resources.xobjects.map.len()));
    let object = ExternalXObject { stream, width: None, height: None, dpi: None };
    document.resources.xobjects.map.insert(id.clone(), XObject::External(object));
    ops.extend([
        Op::SaveGraphicsState,
        Op::SetTransformationMatrix { matrix: CurTransMat::Raw([side, 0.0, 0.0, side, x, y]) },
        Op::UseXobject { id, transform: XObjectTransform::default() },
        Op::RestoreGraphicsState,
    ]);
    Ok(())
}
