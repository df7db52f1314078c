//! A page to hold against the stock: cell outlines, and rulers along the page.

use super::arrange::{cell_size, kept_out, safe_area};
use super::colour::Colour;
use super::column::{Area, Style, Text, bold, fill, plain};
use super::draw::{BLACK, Content, Fonts, cell_matrix, corner_and_size, line, put, stroke};
use super::file::Writer;
use super::font::Face;
use super::layout::Layout;
use super::length::Length;
use super::page::{adjustment, deflated};
use super::skeleton::fonts;
use super::{Options, Refusal};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Line width of outlines and rulers.
const HAIR: Length = Length::um(100);
const NUMBER_SIZE: Length = Length::decipoints(50);

/// One page for a layout: print it on plain paper at 100%, hold it against the stock, and read off how far
/// the outlines are from the cells. The options' nudge and scale are applied to the outlines, so that they
/// can be checked; the rulers too, so that 100 mm can be measured.
///
/// The page says which `printer` and which options it was made for; the name may be empty.
pub fn calibration_pdf(layout: &Layout, options: &Options, printer: &str) -> Result<Vec<u8>, Refusal> {
    super::plan::check_options(options)?;
    let texts = note(layout, &made_for(options, printer));
    let characters = |face| -> BTreeSet<char> {
        texts.iter().filter(|t| t.face == face).flat_map(|t| t.text.chars()).chain('0'..='9').collect()
    };
    let fonts = fonts(&characters(Face::Regular), &characters(Face::Bold));
    let mut out = Content::new();
    put!(out, "{}\n{BLACK} 0 0 0 1 K {} w", adjustment(options, layout.page.1), HAIR.points());
    put!(out, "q {} BT", cell_matrix(layout, 0, false));
    texts.iter().for_each(|text| line(&mut out, text, cell_size(layout).1, &fonts));
    put!(out, "ET Q {BLACK}");
    ruler(&mut out, layout, &fonts, layout.page.0, |at, off| (at, off));
    ruler(&mut out, layout, &fonts, layout.page.1, |at, off| (off, at));
    // Over the numbers: what is held against the stock has no gaps.
    outlines(&mut out, layout);
    let mut bytes = Vec::new();
    let title = format!("Calibration {}", layout.name);
    let mut writer =
        Writer::begin(&mut bytes, (layout, options), &title, &fonts, Vec::new()).expect("writing to memory");
    writer.page(&deflated(&out)).expect("writing to memory");
    writer.finish().expect("writing to memory");
    Ok(bytes)
}

/// Every cell, and dashed inside it what is safe to print on.
fn outlines(out: &mut Content, layout: &Layout) {
    let (width, height) = cell_size(layout);
    let safe = safe_area(layout, false);
    for index in 0..layout.per_page() {
        put!(out, "q {}", cell_matrix(layout, index, false));
        put!(out, "0 0 {} {} re S", width.points(), height.points());
        let y = height - safe.bottom();
        let [x, y, w, h] = [safe.x, y, safe.width, safe.height].map(Length::points);
        put!(out, "[1 2] 0 d {x} {y} {w} {h} re S");
        for zone in kept_out(layout, false) {
            put!(out, "{} re S", corner_and_size(&zone, height));
        }
        put!(out, "Q");
    }
}

/// Which of several pages this is.
fn made_for(options: &Options, printer: &str) -> String {
    let Options { dpi, nudge_x, nudge_y, scale_ppm, .. } = options;
    let printer = if printer.is_empty() { String::new() } else { format!("Printer {printer}, ") };
    let dpi = dpi.map_or(String::new(), |dpi| format!(", {dpi} dpi"));
    let percent = Decimal::new(i64::from(*scale_ppm), 4).normalize();
    format!("{printer}nudge {nudge_x} right and {nudge_y} down, scale {percent}%{dpi}.")
}

/// What to do, in the first cell; left out where it has no room.
fn note(layout: &Layout, made_for: &str) -> Vec<Text> {
    let safe = safe_area(layout, false).grown(-Length::um(1_500));
    // The rulers run along the page's edges and may cross the first cell.
    let clear = |start: Length| (Length::um(8_500) - start).max(Length::ZERO);
    let (left, top) = layout.corner(0, false);
    let (x, y) = if layout.turned() {
        (clear(top + safe.x), Length::ZERO)
    } else {
        (clear(left + safe.x), clear(top + safe.y))
    };
    let area = Area { x: safe.x + x, y: safe.y + y, width: safe.width - x, height: safe.height - y };
    let items = [
        bold("name", &layout.name, 100, 1),
        plain("made for", made_for, 80, 3),
        plain(
            "note",
            "Print at 100%, without fitting to the page. The outlines must fall on the cells.",
            80,
            4,
        ),
        plain("note", "Too far left or up: nudge by what is missing. Rulers too short: scale up.", 80, 4),
    ];
    fill(area, Style::PLAIN, &items, &[]).map(|filled| filled.texts).unwrap_or_default()
}

/// Millimetres along an edge of the page; `turn` says whether "along" is x or y.
fn ruler(
    out: &mut Content,
    layout: &Layout,
    fonts: &Fonts,
    length: Length,
    turn: impl Fn(Length, Length) -> (Length, Length),
) {
    let edge = Length::mm(2);
    // Not where the two rulers would cross.
    for mm in (8..).take_while(|mm| Length::mm(*mm) <= length) {
        let tick = match mm % 10 {
            0 => Length::um(4_000),
            5 => Length::um(2_500),
            _ => Length::um(1_500),
        };
        let at = Length::mm(mm);
        stroke(out, layout, turn(at, edge), turn(at, edge + tick));
        if mm % 10 == 0 {
            let (x, y) = turn(at, edge + tick);
            let text = Text {
                x: x + Length::um(300),
                baseline: y + Length::um(if x == at { 300 } else { 1_500 }),
                size: NUMBER_SIZE,
                face: Face::Regular,
                ink: Colour::BLACK,
                text: mm.to_string(),
            };
            // A cell's note below a number would hide it.
            let area = text.area();
            let [x, y, w, h] =
                [area.x, layout.page.1 - area.bottom(), area.width, area.height].map(Length::points);
            put!(out, "0 0 0 0 k {x} {y} {w} {h} re f BT");
            line(out, &text, layout.page.1, fonts);
            put!(out, "ET");
        }
    }
}
