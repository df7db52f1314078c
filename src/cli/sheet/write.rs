//! Writing a batch: its media are read page by page while a thread of its own draws them, so that memory stays the same
//! whatever the size of the batch.

use crate::audit_log::{self, Entry};
use crate::cli::context::Context;
use crate::cli::out::note;
use crate::cli::output_file::OutputFile;
use crate::cli::progress::Progress;
use crate::cli::shell::Shell;
use crate::db::Store;
use crate::events::{self, Event};
use crate::ids::BatchId;
use crate::media::{self, Batch, PieceSource};
use crate::print::{self, Language, Layout, Longest, Options, Piece, Plan, SheetText, Summary, WriteError};
use crate::providers::ProfileId;
use anyhow::{Context as _, anyhow};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// Pages of media that are read ahead of the drawing.
const PAGES_AHEAD: usize = 2;

/// What is asked for.
pub(super) struct Job {
    pub(super) batch: BatchId,
    pub(super) layout: Option<Layout>,
    pub(super) out: Option<PathBuf>,
    pub(super) csv: Option<PathBuf>,
    pub(super) zip: Option<PathBuf>,
    pub(super) language: Language,
    pub(super) options: Options,
}

/// A file that was written.
#[derive(Serialize)]
struct Written {
    batch: BatchId,
    format: &'static str,
    file: PathBuf,
    pieces: u64,
    pages: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<Codes>,
}

/// What the codes of a sheet became.
#[derive(Serialize)]
struct Codes {
    name: String,
    top_up_version: i16,
    top_up_module: String,
    pay_version: i16,
    pay_module: String,
    warnings: Vec<String>,
}

impl Codes {
    fn of(plan: &Plan) -> Codes {
        Codes {
            name: plan.layout().name().to_owned(),
            top_up_version: plan.top_up.version,
            top_up_module: plan.top_up.module.to_string(),
            pay_version: plan.pay.version,
            pay_module: plan.pay.module.to_string(),
            warnings: plan.warnings.clone(),
        }
    }
}

/// Where the media of one batch come from.
struct Source<'a> {
    context: &'a Context,
    event: Event,
    batch: Batch,
    profile: ProfileId,
}

/// Writes every file of the job; one JSON object for one file, an array for several.
pub(super) async fn write(context: &Context, shell: &Shell, job: Job) -> anyhow::Result<()> {
    let source = Source::of(context, job.batch).await?;
    let mut written = Vec::new();
    if let (Some(layout), Some(path)) = (job.layout, &job.out) {
        let plan = source.plan(&layout, job.language, &job.options).await?;
        plan.warnings.iter().for_each(|warning| note(format_args!("Mind: {warning}")));
        let codes = Codes::of(&plan);
        let draw = move |pieces: Pieces, file: &OutputFile, at: &mut dyn FnMut(u64)| {
            print::write_pdf(&plan, pieces, file.file(), at)
        };
        let summary = source.draw("sheet printed", path, draw).await?;
        written.push(source.written("pdf", path, summary, Some(codes)));
    }
    if let Some(path) = &job.csv {
        let batch = job.batch;
        let draw = move |pieces: Pieces, file: &OutputFile, at: &mut dyn FnMut(u64)| {
            print::write_csv(batch, pieces, file.file(), at)
        };
        let summary = source.draw("codes written as CSV", path, draw).await?;
        written.push(source.written("csv", path, summary, None));
    }
    if let Some(path) = &job.zip {
        let options = job.options;
        let draw = move |pieces: Pieces, file: &OutputFile, at: &mut dyn FnMut(u64)| {
            print::write_zip(&options, pieces, file.file(), at)
        };
        let summary = source.draw("codes written as ZIP", path, draw).await?;
        written.push(source.written("zip", path, summary, None));
    }
    let lines: Vec<String> = written.iter().map(Written::text).collect();
    match &written[..] {
        [one] => shell.out.one(one, lines.join("\n")),
        all => shell.out.one(&all, lines.join("\n")),
    }
}

impl Written {
    fn text(&self) -> String {
        let Written { file, pieces, pages, .. } = self;
        let unit = match self.format {
            "pdf" => "pages",
            "zip" => "files",
            _ => "rows",
        };
        format!("{}: {pieces} media, {pages} {unit}", file.display())
    }
}

/// Pieces as they arrive on the drawing thread.
type Pieces = Box<dyn Iterator<Item = Result<Piece, anyhow::Error>> + Send>;

impl<'a> Source<'a> {
    async fn of(context: &'a Context, batch: BatchId) -> anyhow::Result<Source<'a>> {
        let mut session = context.store.read().await?;
        let found = media::store::batch_with_key(&mut session, batch).await?;
        let (batch, _) = found.ok_or_else(|| {
            anyhow!("there is no batch {batch}: `media issue` printed its id, `event show` lists them")
        })?;
        let events = events::store::by_ids(&mut session, [batch.event_id]).await?;
        let event = events.into_iter().next().context("the event of this batch is missing")?;
        drop(session);
        let profile = context.profile(&event).await?.profile_id;
        Ok(Source { context, event, batch, profile })
    }

    async fn open(&self) -> anyhow::Result<PieceSource> {
        let Context { store, keys, .. } = self.context;
        PieceSource::open(store, keys, self.batch.id, &self.profile).await?.map_err(|why| anyhow!(why))
    }

    /// Plans a sheet by the batch's first media: all codes of a batch are equally long.
    async fn plan(&self, layout: &Layout, language: Language, options: &Options) -> anyhow::Result<Plan> {
        let first = self.open().await?.page(&self.context.store).await?;
        let longest =
            |text: fn(&Piece) -> &str| first.iter().map(text).max_by_key(|text| text.len()).unwrap_or("");
        let text = SheetText {
            event_name: self.event.name.clone(),
            merchant: self.event.merchant.clone(),
            language,
        };
        let longest = Longest {
            qr_text: longest(|piece| &piece.qr_text),
            pay_qr_text: longest(|piece| &piece.pay_qr_text),
        };
        print::plan(layout, &text, &longest, options).map_err(super::refused)
    }

    /// Draws all media into a file with `draw`, notes it in the audit log, and only then shows the file.
    async fn draw(
        &self,
        action: &'static str,
        path: &Path,
        draw: impl FnOnce(Pieces, &OutputFile, &mut dyn FnMut(u64)) -> Result<Summary, WriteError<anyhow::Error>>
        + Send
        + 'static,
    ) -> anyhow::Result<Summary> {
        let source = self.open().await?;
        let file = OutputFile::create(path)?;
        let progress = Progress::of(self.batch.count.unsigned_abs(), "media");
        let (pages, arriving) = mpsc::channel(PAGES_AHEAD);
        let drawing = spawn_blocking(move || {
            let summary = draw(pieces(arriving), &file, &mut |done| progress.at(done));
            summary.map(|summary| (summary, file))
        });
        read_ahead(source, &self.context.store, pages).await;
        let drawn = drawing.await.context("the drawing thread stopped")?;
        let (summary, file) = drawn.map_err(|error| match error {
            WriteError::Source(error) => error,
            WriteError::Output(error) => {
                anyhow::Error::new(error).context(format!("{} can't be written", path.display()))
            }
            WriteError::Refused(refusal) => refusal.into(),
        })?;
        self.note(action, path).await?;
        file.keep()?;
        Ok(summary)
    }

    async fn note(&self, action: &'static str, path: &Path) -> anyhow::Result<()> {
        let entry = Entry {
            event: Some(self.event.id),
            detail: path.file_name().map(|name| format!("file {}", name.to_string_lossy())),
            ..Entry::new(&self.context.actor, action, format!("batch:{}", self.batch.id))
        };
        let mut tx = self.context.store.begin().await?;
        audit_log::store::write(&mut tx, self.context.now(), &entry).await?;
        Ok(tx.commit().await?)
    }

    fn written(&self, format: &'static str, path: &Path, summary: Summary, layout: Option<Codes>) -> Written {
        let Summary { pieces, pages, bytes } = summary;
        Written { batch: self.batch.id, format, file: path.to_owned(), pieces, pages, bytes, layout }
    }
}

/// Reads page after page until the end, an error, or nobody wants more.
async fn read_ahead(
    mut source: PieceSource,
    store: &Store,
    pages: mpsc::Sender<Result<Vec<Piece>, anyhow::Error>>,
) {
    loop {
        let page = source.page(store).await.map_err(anyhow::Error::new);
        let is_last = page.as_ref().map_or(true, Vec::is_empty);
        if pages.send(page).await.is_err() || is_last {
            return;
        }
    }
}

fn pieces(mut arriving: mpsc::Receiver<Result<Vec<Piece>, anyhow::Error>>) -> Pieces {
    let pages = std::iter::from_fn(move || arriving.blocking_recv());
    Box::new(pages.flat_map(|page| match page {
        Ok(pieces) => pieces.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    }))
}
