//! Single codes as files: an SVG and a PNG for each of a piece's codes, named by its serial.

use super::counted::Counted;
use super::encode::{Encoder, Level, Mode, is_alphanumeric, version_for};
use super::picture::{png, svg};
use super::write_pdf::{CHUNK_PIECES, Summary, chunks};
use super::{CodeKind, Length, Options, Piece, Refusal, WriteError};
use rayon::prelude::*;
use std::io::{self, BufWriter, Write};
use zip::write::{PreparedZipFile, SimpleFileOptions};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Pictures of each piece: two codes, each as SVG and as PNG.
pub const PICTURES_PER_PIECE: u64 = 4;

/// Pixels of a PNG's module: 45 modules become 540 pixels, 0.4 mm each at 762 dpi.
const MODULE_PX: u32 = 12;

/// Size of an SVG's module, as it is before anybody scales it.
const MODULE: Length = Length::um(500);

/// Writes `SERIAL-topup.svg`, `SERIAL-topup.png`, `SERIAL-pay.svg` and `SERIAL-pay.png` for every piece.
///
/// The bytes depend on the pieces and the level only. `options.level` counts; the rest of the options is for
/// sheets. Codes take the smallest version each of them needs.
pub fn write_zip<E>(
    options: &Options,
    pieces: impl Iterator<Item = Result<Piece, E>>,
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Summary, WriteError<E>> {
    let mut zip = ZipWriter::new_stream(Counted::new(BufWriter::new(out)));
    let level = options.level;
    let mut summary = Summary { pieces: 0, pages: 0, bytes: 0 };
    for chunk in chunks(pieces, CHUNK_PIECES) {
        let chunk = chunk?;
        let files: Result<Vec<_>, Refusal> =
            chunk.par_iter().map(|piece| files_of(piece, level).map(packed)).collect();
        for file in files?.into_iter().flatten() {
            zip.add_prepared_file(file).map_err(io::Error::from)?;
            summary.pages += 1;
        }
        summary.pieces += chunk.len() as u64;
        progress(summary.pieces);
    }
    let mut out = zip.finish().map_err(io::Error::from)?.into_inner();
    out.flush()?;
    summary.bytes = out.bytes;
    Ok(summary)
}

/// Files as they lie in the archive; pictures are packed already.
fn packed(files: Files) -> Vec<PreparedZipFile> {
    let packed_one = |(name, bytes): (String, Vec<u8>)| {
        let method =
            if name.ends_with(".svg") { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        // A fixed date: the same batch gives the same archive.
        let options =
            SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
        PreparedZipFile::from_data(name, options, &bytes).expect("packing in memory")
    };
    files.into_iter().map(packed_one).collect()
}

type Files = Vec<(String, Vec<u8>)>;

fn files_of(piece: &Piece, level: Level) -> Result<Files, Refusal> {
    if !is_alphanumeric(&piece.pay_qr_text) {
        return Err(Refusal::NotAlphanumeric { sequence: piece.sequence });
    }
    let codes = [
        ("topup", CodeKind::TopUp, &piece.qr_text, Mode::of(&piece.qr_text), level),
        ("pay", CodeKind::Pay, &piece.pay_qr_text, Mode::Alphanumeric, Level::M),
    ];
    let mut files = Files::new();
    for (name, code, text, mode, level) in codes {
        let symbol = version_for(text, mode, level)
            .and_then(|version| Encoder::new(version, level, mode).encode(text))
            .ok_or(Refusal::LongerThanPlanned { code, sequence: piece.sequence })?;
        let serial = piece.serial.as_str();
        files.push((format!("{serial}-{name}.svg"), svg(&symbol, Some(MODULE)).into_bytes()));
        files.push((format!("{serial}-{name}.png"), png(&symbol, MODULE_PX)));
    }
    Ok(files)
}
