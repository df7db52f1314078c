//! A picture of one piece as a sheet will have it, for a screen: every element where the plan puts it, in its size, with
//! codes of the same version that say SPECIMEN and can't be used.

use super::arrange::{Side, Square, cell_size};
use super::column::{Area, SerialSlot, Text};
use super::encode::{Encoder, Level, Mode, Symbol};
use super::font::Face;
use super::length::Length;
use super::picture::dark_path;
use super::plan::Plan;
use std::fmt::Write;

/// In place of every code's text.
const SPECIMEN: &str = "SPECIMEN";
/// In place of a serial.
const SERIAL: &str = "K7QM-3XR9";
/// Around and between the sides.
const GAP: Length = Length::mm(2);

/// The front of a piece, and its reverse below it where it has one, as SVG. `logo` is where a viewer finds the event's
/// logo; without it its place is marked.
#[must_use]
pub fn specimen_svg(plan: &Plan, logo: Option<&str>) -> String {
    let (width, height) = cell_size(&plan.layout);
    let (across, down) = extent(plan);
    let sides = std::iter::once(&plan.arranged.front).chain(plan.arranged.back.as_ref());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"'Noto Sans', sans-serif\">",
        um(across),
        um(down)
    );
    for (index, side) in (0_i64..).zip(sides) {
        let y = GAP + (height + GAP) * index;
        put(&mut out, format_args!("<svg x=\"{}\" y=\"{}\" {}>", um(GAP), um(y), size(width, height)));
        put(
            &mut out,
            format_args!(
                "<rect {} fill=\"#fff\" stroke=\"#999\" stroke-width=\"150\"/>",
                size(width, height)
            ),
        );
        draw(&mut out, plan, side, logo);
        out.push_str("</svg>");
    }
    out.push_str("</svg>\n");
    out
}

/// How wide and how high that picture is, in its own unit: a page keeps its place before it is there.
#[must_use]
pub fn specimen_size(plan: &Plan) -> (i64, i64) {
    let (across, down) = extent(plan);
    (um(across), um(down))
}

/// The sides one below the other, with what is around them.
fn extent(plan: &Plan) -> (Length, Length) {
    let (width, height) = cell_size(&plan.layout);
    let sides = if plan.arranged.back.is_some() { 2 } else { 1 };
    (width + GAP * 2, (height + GAP) * sides + GAP)
}

fn draw(out: &mut String, plan: &Plan, side: &Side, logo: Option<&str>) {
    for bar in &side.bars {
        put(out, format_args!("<rect {} fill=\"{}\"/>", rectangle(&bar.area), bar.colour.on_screen()));
    }
    match (&side.logo, logo) {
        (Some(area), Some(href)) => {
            put(out, format_args!("<image {} href=\"{}\"/>", rectangle(area), escaped(href)));
        }
        (Some(area), None) => {
            let dashed = "fill=\"none\" stroke=\"#999\" stroke-width=\"150\" stroke-dasharray=\"600\"";
            put(out, format_args!("<rect {} {dashed}/>", rectangle(area)));
        }
        (None, _) => {}
    }
    side.texts.iter().for_each(|text| line(out, text));
    side.serials.iter().for_each(|slot| serial(out, slot));
    let codes = [
        (&side.top_up, plan.top_up.version, plan.top_up.level, plan.top_up.mode),
        (&side.pay, plan.pay.version, Level::M, Mode::Alphanumeric),
    ];
    for (square, version, level, mode) in codes {
        let symbol = Encoder::new(version, level, mode).encode(SPECIMEN);
        if let (Some(square), Some(symbol)) = (square, symbol) {
            code(out, square, &symbol);
        }
    }
}

fn line(out: &mut String, text: &Text) {
    let Text { x, baseline, size, face, text: words, .. } = text;
    let weight = if *face == Face::Bold { "bold" } else { "normal" };
    let width = face.width(words, *size);
    put(
        out,
        format_args!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" font-weight=\"{weight}\" fill=\"{}\" textLength=\"{}\" \
             lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            um(*x),
            um(*baseline),
            um(*size),
            text.ink.on_screen(),
            um(width),
            escaped(words)
        ),
    );
}

fn serial(out: &mut String, slot: &SerialSlot) {
    let width = Face::Bold.width(SERIAL, slot.size).at_most(slot.width);
    let (x, y) = (um(slot.x), um(slot.baseline));
    let turn = if slot.upwards { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    put(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" font-weight=\"bold\" textLength=\"{}\" \
             lengthAdjust=\"spacingAndGlyphs\"{turn}>{SERIAL}</text>",
            um(slot.size),
            um(width)
        ),
    );
}

fn code(out: &mut String, square: &Square, symbol: &Symbol) {
    let dark = square.dark();
    let modules = symbol.width();
    put(
        out,
        format_args!(
            "<svg {} viewBox=\"0 0 {modules} {modules}\" shape-rendering=\"crispEdges\"><path d=\"{}\"/></svg>",
            rectangle(&dark),
            dark_path(symbol, 0)
        ),
    );
}

/// A picture's unit is a thousandth of a millimetre.
fn um(length: Length) -> i64 {
    length.as_nm() / 1_000
}

fn size(width: Length, height: Length) -> String {
    format!("width=\"{}\" height=\"{}\"", um(width), um(height))
}

fn rectangle(area: &Area) -> String {
    format!("x=\"{}\" y=\"{}\" {}", um(area.x), um(area.y), size(area.width, area.height))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::{Language, Longest, Options, SheetText, layouts, plan};

    fn planned(layout: &str) -> Option<Plan> {
        let text = SheetText {
            event_name: "Rock & <Roll>".into(),
            merchant: "Rock vzw".into(),
            language: Language::Dutch,
            fixed_amount: None,
            spends: false,
            logo: None,
            colour: None,
        };
        let qr_text = "x".repeat(84);
        let pay = format!("HTTPS://FEST.EXAMPLE/W/PB1{}", "0".repeat(16));
        let longest = Longest { qr_text: &qr_text, pay_qr_text: &pay };
        let layout = layouts().iter().find(|known| known.name() == layout).unwrap();
        plan(layout, &text, &longest, &Options::default()).ok()
    }

    fn drawn(layout: &str) -> Option<String> {
        planned(layout).map(|plan| specimen_svg(&plan, None))
    }

    #[test]
    fn every_layout_that_can_be_printed_can_be_looked_at_with_its_texts_and_codes() {
        let mut count = 0;
        for layout in layouts() {
            let Some(svg) = drawn(layout.name()) else { continue };
            count += 1;
            let parsed = usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("it is an SVG");
            assert!(parsed.size().width() > parsed.size().height() / 4.0);
            assert!(
                svg.to_lowercase().contains("laden")
                    && svg.contains(SERIAL)
                    && !svg.contains("Rock & <Roll>"),
                "{svg}"
            );
            assert!(svg.matches("crispEdges").count() >= 2, "both codes are drawn: {svg}");
        }
        assert!(count >= 8, "{count}");
    }

    #[test]
    fn a_picture_has_the_size_that_is_kept_for_it() {
        for name in ["cr80", "avery-l7160"] {
            let (width, height) = specimen_size(&planned(name).unwrap());
            let view = format!("viewBox=\"0 0 {width} {height}\"");
            assert!(drawn(name).unwrap().contains(&view), "{name}: {view}");
        }
    }

    #[test]
    fn a_card_shows_both_of_its_sides_and_a_label_one() {
        let sides = |name: &str| drawn(name).unwrap().matches("stroke-width=\"150\"").count();
        assert_eq!((sides("cr80"), sides("avery-l7160")), (2, 1));
    }
}
