//! Reading a sheet back: the codes of a PDF of ours, decoded from the very masks that a printer is given.
//!
//! This is not a scan of paper. It proves of a file what no look at it can: that each of its codes says what it should,
//! before ten thousand of them are printed.

use super::encode::{Encoder, Level, Mode, VERSION_MAX, is_alphanumeric};
use lopdf::{Document, ObjectId};
use rayon::prelude::*;
use rqrr::{Grid, SimpleGrid};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Pages that are read at a time.
const PAGES_AT_ONCE: usize = 256;
/// Most that a page's content unpacks to; one of ours with 65 labels has 30 kB.
const PAGE_BYTES_MAX: usize = 16 << 20;
/// Modules across the largest code made here.
const SIDE_MAX: usize = 61;
/// How a code begins and ends in a page's content, as `draw::code` writes it.
const BEGIN: &[u8] = b"BI /W ";
const MIDDLE: &[u8] = b" /IM true /BPC 1 ID ";
const END: &[u8] = b"\nEI";

/// A code of a PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetCode {
    /// Its page, from 1.
    pub page: u32,
    /// Its place among the page's codes, from 0, in the order they are drawn.
    pub place: usize,
    /// What it says; none where it can't be decoded.
    pub text: Option<String>,
    /// Whether each of its modules is as its text makes it. Where one is not, the code may still be decoded: that is
    /// what its error correction is for, and what is spent here is missing on the wrist.
    pub is_exact: bool,
}

/// Why a file can't be read back.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not a PDF.
    #[error("this PDF can't be read: {0}")]
    NotPdf(String),
    /// A PDF that asks for a password, or was locked with one.
    #[error("this PDF is encrypted: take the file as `sheet` wrote it, or save it without a password")]
    Encrypted,
    /// A PDF without codes of ours.
    #[error(
        "this PDF has no codes as this program writes them: was it made by something else, or saved again by another \
         program?"
    )]
    NoCodes,
}

/// Every code of a PDF made by [`super::write_pdf()`], in the order of pages and of drawing. `each` hears the codes of
/// one page after the other. Returns the number of pages.
///
/// # Errors
/// [`VerifyError`].
pub fn read_codes(pdf: &[u8], mut each: impl FnMut(Vec<SheetCode>)) -> Result<u32, VerifyError> {
    let not_pdf = |error: lopdf::Error| VerifyError::NotPdf(error.to_string());
    let document = Document::load_mem(pdf).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword => VerifyError::Encrypted,
        other => not_pdf(other),
    })?;
    if document.is_encrypted() {
        return Err(VerifyError::Encrypted);
    }
    let encoders = Encoders::default();
    let pages: Vec<(u32, ObjectId)> = document.get_pages().into_iter().collect();
    let mut found = 0;
    for pages in pages.chunks(PAGES_AT_ONCE) {
        let content = |id| document.get_page_content_with_limit(id, PAGE_BYTES_MAX).map_err(not_pdf);
        let read: Result<Vec<Vec<SheetCode>>, VerifyError> =
            pages.par_iter().map(|(page, id)| Ok(codes_of(*page, &content(*id)?, &encoders))).collect();
        for codes in read? {
            found += codes.len();
            each(codes);
        }
    }
    if found == 0 {
        return Err(VerifyError::NoCodes);
    }
    Ok(u32::try_from(pages.len()).unwrap_or(u32::MAX))
}

fn codes_of(page: u32, content: &[u8], encoders: &Encoders) -> Vec<SheetCode> {
    let mut codes = Vec::new();
    let mut rest = content;
    while let Some(at) = position(rest, BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let Some((side, data)) = masked(rest) else { continue };
        let (text, is_exact) = decoded(&rows_of(side, data), encoders);
        codes.push(SheetCode { page, place: codes.len(), text, is_exact });
        rest = &rest[side.div_ceil(8) * side..];
    }
    codes
}

/// Side and rows of the mask that starts here: `37 /H 37 /IM true /BPC 1 ID …`.
fn masked(content: &[u8]) -> Option<(usize, &[u8])> {
    let start = position(content.get(..64.min(content.len()))?, MIDDLE)?;
    let head = std::str::from_utf8(&content[..start]).ok()?;
    let (width, height) = head.split_once(" /H ")?;
    let side: usize = width.parse().ok().filter(|side| (21..=SIDE_MAX).contains(side))?;
    let data = content.get(start + MIDDLE.len()..)?;
    let length = side.div_ceil(8) * side;
    (width == height && data.get(length..)?.starts_with(END)).then(|| (side, &data[..length]))
}

/// One word a row, its leftmost module the highest of `side` bits. A mask paints where a bit is 0.
fn rows_of(side: usize, data: &[u8]) -> Vec<u64> {
    let word = |row: &[u8]| {
        let mut bytes = [0xff; 8];
        bytes[..row.len()].copy_from_slice(row);
        !u64::from_be_bytes(bytes) >> (64 - side)
    };
    data.chunks(side.div_ceil(8)).map(word).collect()
}

fn decoded(rows: &[u64], encoders: &Encoders) -> (Option<String>, bool) {
    let side = rows.len();
    let grid = SimpleGrid::from_func(side, |x, y| rows[y] >> (side - 1 - x) & 1 == 1);
    let Ok((meta, text)) = Grid::new(grid).decode() else { return (None, false) };
    let is_exact =
        encoders.of(meta.version.0, meta.ecc_level, &text).is_some_and(|encoder| encoder.makes(&text, rows));
    (Some(text), is_exact)
}

/// What was made before: a file has two kinds of codes, and an encoder costs as much as hundreds of symbols.
#[derive(Default)]
struct Encoders(Mutex<HashMap<(usize, u16, bool), Arc<Encoder>>>);

impl Encoders {
    /// For a code of this version and these two bits of its format.
    fn of(&self, version: usize, level_bits: u16, text: &str) -> Option<Arc<Encoder>> {
        let level = match level_bits {
            0 => Level::M,
            2 => Level::H,
            3 => Level::Q,
            _ => return None,
        };
        let version = i16::try_from(version).ok().filter(|version| *version <= VERSION_MAX)?;
        let is_alphanumeric = is_alphanumeric(text);
        let mode = if is_alphanumeric { Mode::Alphanumeric } else { Mode::Byte };
        let mut made = self.0.lock().expect("nothing panics while it is held");
        let key = (usize::from(version.unsigned_abs()), level_bits, is_alphanumeric);
        Some(Arc::clone(made.entry(key).or_insert_with(|| Arc::new(Encoder::new(version, level, mode)))))
    }
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|part| part == what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::Length;
    use crate::print::arrange::Square;
    use crate::print::draw::{Content, code};
    use crate::print::encode::{Symbol, version_for};

    fn read(rows: Vec<u64>) -> SheetCode {
        let square = Square {
            x: Length::mm(10),
            y: Length::mm(10),
            module: Length::um(400),
            modules: i64::try_from(rows.len()).unwrap(),
        };
        let mut content = Content::new();
        code(&mut content, &square, &Symbol { rows }, Length::mm(50));
        let codes = codes_of(3, &content, &Encoders::default());
        codes.into_iter().next().expect("one code")
    }

    #[test]
    fn modules_that_error_correction_hides_are_seen() {
        let texts = [
            ("https://pay.example/t/1/5c18?R=sd89", Mode::Byte),
            ("PB1ABCDEFGHJKMNPQRS", Mode::Alphanumeric),
        ];
        for (text, mode) in texts {
            for level in Level::ALL {
                let version = version_for(text, mode, *level).expect("short");
                let rows = Encoder::new(version, *level, mode).encode(text).expect("fits").rows;
                let whole = read(rows.clone());
                assert_eq!(
                    (whole.page, whole.text.as_deref(), whole.is_exact),
                    (3, Some(text), true),
                    "{level}"
                );
                let mut changed = rows;
                changed[12] ^= 1 << 3;
                let changed = read(changed);
                assert_eq!((changed.text.as_deref(), changed.is_exact), (Some(text), false), "{level}");
            }
        }
    }
}
