//! Writing a sheet: pieces in, pages out, in bounded chunks drawn on all cores.

use super::arrange::cell_size;
use super::draw::{Fonts, artwork, cell_box, marks};
use super::file::Writer;
use super::font::Face;
use super::layout::Marks;
use super::length::Length;
use super::page::{BACK, FRONT, LOGO, MARKS, Painter};
use super::plan::Plan;
use super::skeleton::{Form, fonts};
use super::{Piece, Refusal, WriteError};
use crate::codes;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Wristbands or cards.
    pub pieces: u64,
    /// Pages, reverse pages included; files for a ZIP; rows for a CSV.
    pub pages: u64,
    /// Size.
    pub bytes: u64,
}

/// Pieces that are held and drawn at a time; bounds memory whatever the size of the batch.
pub(crate) const CHUNK_PIECES: usize = 1_024;

/// Writes a batch as PDF, with all its media, in the order given.
///
/// `progress` is told the number of pieces written so far, after each chunk. The bytes depend on the plan and
/// the pieces only. An error leaves an unfinished file behind: write to a temporary one.
pub fn write_pdf<E>(
    plan: &Plan,
    pieces: impl Iterator<Item = Result<Piece, E>>,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Summary, WriteError<E>> {
    let (regular, bold) = characters(plan);
    let fonts = fonts(&regular, &bold);
    let painter = Painter::new(plan, &fonts);
    let title = &plan.text.event_name;
    let out = BufWriter::with_capacity(1 << 18, out);
    let mut writer = Writer::begin(out, (&plan.layout, &plan.options), title, &fonts, forms(plan, &fonts))?;
    let per_page = plan.layout.per_page();
    let chunk_pieces = CHUNK_PIECES.div_ceil(per_page) * per_page;
    let mut summary = Summary { pieces: 0, pages: 0, bytes: 0 };
    for chunk in chunks(pieces, chunk_pieces) {
        let chunk = chunk?;
        let sheets: Result<Vec<_>, Refusal> =
            chunk.par_chunks(per_page).map(|pieces| painter.sheet(pieces)).collect();
        for page in sheets?.iter().flatten() {
            writer.page(page)?;
            summary.pages += 1;
        }
        summary.pieces += chunk.len() as u64;
        progress(summary.pieces);
    }
    summary.bytes = writer.finish()?;
    Ok(summary)
}

/// The pieces in chunks; the last one may be shorter. Ends at the first error.
pub(crate) fn chunks<E>(
    pieces: impl Iterator<Item = Result<Piece, E>>,
    size: usize,
) -> impl Iterator<Item = Result<Vec<Piece>, WriteError<E>>> {
    let mut pieces = pieces.fuse();
    std::iter::from_fn(move || {
        let chunk: Result<Vec<Piece>, E> = pieces.by_ref().take(size).collect();
        match chunk {
            Ok(chunk) if chunk.is_empty() => None,
            chunk => Some(chunk.map_err(WriteError::Source)),
        }
    })
}

/// What each face must hold: the fixed texts, and in bold any serial.
fn characters(plan: &Plan) -> (BTreeSet<char>, BTreeSet<char>) {
    let mut regular = BTreeSet::new();
    let mut bold: BTreeSet<char> = codes::ALPHABET.iter().map(|b| char::from(*b)).chain(['-']).collect();
    let sides = [Some(&plan.arranged.front), plan.arranged.back.as_ref()];
    for text in sides.into_iter().flatten().flat_map(|side| &side.texts) {
        let face = if text.face == Face::Bold { &mut bold } else { &mut regular };
        face.extend(text.text.chars());
    }
    (regular, bold)
}

fn forms(plan: &Plan, fonts: &Fonts) -> Vec<Form> {
    let layout = &plan.layout;
    let (_, height) = cell_size(layout);
    let corners = cell_box(layout);
    let mut forms = vec![Form::artwork(FRONT, corners, &artwork(&plan.arranged.front, height, fonts))];
    if let Some(back) = &plan.arranged.back {
        forms.push(Form::artwork(BACK, corners, &artwork(back, height, fonts)));
    }
    if layout.marks != Marks::None {
        let corners = [Length::ZERO, Length::ZERO, layout.page.0, layout.page.1];
        forms.push(Form::artwork(MARKS, corners, &marks(layout)));
    }
    if let Some(logo) = &plan.text.logo {
        forms.push(Form::logo(LOGO, logo));
    }
    forms
}
