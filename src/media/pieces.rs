//! A batch as a print shop needs it: every medium with the exact texts of its codes.

use super::{Batch, Medium, TopUpCodes, store};
use crate::codes::PayCode;
use crate::db::{Error, Store};
use crate::ids::BatchId;
use crate::print::Piece;
use crate::providers::CodeError;
use crate::secrets::{BatchKey, KeyFile};

/// Media read at once while a batch is printed.
const MEDIA_PER_READ: i64 = 2_000;

/// What the QR of a pay code holds: a link in capitals (alphanumeric mode) where the batch has an address for
/// it, the bare code otherwise.
#[must_use]
pub fn pay_text(wallet_url: Option<&str>, code: &PayCode) -> String {
    match wallet_url {
        Some(url) => format!("{}/W/{}", url.trim_end_matches('/').to_ascii_uppercase(), code.reveal()),
        None => code.reveal().to_owned(),
    }
}

/// Turns a batch's media into pieces, page by page: however large the batch, one page is in memory.
pub struct PieceSource {
    batch: Batch,
    key: BatchKey,
    codes: TopUpCodes,
    after: i64,
}

impl PieceSource {
    /// Opens a batch whose codes can still be printed.
    ///
    /// # Errors
    /// A sentence saying why it can't: unfinished, or its key destroyed. The database's errors.
    pub async fn open(
        store: &Store,
        keys: &KeyFile,
        batch: BatchId,
    ) -> Result<Result<PieceSource, String>, Error> {
        let mut session = store.read().await?;
        let Some((batch, sealed)) = store::batch_with_key(&mut session, batch).await? else {
            return Ok(Err(format!("there is no batch {batch}")));
        };
        if batch.issued_at.is_none() {
            return Ok(Err(format!(
                "batch {} was interrupted while it was issued: issue a new one",
                batch.id
            )));
        }
        let Some(sealed) = sealed else {
            return Ok(Err(format!(
                "the key of batch {} was destroyed: it can't be printed any more",
                batch.id
            )));
        };
        let corrupt = || Error::Corrupt("a batch key sealed with another key file".to_owned());
        let plain = keys.open_sealed(&store::key_context(batch.id), &sealed).map_err(|_| corrupt())?;
        let key = BatchKey::from_bytes(&plain).ok_or_else(corrupt)?;
        let codes = TopUpCodes::of(&mut session, keys, batch.event_id).await?;
        Ok(Ok(PieceSource { batch, key, codes, after: 0 }))
    }

    /// The batch.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The next pieces in order of sequence; empty at the end.
    ///
    /// # Errors
    /// The database's, or a payload the provider's rules don't allow.
    pub async fn page(&mut self, store: &Store) -> Result<Vec<Piece>, PieceError> {
        let mut session = store.read().await?;
        let media = store::media_of_batch(&mut session, &self.batch, self.after, MEDIA_PER_READ).await?;
        drop(session);
        if let Some(last) = media.last() {
            self.after = last.sequence;
        }
        media.into_iter().map(|medium| self.piece(medium)).collect()
    }

    fn piece(&self, medium: Medium) -> Result<Piece, PieceError> {
        let qr_text = self.codes.text(&self.batch, &medium)?;
        let pay_code = self.key.pay_code(medium.id);
        let pay_qr_text = pay_text(self.batch.wallet_url.as_deref(), &pay_code);
        Ok(Piece {
            sequence: u64::try_from(medium.sequence).unwrap_or_default(),
            serial: medium.serial,
            reference: medium.reference,
            qr_text,
            pay_code,
            pay_qr_text,
        })
    }
}

/// Why the next pieces can't be had.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
    /// The provider's rules.
    #[error(transparent)]
    Code(#[from] CodeError),
}
