//! Proof that sheets scan: rendered to pixels by poppler, read back by two decoders that share no code.
//!
//! The tools are required: a test that can't find one fails and says which package has it.

mod boxes;
mod captions;
mod damage;
mod festival;
mod geometry;
mod lists;
mod sheets;

use super::column::Area;
use super::{Language, Layout, Longest, Options, Piece, Plan, Refusal, SheetText, layouts, plan, write_pdf};
use crate::codes::{PayCode, Reference, Serial};
use image::GrayImage;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pay code's QR: bare, or as a link.
#[derive(Clone, Copy)]
enum Pay {
    Bare,
    Link,
}

fn layout(name: &str) -> &'static Layout {
    layouts().iter().find(|layout| layout.name() == name).expect("a built-in layout")
}

fn text(language: Language) -> SheetText {
    SheetText {
        event_name: "Fête d’été Übersee 2026".into(),
        merchant: "Zomerfeest vzw".into(),
        language,
        fixed_amount: None,
        spends: false,
        logo: None,
        colour: None,
    }
}

/// Piece number `sequence` of a batch that is always the same.
fn piece(sequence: u64, pay: Pay) -> Piece {
    let mut random = StdRng::seed_from_u64(sequence);
    let (serial, reference) = (Serial::draw(&mut random), Reference::draw(&mut random));
    let mut bits = [0; 10];
    random.fill_bytes(&mut bits);
    let pay_code = PayCode::from_bits(bits);
    let base = "https://pay.bancontact.net/t/1/5c18cbd1296e9a26d3278518";
    Piece {
        sequence,
        qr_text: format!("{base}?D={}&R={}", serial.as_str(), reference.as_str()),
        pay_qr_text: match pay {
            Pay::Bare => pay_code.reveal().to_owned(),
            Pay::Link => format!("HTTPS://WALLET.FESTIVAL.EXAMPLE/W/{}", pay_code.reveal()),
        },
        serial,
        reference,
        pay_code,
    }
}

fn pieces(count: u64, pay: Pay) -> impl Iterator<Item = Result<Piece, Infallible>> {
    (1..=count).map(move |sequence| Ok(piece(sequence, pay)))
}

fn planned(layout: &Layout, language: Language, pay: Pay, options: &Options) -> Result<Plan, Refusal> {
    let longest = piece(1, pay);
    let longest = Longest { qr_text: &longest.qr_text, pay_qr_text: &longest.pay_qr_text };
    plan(layout, &text(language), &longest, options)
}

fn pdf(plan: &Plan, count: u64, pay: Pay) -> Vec<u8> {
    let mut bytes = Vec::new();
    let summary = write_pdf(plan, pieces(count, pay), &mut bytes, |_| ()).expect("pieces fit their plan");
    assert_eq!((summary.pieces, summary.bytes), (count, bytes.len() as u64));
    assert_eq!(summary.pages, plan.pages(count));
    bytes
}

/// Runs a tool to its end and returns what it printed.
fn run(tool: &str, package: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output();
    let output = output.unwrap_or_else(|e| panic!("{tool} is needed (Debian package {package}): {e}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{tool} {arguments:?}: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// The words of a PDF, as a reader copies them.
pub(crate) fn text_of(pdf: &[u8]) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = written(directory.path(), pdf);
    run("pdftotext", "poppler-utils", &["-layout", path_text(&path), "-"])
}

fn written(directory: &Path, bytes: &[u8]) -> PathBuf {
    let path = directory.join("sheet.pdf");
    std::fs::write(&path, bytes).expect("a writable temporary directory");
    path
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// Every page of a PDF as grey pixels, with the files they were read from.
fn rendered(directory: &Path, bytes: &[u8], dpi: u32) -> Vec<(PathBuf, GrayImage)> {
    let pdf = written(directory, bytes);
    let prefix = directory.join("page");
    let dpi = dpi.to_string();
    run("pdftoppm", "poppler-utils", &["-r", &dpi, "-gray", path_text(&pdf), path_text(&prefix)]);
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "pgm"))
        .collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), image::open(file).expect("a PGM").into_luma8())).collect()
}

/// Where an area of a cell lies on the page.
fn on_page(layout: &Layout, index: usize, reverse: bool, area: &Area) -> Area {
    let (left, top) = layout.corner(index, reverse);
    if layout.turned() {
        let x = left + layout.cell.0 - area.bottom();
        Area { x, y: top + area.x, width: area.height, height: area.width }
    } else {
        Area { x: left + area.x, y: top + area.y, ..*area }
    }
}

fn read_by_rqrr(image: &GrayImage) -> Vec<String> {
    let (width, raw) = (image.width() as usize, image.as_raw());
    // By a function, and not as an image: in a development build that takes half the time.
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, image.height() as usize, |x, y| {
        raw[y * width + x]
    });
    prepared.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

fn read_by_zbar(files: &[PathBuf]) -> Vec<String> {
    let arguments = ["-q", "--raw", "-S*.disable", "-Sqrcode.enable"];
    let output = Command::new("zbarimg").args(arguments).args(files).output();
    let output = output.unwrap_or_else(|e| panic!("zbarimg is needed (Debian package zbar-tools): {e}"));
    // 4: one of the files had no code that could be read.
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
