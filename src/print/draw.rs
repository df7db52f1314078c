//! PDF content: the fixed artwork of a cell, the marks of a sheet, and a piece's own codes and serial.

use super::arrange::{Side, Square, cell_size};
use super::column::{Area, SerialSlot, Text};
use super::encode::Symbol;
use super::font::{Face, Subset};
use super::layout::{Layout, Marks};
use super::length::Length;

/// The faces as this document embeds them.
pub(crate) struct Fonts {
    pub(crate) regular: Subset,
    pub(crate) bold: Subset,
}

impl Fonts {
    fn hex(&self, face: Face, text: &str) -> String {
        match face {
            Face::Regular => self.regular.hex(text),
            Face::Bold => self.bold.hex(text),
        }
    }
}

/// Bytes of a content stream. Writing to memory can't fail.
pub(crate) type Content = Vec<u8>;

macro_rules! put {
    ($out:expr, $($form:tt)*) => {
        {
            use std::io::Write as _;
            writeln!($out, $($form)*).expect("writing to memory")
        }
    };
}

pub(crate) use put;

/// Pure black in the printing colours: K 100, no mixture.
pub(crate) const BLACK: &str = "0 0 0 1 k";
/// Line width of marks.
const HAIR: Length = Length::um(90);
const MARK: Length = Length::mm(4);
const MARK_GAP: Length = Length::mm(1);

/// What is the same on every piece: bars and words, in cell coordinates with y upwards.
pub(crate) fn artwork(side: &Side, height: Length, fonts: &Fonts) -> Content {
    let mut out = Content::new();
    for bar in &side.bars {
        put!(out, "{} k", bar.colour.operands());
        put!(out, "{} re f", corner_and_size(&bar.area, height));
    }
    put!(out, "BT");
    for text in &side.texts {
        line(&mut out, text, height, fonts);
    }
    put!(out, "ET");
    out
}

pub(crate) fn line(out: &mut Content, text: &Text, height: Length, fonts: &Fonts) {
    put!(out, "{} k", text.ink.operands());
    put!(out, "/{} {} Tf", text.face.resource(), text.size.points());
    let y = height - text.baseline;
    put!(out, "1 0 0 1 {} {} Tm {} Tj", text.x.points(), y.points(), fonts.hex(text.face, &text.text));
}

/// Left bottom corner, width and height as PDF operands.
pub(crate) fn corner_and_size(area: &Area, height: Length) -> String {
    let y = height - area.bottom();
    format!("{} {} {} {}", area.x.points(), y.points(), area.width.points(), area.height.points())
}

/// The logo at its place; it is drawn in the unit square.
pub(crate) fn logo(out: &mut Content, area: &Area, name: &str, height: Length) {
    let (x, y) = (area.x.points(), (height - area.bottom()).points());
    put!(out, "q {} 0 0 {} {x} {y} cm /{name} Do Q", area.width.points(), area.height.points());
}

/// A piece's serial, narrowed where its letters are wider than its line.
pub(crate) fn serial(out: &mut Content, slot: &SerialSlot, grouped: &str, height: Length, fonts: &Fonts) {
    let natural = Face::Bold.width(grouped, slot.size);
    let percent = if natural > slot.width { slot.width.as_nm() * 100 / natural.as_nm() } else { 100 };
    let matrix = if slot.upwards { "0 1 -1 0" } else { "1 0 0 1" };
    let y = height - slot.baseline;
    put!(
        out,
        "BT /{} {} Tf {percent} Tz {matrix} {} {} Tm {} Tj ET",
        Face::Bold.resource(),
        slot.size.points(),
        slot.x.points(),
        y.points(),
        fonts.hex(Face::Bold, grouped)
    );
}

/// A symbol as an image mask of one pixel a module, inside the stream.
pub(crate) fn code(out: &mut Content, square: &Square, symbol: &Symbol, height: Length) {
    let side = (square.module * square.modules).points();
    let y = height - square.dark().bottom();
    put!(out, "q {side} 0 0 {side} {} {} cm", square.x.points(), y.points());
    put!(out, "BI /W {0} /H {0} /IM true /BPC 1 ID", symbol.width());
    out.truncate(out.len() - 1);
    out.push(b' ');
    out.extend(mask_bytes(&symbol.rows));
    put!(out, "\nEI Q");
}

/// Rows packed to bytes; a mask paints where a bit is 0.
fn mask_bytes(rows: &[u64]) -> impl Iterator<Item = u8> + '_ {
    let width = rows.len();
    rows.iter().flat_map(move |row| (!row << (64 - width)).to_be_bytes().into_iter().take(width.div_ceil(8)))
}

/// False where a reader looking for the end of inline data by its letters could stop too early.
pub(crate) fn inline_is_safe(rows: &[u64]) -> bool {
    let bytes: Vec<u8> = mask_bytes(rows).collect();
    !bytes.windows(2).any(|pair| pair == b"EI")
}

/// Moves to a cell: its coordinates run upwards from its left bottom corner, or along a turned band.
pub(crate) fn cell_matrix(layout: &Layout, index: usize, reverse: bool) -> String {
    let (left, top) = layout.corner(index, reverse);
    let from_top = layout.page.1 - top;
    if layout.turned() {
        format!("0 -1 1 0 {} {} cm", left.points(), from_top.points())
    } else {
        format!("1 0 0 1 {} {} cm", left.points(), (from_top - layout.cell.1).points())
    }
}

/// Corners a form of this layout's cells must include.
pub(crate) fn cell_box(layout: &Layout) -> [Length; 4] {
    let (width, height) = cell_size(layout);
    let bleed = layout.bleed;
    [-bleed, -bleed, width + bleed, height + bleed]
}

/// Crop marks around a page's cell, or cut and fold marks in the margins of a sheet.
pub(crate) fn marks(layout: &Layout) -> Content {
    let mut out = Content::new();
    put!(out, "0 0 0 1 K {} w", HAIR.points());
    match layout.marks {
        Marks::None => {}
        Marks::Crop | Marks::Cut => {
            let start = layout.bleed + MARK_GAP;
            let ends = |first: Length, pitch: Length, cell: Length, count: i64| {
                let mut at: Vec<Length> =
                    (0..count).flat_map(|i| [first + pitch * i, first + pitch * i + cell]).collect();
                at.dedup();
                at
            };
            let xs = ends(layout.first.0, layout.pitch.0, layout.cell.0, layout.columns);
            let ys = ends(layout.first.1, layout.pitch.1, layout.cell.1, layout.rows);
            let (left, right) = (xs[0], xs[xs.len() - 1]);
            let (top, bottom) = (ys[0], ys[ys.len() - 1]);
            for x in &xs {
                stroke(&mut out, layout, (*x, top - start - MARK), (*x, top - start));
                stroke(&mut out, layout, (*x, bottom + start), (*x, bottom + start + MARK));
            }
            let across = MARK.at_most((left - start).max(Length::ZERO));
            for y in &ys {
                stroke(&mut out, layout, (left - start - across, *y), (left - start, *y));
                stroke(&mut out, layout, (right + start, *y), (right + start + across, *y));
            }
            if layout.tab > Length::ZERO && layout.turned() {
                put!(out, "[1 1] 0 d");
                let y = top + layout.tab;
                stroke(&mut out, layout, (left - start - across, y), (left - start, y));
                stroke(&mut out, layout, (right + start, y), (right + start + across, y));
            }
        }
    }
    out
}

/// A line between two points given from the page's left top corner.
pub(crate) fn stroke(out: &mut Content, layout: &Layout, from: (Length, Length), to: (Length, Length)) {
    let height = layout.page.1;
    let (y1, y2) = (height - from.1, height - to.1);
    put!(out, "{} {} m {} {} l S", from.0.points(), y1.points(), to.0.points(), y2.points());
}
