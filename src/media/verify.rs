//! Compares the codes of a PDF with the batch it should be of.

use super::print_job::{Pieces, PrintJobError, open};
use crate::db::Store;
use crate::ids::BatchId;
use crate::print::{self, CodeKind, SheetCode, VerifyError};
use crate::secrets::{KeyFile, sha256};
use serde::Serialize;
use std::collections::HashMap;

/// Faults that are told one by one; more are counted.
const FAULTS_MAX: usize = 50;

/// What a comparison found.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Pages of the file.
    pub pages: u32,
    /// Codes on them.
    pub codes: u64,
    /// Pieces of the batch.
    pub pieces: u64,
    /// Pieces with both codes, once, in the same place.
    pub right: u64,
    /// What is wrong, the first of them.
    pub faults: Vec<SheetFault>,
    /// How many things are wrong.
    pub wrong: u64,
}

impl Verified {
    fn add(&mut self, fault: SheetFault) {
        self.wrong += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// One thing that is wrong with a file. No code is told, only where it stands or whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "fault")]
pub enum SheetFault {
    /// A code that can't be decoded.
    #[error("page {page}: code {place} can't be decoded")]
    Unreadable {
        /// From 1.
        page: u32,
        /// Among the page's codes, from 1.
        place: usize,
    },
    /// A code that can be decoded here and would not scan, or not as well.
    #[error("page {page}: code {place} {flaw}")]
    Flawed {
        /// From 1.
        page: u32,
        /// Among the page's codes, from 1.
        place: usize,
        /// In words.
        flaw: String,
    },
    /// A code that no piece of the batch has.
    #[error("page {page}: code {place} is not of this batch")]
    Foreign {
        /// From 1.
        page: u32,
        /// Among the page's codes, from 1.
        place: usize,
    },
    /// A piece that is not on it.
    #[error("piece {sequence} ({serial}): its {code} is missing")]
    Missing {
        /// From 1.
        sequence: u64,
        /// As printed.
        serial: String,
        /// Which of the two.
        code: String,
    },
    /// A piece that is on it more than once.
    #[error("piece {sequence} ({serial}): its {code} stands there {times} times")]
    Repeated {
        /// From 1.
        sequence: u64,
        /// As printed.
        serial: String,
        /// Which of the two.
        code: String,
        /// How often.
        times: usize,
    },
    /// A piece whose two codes are not together: a visitor would pay onto another's wristband.
    #[error("piece {sequence} ({serial}): its two codes are not on the same piece")]
    Apart {
        /// From 1.
        sequence: u64,
        /// As printed.
        serial: String,
    },
}

type Place = (u32, usize);
type Found = HashMap<[u8; 16], Vec<Place>>;

/// Reads the codes of `pdf` and compares them with the batch, piece by piece.
///
/// # Errors
/// A batch that can't be printed; a file that is no sheet of ours.
pub async fn verify(
    db: &Store,
    keys: &KeyFile,
    batch: BatchId,
    pdf: Vec<u8>,
) -> Result<Result<Verified, VerifyError>, PrintJobError> {
    let (_, source) = open(db, keys, batch).await?;
    let pieces = Pieces { store: db.clone(), source, page: Vec::new().into_iter() };
    let compared = tokio::task::spawn_blocking(move || match found_in(&pdf) {
        Ok((found, verified)) => compared(pieces, found, verified).map(Ok),
        Err(error) => Ok(Err(error)),
    });
    compared.await.map_err(|_| PrintJobError::NotPrintable("the reading thread stopped".to_owned()))?
}

/// Where each text stands. Texts are kept as hashes: those of 100,000 pieces take 15 MB less.
fn found_in(pdf: &[u8]) -> Result<(Found, Verified), VerifyError> {
    let (mut found, mut verified) = (Found::new(), Verified::default());
    verified.pages = print::read_codes(pdf, |codes| {
        for SheetCode { page, place, text, flaw } in codes {
            verified.codes += 1;
            if let Some(flaw) = flaw {
                verified.add(SheetFault::Flawed { page, place: place + 1, flaw: flaw.to_string() });
            }
            match text {
                Some(text) => found.entry(hashed(&text)).or_default().push((page, place)),
                None => verified.add(SheetFault::Unreadable { page, place: place + 1 }),
            }
        }
    })?;
    Ok((found, verified))
}

fn compared(pieces: Pieces, mut found: Found, mut verified: Verified) -> Result<Verified, PrintJobError> {
    for piece in pieces {
        let piece = piece?;
        let (sequence, serial) = (piece.sequence, piece.serial.grouped());
        verified.pieces += 1;
        let mut place = |code: CodeKind, text: &str| {
            let places = found.remove(&hashed(text)).unwrap_or_default();
            let (serial, code) = (serial.clone(), code.to_string());
            match places.as_slice() {
                [] => verified.add(SheetFault::Missing { sequence, serial, code }),
                [_] => {}
                more => verified.add(SheetFault::Repeated { sequence, serial, code, times: more.len() }),
            }
            <[Place; 1]>::try_from(places).ok()
        };
        let top_up = place(CodeKind::TopUp, &piece.qr_text);
        let pay = place(CodeKind::Pay, &piece.pay_qr_text);
        if let (Some([top_up]), Some([pay])) = (top_up, pay) {
            if are_together(top_up, pay) {
                verified.right += 1;
            } else {
                verified.add(SheetFault::Apart { sequence, serial });
            }
        }
    }
    let mut foreign: Vec<Place> = found.into_values().flatten().collect();
    foreign.sort_unstable();
    for (page, place) in foreign {
        verified.add(SheetFault::Foreign { page, place: place + 1 });
    }
    Ok(verified)
}

/// On one side the pay code is drawn right after the top-up code, an even number of codes before them; on two sides it has
/// the same place on the next page.
fn are_together(top_up: Place, pay: Place) -> bool {
    let behind = pay.0 == top_up.0 + 1 && pay.1 == top_up.1;
    let beside = pay.0 == top_up.0 && top_up.1.is_multiple_of(2) && pay.1 == top_up.1 + 1;
    behind || beside
}

fn hashed(text: &str) -> [u8; 16] {
    sha256(text.as_bytes())[..16].try_into().expect("16 of 32 bytes")
}
