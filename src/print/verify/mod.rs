//! Reading a sheet back: the codes of a PDF of ours, decoded from the very masks that a printer is given.
//!
//! This is not a scan of paper. It proves of a file what no look at it can: that each of its codes says what it should
//! with the modules, the size, the place and the ink it should have, before ten thousand of them are printed.

mod placed;

use super::MODULE_LEAST;
use super::encode::{Encoder, Level, Mode, VERSION_MAX};
use super::length::Length;
use lopdf::{Document, Object, ObjectId};
use placed::{Corners, Follower};
use rayon::prelude::*;
use rqrr::{Grid, SimpleGrid};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Pages that are read at a time.
const PAGES_AT_ONCE: usize = 256;
/// Most that a page's content unpacks to; one of ours with 65 labels has 30 kB.
const PAGE_BYTES_MAX: usize = 16 << 20;
/// Modules across the largest code made here.
const SIDE_MAX: usize = 61;
/// Levels of pages above a page that are asked for its corners.
const PAGE_DEPTH_MAX: usize = 16;
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
    /// What is wrong with how it is drawn.
    pub flaw: Option<Flaw>,
}

/// What is wrong with a code although it can be decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A module is not as its text makes it. That is what error correction is for, and what is spent of it here is
    /// missing on the wrist.
    #[error("has modules that were changed")]
    Changed,
    /// Too small for scanners.
    #[error("has modules of {0}: at least {MODULE_LEAST} is needed")]
    Small(Length),
    /// Not a square, or mirrored, or neither upright nor turned by a right angle.
    #[error("is stretched, mirrored or askew")]
    Shape,
    /// It or its quiet zone leaves the page.
    #[error("leaves the page")]
    OffPage,
    /// Not K 100.
    #[error("is not printed in pure black (K 100)")]
    Ink,
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
        let read: Result<Vec<Vec<SheetCode>>, VerifyError> = pages
            .par_iter()
            .map(|(page, id)| Ok(codes_of(*page, &content(*id)?, &encoders, corners(&document, *id))))
            .collect();
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

/// The corners of a page, its own or those it has from the pages above it; no page at all where there are none.
fn corners(document: &Document, page: ObjectId) -> Corners {
    let mut at = document.get_dictionary(page);
    for _ in 0..PAGE_DEPTH_MAX {
        let Ok(dictionary) = at else { break };
        let found = dictionary.get(b"MediaBox").and_then(|found| document.dereference(found));
        if let Ok(corners) = found.and_then(|(_, found)| found.as_array()) {
            let number = |object: &Object| match object {
                Object::Integer(number) => Some(Decimal::from(*number)),
                Object::Real(number) => Decimal::from_f32(*number),
                _ => None,
            };
            let numbers: Option<Vec<Decimal>> = corners.iter().map(number).collect();
            return numbers.and_then(|numbers| numbers.try_into().ok()).unwrap_or_default();
        }
        at = dictionary
            .get(b"Parent")
            .and_then(Object::as_reference)
            .and_then(|id| document.get_dictionary(id));
    }
    Corners::default()
}

fn codes_of(page: u32, content: &[u8], encoders: &Encoders, corners: Corners) -> Vec<SheetCode> {
    let mut codes = Vec::new();
    let mut follower = Follower::new(corners);
    let mut rest = content;
    while let Some(at) = position(rest, BEGIN) {
        follower.reads(&rest[..at]);
        rest = &rest[at + BEGIN.len()..];
        let Some((side, data, after)) = masked(rest) else { continue };
        let (text, changed) = decoded(&rows_of(side, data), encoders);
        let flaw = changed.or_else(|| follower.flaw(side));
        codes.push(SheetCode { page, place: codes.len(), text, flaw });
        // A mask's bytes are no operators.
        rest = after;
    }
    codes
}

/// Side and rows of the mask that starts here, and what comes after it: `37 /H 37 /IM true /BPC 1 ID …`.
fn masked(content: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let start = position(content.get(..64.min(content.len()))?, MIDDLE)?;
    let head = std::str::from_utf8(&content[..start]).ok()?;
    let (width, height) = head.split_once(" /H ")?;
    let side: usize = width.parse().ok().filter(|side| (21..=SIDE_MAX).contains(side))?;
    let (rows, after) = content.get(start + MIDDLE.len()..)?.split_at_checked(side.div_ceil(8) * side)?;
    Some((side, rows, after.strip_prefix(END).filter(|_| width == height)?))
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

fn decoded(rows: &[u64], encoders: &Encoders) -> (Option<String>, Option<Flaw>) {
    let side = rows.len();
    let grid = SimpleGrid::from_func(side, |x, y| rows[y] >> (side - 1 - x) & 1 == 1);
    let Ok((meta, text)) = Grid::new(grid).decode() else { return (None, None) };
    let encoder = encoders.of(meta.version.0, meta.ecc_level, &text);
    let is_exact = encoder.is_some_and(|encoder| encoder.makes(&text, rows));
    (Some(text), (!is_exact).then_some(Flaw::Changed))
}

/// What was made before: a file has two kinds of codes, and an encoder costs as much as hundreds of symbols.
#[derive(Default)]
struct Encoders(Mutex<HashMap<(usize, u16, Mode), Arc<Encoder>>>);

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
        let mode = Mode::of(text);
        let mut made = self.0.lock().expect("nothing panics while it is held");
        let key = (usize::from(version.unsigned_abs()), level_bits, mode);
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

    const TEXT: &str = "https://pay.example/t/1/5c18?R=sd89";

    fn content(rows: Vec<u64>, module: Length) -> String {
        let (x, y) = (Length::mm(10), Length::mm(10));
        let square = Square { x, y, module, modules: i64::try_from(rows.len()).unwrap() };
        let mut content = Content::new();
        code(&mut content, &square, &Symbol { rows }, Length::mm(50));
        // Bytes as letters: what they say stays what it is.
        content.into_iter().map(char::from).collect()
    }

    fn read(content: &str) -> SheetCode {
        let bytes: Vec<u8> = content.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
        let corners = [0, 0, 300, 300].map(Decimal::from);
        codes_of(3, &bytes, &Encoders::default(), corners).into_iter().next().expect("one code")
    }

    fn usual() -> Vec<u64> {
        let version = version_for(TEXT, Mode::Byte, Level::M).expect("short");
        Encoder::new(version, Level::M, Mode::Byte).encode(TEXT).expect("fits").rows
    }

    #[test]
    fn modules_that_error_correction_hides_are_seen() {
        for (text, mode) in [(TEXT, Mode::Byte), ("PB1ABCDEFGHJKMNPQRS", Mode::Alphanumeric)] {
            for level in Level::ALL {
                let version = version_for(text, mode, *level).expect("short");
                let rows = Encoder::new(version, *level, mode).encode(text).expect("fits").rows;
                let whole = read(&content(rows.clone(), Length::um(400)));
                assert_eq!((whole.page, whole.text.as_deref(), whole.flaw), (3, Some(text), None), "{level}");
                let mut changed = rows;
                changed[12] ^= 1 << 3;
                let changed = read(&content(changed, Length::um(400)));
                assert_eq!(
                    (changed.text.as_deref(), changed.flaw),
                    (Some(text), Some(Flaw::Changed)),
                    "{level}"
                );
            }
        }
    }

    #[test]
    fn a_code_that_would_print_otherwise_is_named() {
        let good = content(usual(), Length::um(400));
        for (before, flaw) in [
            ("", None),
            ("q 1 0 0 1 400 0 cm Q", None),
            ("0 1 -1 0 300 0 cm", None),
            ("0.9 0 0 0.9 0 0 cm", None),
            ("0 0 0 1 k", None),
            ("0.8 0 0 0.8 0 0 cm", Some(Flaw::Small(Length::um(320)))),
            ("1 0 0 0.9 0 0 cm", Some(Flaw::Shape)),
            ("-1 0 0 1 200 0 cm", Some(Flaw::Shape)),
            ("0.9 0.1 -0.1 0.9 0 0 cm", Some(Flaw::Shape)),
            ("1 0 0 1 -25 0 cm", Some(Flaw::OffPage)),
            ("1 0 0 1 0 400 cm", Some(Flaw::OffPage)),
            ("0 0 0 0 k", Some(Flaw::Ink)),
            ("0.2 0 0 1 k", Some(Flaw::Ink)),
            ("0 0 0 rg", Some(Flaw::Ink)),
            (
                "99999999999999 0 0 99999999999999 9 9 cm 99999999999999 0 0 99999999999999 9 9 cm",
                Some(Flaw::Small(Length::ZERO)),
            ),
        ] {
            let read = read(&format!("{before}\n{good}"));
            assert_eq!((read.text.as_deref(), read.flaw), (Some(TEXT), flaw), "{before}");
        }
    }
}
