//! Reading a sheet back: the codes of a PDF of ours, decoded from the very masks that a printer is given.
//!
//! This is not a scan of paper. It proves of a file what no look at it can: that each of its codes says what it should,
//! before ten thousand of them are printed.

use lopdf::{Document, ObjectId};
use rayon::prelude::*;
use rqrr::{Grid, SimpleGrid};

/// Pages that are read at a time.
const PAGES_AT_ONCE: usize = 256;
/// Most that a page's content unpacks to; one of ours with 65 labels has 30 kB.
const PAGE_BYTES_MAX: usize = 16 << 20;
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
}

/// Why a file can't be read back.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Not a PDF.
    #[error("this PDF can't be read: {0}")]
    NotPdf(String),
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
    let document = Document::load_mem(pdf).map_err(not_pdf)?;
    let pages: Vec<(u32, ObjectId)> = document.get_pages().into_iter().collect();
    let mut found = 0;
    for pages in pages.chunks(PAGES_AT_ONCE) {
        let content = |id| document.get_page_content_with_limit(id, PAGE_BYTES_MAX).map_err(not_pdf);
        let read: Result<Vec<Vec<SheetCode>>, VerifyError> =
            pages.par_iter().map(|(page, id)| Ok(codes_of(*page, &content(*id)?))).collect();
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

fn codes_of(page: u32, content: &[u8]) -> Vec<SheetCode> {
    let mut codes = Vec::new();
    let mut rest = content;
    while let Some(at) = position(rest, BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let Some((side, data)) = masked(rest) else { continue };
        codes.push(SheetCode { page, place: codes.len(), text: decoded(side, data) });
        rest = &rest[side.div_ceil(8) * side..];
    }
    codes
}

/// Side and rows of the mask that starts here: `37 /H 37 /IM true /BPC 1 ID …`.
fn masked(content: &[u8]) -> Option<(usize, &[u8])> {
    let start = position(content.get(..64.min(content.len()))?, MIDDLE)?;
    let head = std::str::from_utf8(&content[..start]).ok()?;
    let (width, height) = head.split_once(" /H ")?;
    let side: usize = width.parse().ok().filter(|side| (21..=177).contains(side))?;
    let data = content.get(start + MIDDLE.len()..)?;
    let length = side.div_ceil(8) * side;
    (width == height && data.get(length..)?.starts_with(END)).then(|| (side, &data[..length]))
}

fn decoded(side: usize, rows: &[u8]) -> Option<String> {
    let row_bytes = side.div_ceil(8);
    // A mask paints where a bit is 0.
    let grid = SimpleGrid::from_func(side, |x, y| rows[y * row_bytes + x / 8] >> (7 - x % 8) & 1 == 0);
    Grid::new(grid).decode().ok().map(|(_, text)| text)
}

fn position(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|part| part == what)
}
