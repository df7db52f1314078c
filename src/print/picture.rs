//! Single codes as pictures: SVG and PNG for pages and print shops, block characters for a terminal.

use super::encode::{Encoder, Level, Mode, Symbol, version_for};
use super::{Length, QUIET_MODULES, Refusal};
use std::fmt::Write;

/// Longest text: what version 11 holds at level M.
const BYTES_MAX: usize = 251;
/// Largest side of a PNG's module.
const MODULE_PX_MAX: u32 = 64;

/// A text as a QR at level M, in its smallest version, as SVG with its quiet zone. One unit is one module;
/// there is no width or height, so the page decides the size.
pub fn qr_svg(text: &str) -> Result<String, Refusal> {
    Ok(svg(&symbol(text)?, None))
}

/// The same as a black-and-white PNG. `module_px` is the side of a module, 1 to 64 pixels.
pub fn qr_png(text: &str, module_px: u32) -> Result<Vec<u8>, Refusal> {
    if !(1..=MODULE_PX_MAX).contains(&module_px) {
        let (least, most) = ("1".to_owned(), MODULE_PX_MAX.to_string());
        return Err(Refusal::Option { option: "module_px", least, most });
    }
    Ok(png(&symbol(text)?, module_px))
}

/// The same as text of half blocks, two rows of modules a line, for a terminal with light letters on a dark
/// ground: light modules are drawn, dark ones are left.
pub fn qr_terminal(text: &str) -> Result<String, Refusal> {
    let symbol = symbol(text)?;
    let quiet = usize::try_from(QUIET_MODULES).expect("small");
    let side = symbol.width() + 2 * quiet;
    let light = |x: usize, y: usize| {
        let inside = |at: usize| (quiet..quiet + symbol.width()).contains(&at);
        !(inside(x) && inside(y) && symbol.dark(x - quiet, y - quiet))
    };
    let mut lines = String::new();
    for y in (0..side).step_by(2) {
        for x in 0..side {
            lines.push(match (light(x, y), y + 1 < side && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
    }
    Ok(lines)
}

fn symbol(text: &str) -> Result<Symbol, Refusal> {
    let mode = Mode::of(text);
    version_for(text, mode, Level::M)
        .and_then(|version| Encoder::new(version, Level::M, mode).encode(text))
        .ok_or_else(|| Refusal::CodeTooLong { what: "text".into(), bytes: text.len(), bytes_max: BYTES_MAX })
}

/// The dark modules as one path, moved by `offset` modules; runs of them in a row are one rectangle each.
pub(crate) fn dark_path(symbol: &Symbol, offset: usize) -> String {
    let width = symbol.width();
    let mut path = String::new();
    for y in 0..width {
        let mut x = 0;
        while x < width {
            let run = (x..width).take_while(|x| symbol.dark(*x, y)).count();
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", x + offset, y + offset).expect("writing to memory");
            }
            x += run.max(1);
        }
    }
    path
}

/// One path; `module` gives the picture a size of its own.
pub(crate) fn svg(symbol: &Symbol, module: Option<Length>) -> String {
    let quiet = usize::try_from(QUIET_MODULES).expect("small");
    let (side, path) = (symbol.width() + 2 * quiet, dark_path(symbol, quiet));
    let size = module.map_or(String::new(), |module| {
        let mm = (module * i64::try_from(side).expect("at most 69")).to_string().replace(' ', "");
        format!(" width=\"{mm}\" height=\"{mm}\"")
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\"{size} shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>\n"
    )
}

pub(crate) fn png(symbol: &Symbol, module_px: u32) -> Vec<u8> {
    let quiet = usize::try_from(QUIET_MODULES).expect("small");
    let scale = module_px as usize;
    let modules = symbol.width() + 2 * quiet;
    let row_bytes = (modules * scale).div_ceil(8);
    let mut pixels = Vec::with_capacity(row_bytes * modules * scale);
    for y in 0..modules {
        let mut row = vec![0xFF_u8; row_bytes];
        for x in 0..modules {
            let inside = |at: usize| (quiet..quiet + symbol.width()).contains(&at);
            if inside(x) && inside(y) && symbol.dark(x - quiet, y - quiet) {
                (x * scale..(x + 1) * scale).for_each(|px| row[px / 8] &= !(0x80 >> (px % 8)));
            }
        }
        (0..scale).for_each(|_| pixels.extend_from_slice(&row));
    }
    let side = u32::try_from(modules * scale).expect("at most 69 × 64 pixels");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    // Most rows repeat the one above.
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header().expect("writing to memory");
    writer.write_image_data(&pixels).expect("the rows have the announced size");
    writer.finish().expect("writing to memory");
    bytes
}
