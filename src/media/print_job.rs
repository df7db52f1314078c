//! A batch on its way to paper: what is to be made of it is worked out first, then written piece by piece.

use super::manifest::Head;
use super::pieces::{PieceError, PieceSource};
use super::print_shop::{Artwork, Printer, ShopError, artwork};
use super::{Batch, store};
use crate::db::{self, Store};
use crate::events::Event;
use crate::events::store::by_ids;
use crate::ids::BatchId;
use crate::print::{
    self, Language, Layout, Level, Listing, Longest, Options, Piece, Plan, Refusal, Summary, WriteError,
};
use crate::secrets::KeyFile;
use std::io::Write;
use tokio::runtime::Handle;

/// What is to be made of a batch.
#[derive(Clone, Debug)]
pub enum Product {
    /// Sheets, as PDF.
    Sheet(SheetOrder),
    /// A row for each piece, as CSV.
    List,
    /// Pictures of each code, as ZIP.
    Pictures {
        /// Error correction of the top-up codes, where it is not the batch's own.
        level: Option<Level>,
    },
    /// What was printed, as JSON, without a code that works. Of the sheet that is named, or of the codes alone.
    Manifest(Option<SheetOrder>),
}

/// How a sheet is to be printed.
#[derive(Clone, Debug)]
pub struct SheetOrder {
    /// Where things stand on a page.
    pub layout: Layout,
    /// Of the printed texts, where it is not the batch's own.
    pub language: Option<Language>,
    /// Error correction of the top-up codes, where it is not the batch's own.
    pub level: Option<Level>,
    /// What it is printed on.
    pub printer: Printer,
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
    /// The event's artwork can't be printed.
    #[error(transparent)]
    Shop(#[from] ShopError),
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
    Pictures(Level),
    Manifest(Box<Head>, Option<Box<Plan>>),
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
        let (event, mut source) = open(db, keys, batch).await?;
        let artwork = artwork(db, event.id).await?;
        let first = source.page(db).await?;
        let batch = source.batch();
        let made = match product {
            Product::List => Made::List,
            Product::Pictures { level } => Made::Pictures(level.unwrap_or(batch.level)),
            Product::Sheet(order) => Made::Sheet(Box::new(planned(&event, batch, &artwork, &order, &first)?)),
            Product::Manifest(order) => {
                let plan = order
                    .as_ref()
                    .map(|order| planned(&event, batch, &artwork, order, &first))
                    .transpose()?;
                let level = order.as_ref().and_then(|order| order.level).unwrap_or(batch.level);
                let language = order.as_ref().and_then(|order| order.language).unwrap_or(batch.language);
                let printer = order.as_ref().map(|order| order.printer.name.as_str());
                let head = Head::of(batch, &event, &artwork, (level, language), plan.as_ref().zip(printer));
                Made::Manifest(Box::new(head), plan.map(Box::new))
            }
        };
        Ok(PrintJob { store: db.clone(), event, source, first, made })
    }

    /// What a batch's codes are on each of some layouts, as a printer has them. `look` is what is not to be the batch's
    /// own: the error correction of the top-up codes, and the language of the printed texts.
    ///
    /// # Errors
    /// A batch that can't be printed; whatever does not fit a layout is said of that layout.
    pub async fn preview<'l>(
        db: &Store,
        keys: &KeyFile,
        batch: BatchId,
        layouts: &'l [Layout],
        printer: &Printer,
        look: (Option<Level>, Option<Language>),
    ) -> Result<Vec<Listing<'l>>, PrintJobError> {
        let (event, mut source) = open(db, keys, batch).await?;
        let artwork = artwork(db, event.id).await?;
        let first = source.page(db).await?;
        let batch = source.batch();
        let options = printer.options(look.0.unwrap_or(batch.level));
        print::check_options(&options)?;
        let text = artwork.sheet_text(&event, look.1.unwrap_or(batch.language), batch.amount)?;
        Ok(print::list(layouts, &text, &longest(&first)?, &options))
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
            Made::Sheet(plan) | Made::Manifest(_, Some(plan)) => Some(plan),
            Made::List | Made::Pictures(_) | Made::Manifest(_, None) => None,
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
            Made::Pictures(level) => {
                let options = Options { level: *level, ..Options::default() };
                print::write_zip(&options, pieces, out, progress)
            }
            Made::Manifest(head, _) => print::write_manifest(head, pieces, out, progress),
        }
    }
}

/// A batch that can be printed, with whose it is.
pub(super) async fn open(
    db: &Store,
    keys: &KeyFile,
    batch: BatchId,
) -> Result<(Event, PieceSource), PrintJobError> {
    let mut session = db.read().await?;
    let (batch, _) =
        store::batch_with_key(&mut session, batch).await?.ok_or(PrintJobError::Unknown(batch))?;
    let event = by_ids(&mut session, [batch.event_id]).await?.pop();
    let event = event.ok_or_else(|| db::Error::Corrupt(format!("a batch {} of no event", batch.id)))?;
    drop(session);
    let source = PieceSource::open(db, keys, batch.id).await?;
    Ok((event, source.map_err(PrintJobError::NotPrintable)?))
}

fn planned(
    event: &Event,
    batch: &Batch,
    artwork: &Artwork,
    order: &SheetOrder,
    first: &[Piece],
) -> Result<Plan, PrintJobError> {
    let text = artwork.sheet_text(event, order.language.unwrap_or(batch.language), batch.amount)?;
    let options = order.printer.options(order.level.unwrap_or(batch.level));
    Ok(print::plan(&order.layout, &text, &longest(first)?, &options)?)
}

/// The codes of one batch are equally long, so that the first piece stands for all.
fn longest(first: &[Piece]) -> Result<Longest<'_>, PrintJobError> {
    let piece = first.first().ok_or_else(|| PrintJobError::NotPrintable("the batch is empty".to_owned()))?;
    Ok(Longest { qr_text: &piece.qr_text, pay_qr_text: &piece.pay_qr_text })
}

/// All pieces, read page by page while they are written.
pub(super) struct Pieces {
    pub(super) store: Store,
    pub(super) source: PieceSource,
    pub(super) page: std::vec::IntoIter<Piece>,
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
