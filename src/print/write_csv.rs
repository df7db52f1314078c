//! The batch as CSV, for print shops with machines of their own.

use super::counted::Counted;
use super::write_pdf::Summary;
use super::{Piece, Refusal, WriteError};
use crate::codes::a_spreadsheet_would_change;
use crate::ids::BatchId;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use std::io::{self, Write};

const COLUMNS: [&str; 7] = ["sequence", "serial", "reference", "qr_text", "pay_code", "pay_qr_text", "batch"];
/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 1_024;

/// Writes one row a piece: UTF-8, every field quoted, lines ended by CR LF.
///
/// Quotes don't keep a spreadsheet from reading a field as a number or a formula, so a value that looks like
/// one is refused; the codes of this program never do. The sequence is meant to be a number.
pub fn write_csv<E>(
    batch: BatchId,
    pieces: impl Iterator<Item = Result<Piece, E>>,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Summary, WriteError<E>> {
    let mut counted = Counted::new(out);
    let mut rows = 0;
    {
        let mut csv = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::CRLF)
            .from_writer(&mut counted);
        csv.write_record(COLUMNS).map_err(io::Error::from)?;
        let batch = batch.to_string();
        for piece in pieces {
            let piece = piece.map_err(WriteError::Source)?;
            let sequence = piece.sequence.to_string();
            let fields = [
                sequence.as_str(),
                piece.serial.as_str(),
                piece.reference.as_str(),
                &piece.qr_text,
                piece.pay_code.reveal(),
                &piece.pay_qr_text,
                &batch,
            ];
            if let Some(index) = (1..fields.len()).find(|index| a_spreadsheet_changes(fields[*index])) {
                return Err(Refusal::Spreadsheet { column: COLUMNS[index], sequence: piece.sequence }.into());
            }
            csv.write_record(fields).map_err(io::Error::from)?;
            rows += 1;
            if rows % PROGRESS_ROWS == 0 {
                progress(rows);
            }
        }
        csv.flush()?;
    }
    progress(rows);
    Ok(Summary { pieces: rows, pages: rows, bytes: counted.bytes })
}

/// Formulas, and what a code must not be either: numbers, powers of ten, dates.
fn a_spreadsheet_changes(field: &str) -> bool {
    field.is_empty()
        || field.starts_with(['=', '+', '-', '@', ' '])
        || field.contains(char::is_control)
        || a_spreadsheet_would_change(&field.to_ascii_uppercase())
}
