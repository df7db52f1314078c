//! PNG pictures as printing inks.

use super::{Drawing, Logo, LogoError, refused};
use crate::print::colour::Colour;
use crate::print::page::deflated;
use png::{ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;

/// Longest side.
const SIDE_PX_MAX: u32 = 3_000;
/// Most memory the decoder may take.
const DECODER_BYTES_MAX: usize = 64 << 20;

pub(super) fn read(bytes: &[u8]) -> Result<Logo, LogoError> {
    let unreadable = |error: png::DecodingError| LogoError(format!("the PNG can't be read: {error}"));
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: DECODER_BYTES_MAX });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(unreadable)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > SIDE_PX_MAX || height > SIDE_PX_MAX {
        return refused(format!("the PNG has {width} × {height} pixels; {SIDE_PX_MAX} a side are enough"));
    }
    let Some(size) = reader.output_buffer_size() else { return refused("the PNG is too large") };
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(unreadable)?;
    pixels.truncate(frame.buffer_size());
    let inks: Vec<u8> = match frame.color_type {
        ColorType::Grayscale => inks(&pixels, |[grey]: [u8; 1]| [grey, grey, grey, u8::MAX]),
        ColorType::GrayscaleAlpha => inks(&pixels, |[grey, alpha]: [u8; 2]| [grey, grey, grey, alpha]),
        ColorType::Rgb => inks(&pixels, |[red, green, blue]: [u8; 3]| [red, green, blue, u8::MAX]),
        ColorType::Rgba => inks(&pixels, |rgba: [u8; 4]| rgba),
        ColorType::Indexed => return refused("the PNG's palette is missing"),
    };
    if inks.iter().all(|ink| *ink == 0) {
        return refused("the PNG is white or transparent everywhere: nothing of it would print");
    }
    let drawing = Drawing::Picture { deflated: deflated(&inks) };
    Ok(Logo { size: (i64::from(width), i64::from(height)), drawing })
}

/// Pixels, whatever they are made of, on white paper.
fn inks<const N: usize>(pixels: &[u8], rgba: impl Fn([u8; N]) -> [u8; 4]) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<N>();
    pixels
        .iter()
        .flat_map(|pixel| {
            let [red, green, blue, alpha] = rgba(*pixel).map(u32::from);
            let on_white = |channel: u32| {
                u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).expect("at most 255")
            };
            Colour::from_rgb(on_white(red), on_white(green), on_white(blue)).samples()
        })
        .collect()
}
