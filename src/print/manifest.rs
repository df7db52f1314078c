//! The manifest of a batch: what was printed, so that a delivery can be checked against it. It holds no code that pays
//! or is paid onto, only their SHA-256: whoever has it can recognise a piece and can't make one.

use super::counted::Counted;
use super::write_pdf::Summary;
use super::{Piece, WriteError};
use crate::secrets::sha256_hex;
use serde::Serialize;
use std::io::{self, BufWriter, Write};

/// Pieces between two reports of progress.
const PROGRESS_PIECES: u64 = 1_024;

#[derive(Serialize)]
struct Row<'p> {
    sequence: u64,
    serial: &'p str,
    reference_sha256: String,
    qr_sha256: String,
    pay_qr_sha256: String,
}

/// Writes `head`, which must be an object, with the pieces as its last field, one on a line. The bytes depend on these
/// only.
pub fn write_manifest<E>(
    head: &impl Serialize,
    pieces: impl Iterator<Item = Result<Piece, E>>,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Summary, WriteError<E>> {
    let mut out = Counted::new(BufWriter::new(out));
    let head = serde_json::to_string(head).map_err(io::Error::from)?;
    let open = head.strip_suffix('}').ok_or_else(|| io::Error::other("a manifest's head is an object"))?;
    write!(out, "{open},\"pieces\":[")?;
    let mut rows = 0;
    for piece in pieces {
        let piece = piece.map_err(WriteError::Source)?;
        let row = Row {
            sequence: piece.sequence,
            serial: piece.serial.as_str(),
            reference_sha256: sha256_hex(piece.reference.as_str().as_bytes()),
            qr_sha256: sha256_hex(piece.qr_text.as_bytes()),
            pay_qr_sha256: sha256_hex(piece.pay_qr_text.as_bytes()),
        };
        out.write_all(if rows == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &row).map_err(io::Error::from)?;
        rows += 1;
        if rows % PROGRESS_PIECES == 0 {
            progress(rows);
        }
    }
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    progress(rows);
    Ok(Summary { pieces: rows, pages: rows, bytes: out.bytes })
}
