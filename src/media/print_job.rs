//! A batch on its way to paper: what is to be made of it is worked out first, then written piece by piece.

use super::pieces::{PieceError, PieceSource};
use super::{Batch, store};
use crate::db::{self, Store};
use crate::events::Event;
use crate::events::store::{by_ids, profiles};
use crate::ids::BatchId;
use crate::print::{
    self, Language, Layout, Longest, Options, Piece, Plan, Refusal, SheetText, Summary, WriteError,
};
use crate::secrets::KeyFile;
use std::io::Write;
use tokio::runtime::Handle;

/// What is to be made of a batch.
#[derive(Clone, Debug)]
pub enum Product {
    /// Sheets, as PDF.
    Sheet {
        /// Where things stand on a page.
        layout: Box<Layout>,
        /// Of the printed texts.
        language: Language,
        /// For the printer.
        options: Options,
    },
    /// A row for each piece, as CSV.
    List,
    /// Pictures of each code, as ZIP.
    Pictures(Options),
}

/// Why nothing can be made of a batch.
#[derive(Debug, thiserror::Error)]
pub enum PrintJobError {
    /// There is no such batch.
    #[error("there is no batch {0}")]
    Unknown(BatchId),
    /// The batch can't be printed (any more).
    #[error("{0}")]
    NotPrintable(String),
    /// It doesn't fit.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its pieces can't be read.
    #[error(transparent)]
    Pieces(#[from] PieceError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// A batch ready to be written.
pub struct PrintJob {
    store: Store,
    event: Event,
    source: PieceSource,
    first: Vec<Piece>,
    made: Made,
}

enum Made {
    Sheet(Box<Plan>),
    List,
    Pictures(Options),
}

impl PrintJob {
    /// Works out what will be made, before a byte is written.
    ///
    /// # Errors
    /// [`PrintJobError`] naming what doesn't fit or why the batch can't be printed.
    pub async fn prepare(
        db: &Store,
        keys: &KeyFile,
        batch: BatchId,
        product: Product,
    ) -> Result<PrintJob, PrintJobError> {
        let mut session = db.read().await?;
        let (batch, _) =
            store::batch_with_key(&mut session, batch).await?.ok_or(PrintJobError::Unknown(batch))?;
        let event = by_ids(&mut session, [batch.event_id]).await?.pop();
        let event = event.ok_or_else(|| db::Error::Corrupt(format!("a batch {} of no event", batch.id)))?;
        let profile = profiles(&mut session, keys, event.id).await?.into_iter().next();
        drop(session);
        let profile = profile.ok_or_else(|| {
            PrintJobError::NotPrintable(format!("the event {} has no provider that prints codes", event.slug))
        })?;
        let mut source = PieceSource::open(db, keys, batch.id, &profile.profile_id)
            .await?
            .map_err(PrintJobError::NotPrintable)?;
        let first = source.page(db).await?;
        let made = match product {
            Product::List => Made::List,
            Product::Pictures(options) => Made::Pictures(options),
            Product::Sheet { layout, language, options } => {
                Made::Sheet(Box::new(plan(&event, &layout, language, &options, &first)?))
            }
        };
        Ok(PrintJob { store: db.clone(), event, source, first, made })
    }

    /// Whose it is.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The batch.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        self.source.batch()
    }

    /// How a sheet will look: sizes, versions, warnings. None for lists and pictures.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match &self.made {
            Made::Sheet(plan) => Some(plan),
            Made::List | Made::Pictures(_) => None,
        }
    }

    /// Writes it. Blocks: call it where blocking is allowed, inside a runtime (`spawn_blocking`). `progress` hears how
    /// many pieces are written. An error leaves an unfinished output behind.
    ///
    /// # Errors
    /// The output's, the database's, or a piece that doesn't fit what was worked out.
    pub fn write(
        self,
        out: impl Write,
        progress: impl FnMut(u64),
    ) -> Result<Summary, WriteError<PieceError>> {
        let batch = self.source.batch().id;
        let pieces = Pieces { store: self.store, source: self.source, page: self.first.into_iter() };
        match &self.made {
            Made::Sheet(plan) => print::write_pdf(plan, pieces, out, progress),
            Made::List => print::write_csv(batch, pieces, out, progress),
            Made::Pictures(options) => print::write_zip(options, pieces, out, progress),
        }
    }
}

/// The codes of one batch are equally long, so that the first piece stands for all.
fn plan(
    event: &Event,
    layout: &Layout,
    language: Language,
    options: &Options,
    first: &[Piece],
) -> Result<Plan, PrintJobError> {
    let piece = first.first().ok_or_else(|| PrintJobError::NotPrintable("the batch is empty".to_owned()))?;
    let text = SheetText {
        event_name: event.name.clone(),
        merchant: event.merchant.clone(),
        language,
        logo: None,
        colour: None,
    };
    let longest = Longest { qr_text: &piece.qr_text, pay_qr_text: &piece.pay_qr_text };
    Ok(print::plan(layout, &text, &longest, options)?)
}

/// All pieces, read page by page while they are written.
struct Pieces {
    store: Store,
    source: PieceSource,
    page: std::vec::IntoIter<Piece>,
}

impl Iterator for Pieces {
    type Item = Result<Piece, PieceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(piece) = self.page.next() {
            return Some(Ok(piece));
        }
        match Handle::current().block_on(self.source.page(&self.store)) {
            Ok(page) => {
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }
}
