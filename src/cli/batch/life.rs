//! `polsband batch list`, `show`, `printed`, `activate`.

use super::found;
use crate::cli::context::Context;
use crate::cli::event::BatchView;
use crate::cli::failure::Usage;
use crate::cli::out::details;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::batch_life::{self, BatchStep, Counts, Life, Reprint, StepRefusal, StepTaken};
use crate::media::store::{BATCHES_MAX, batches};
use crate::plural;
use anyhow::anyhow;
use serde::Serialize;

/// A batch in the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    batch: BatchView,
    step: Option<BatchStep>,
    in_use: bool,
    reprint_of: Option<BatchId>,
}

/// A batch with all of its life.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    batch: BatchView,
    event: String,
    step: Option<BatchStep>,
    steps: Vec<StepTaken>,
    never_recorded: Vec<BatchStep>,
    in_use: bool,
    media: Counts,
    to_reissue: i64,
    reprint_of: Option<BatchId>,
    reprint_reason: Option<String>,
    reprints: Vec<Reprint>,
}

/// The word for a step, and for none.
fn word(step: Option<BatchStep>) -> &'static str {
    step.map_or("issued", BatchStep::as_str)
}

/// `95 issued, 3 spoiled`
pub(super) fn counted(media: &Counts) -> String {
    let counts: Vec<String> = media.iter().map(|(status, count)| format!("{count} {status}")).collect();
    counts.join(", ")
}

pub(super) async fn list(context: &Context, shell: &Shell, event: &str) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let found = batches(&mut *context.store.read().await?, event.id, None, BATCHES_MAX).await?;
    let mut listed = Vec::with_capacity(found.len());
    for batch in found {
        let life = batch_life::life(&context.store, &batch).await?;
        let (step, in_use, reprint_of) = (life.step(), life.is_in_use(), life.reprint_of);
        listed.push(Listed { batch: BatchView::of(batch), step, in_use, reprint_of });
    }
    shell.out.list(&listed, ["batch", "kind", "count", "step", "created", "reprint of"], |one| {
        let unfinished = if one.batch.is_finished() { word(one.step) } else { "unfinished" };
        [
            one.batch.id.to_string(),
            one.batch.kind().to_string(),
            one.batch.count.to_string(),
            unfinished.to_owned(),
            one.batch.created_at().to_string(),
            one.reprint_of.map_or(String::new(), |old| old.to_string()),
        ]
    })
}

pub(super) async fn show(context: &Context, shell: &Shell, id: BatchId) -> anyhow::Result<()> {
    let shown = Shown::of(context, id).await?;
    shell.out.one(&shown, shown.text())
}

/// Records a step that a person says; prints that it did, or with `--json` the batch as it is then.
pub(super) async fn take(
    context: &Context,
    shell: &Shell,
    id: BatchId,
    step: BatchStep,
    note: Option<&str>,
) -> anyhow::Result<()> {
    let (batch, _) = found(context, id).await?;
    let Context { store, actor, .. } = context;
    let taken = batch_life::take_step(store, context.now(), actor, &batch, step, note).await?;
    let is_new = taken.map_err(|refusal| match refusal {
        StepRefusal::Note(_) => anyhow::Error::from(Usage(format!("--note: {}", refusal.sentence()))),
        other => anyhow!(other.sentence()),
    })?;
    let said = match is_new {
        true => format!("{id} is recorded as {step}"),
        false => format!("{id} was recorded as {step} before"),
    };
    shell.out.one(&Shown::of(context, id).await?, said)
}

impl Shown {
    pub(super) async fn of(context: &Context, id: BatchId) -> anyhow::Result<Shown> {
        let (batch, event) = found(context, id).await?;
        let life: Life = batch_life::life(&context.store, &batch).await?;
        Ok(Shown {
            step: life.step(),
            never_recorded: life.never_recorded(),
            in_use: life.is_in_use(),
            to_reissue: life.to_reissue(),
            event: event.slug.to_string(),
            batch: BatchView::of(batch),
            steps: life.steps,
            media: life.media,
            reprint_of: life.reprint_of,
            reprint_reason: life.reprint_reason,
            reprints: life.reprints,
        })
    }

    fn text(&self) -> String {
        let state = match (self.batch.is_finished(), self.in_use) {
            (false, _) => "unfinished: issuing it was interrupted",
            (true, true) => "active: media of it are in use",
            (true, false) => word(self.step),
        };
        let skipped: Vec<&str> = self.never_recorded.iter().map(|step| step.as_str()).collect();
        let spoiled = match self.to_reissue {
            0 => String::new(),
            count => format!("{count} spoiled, to be reissued"),
        };
        let mut lines = vec![
            ("batch", self.batch.id.to_string()),
            ("event", self.event.clone()),
            ("kind", self.batch.kind().to_string()),
            ("count", self.batch.count.to_string()),
            ("created", self.batch.created_at().to_string()),
            ("step", state.to_owned()),
            ("never recorded", skipped.join(", ")),
            ("media", counted(&self.media)),
            ("waiting", spoiled),
            ("reprint of", self.reprint_of.map_or(String::new(), |old| old.to_string())),
            ("because of", self.reprint_reason.clone().unwrap_or_default()),
        ];
        lines.extend(
            self.reprints
                .iter()
                .map(|new| ("reissued", format!("{}  {}", new.batch, plural::counted(new.count, "piece")))),
        );
        lines.extend(self.steps.iter().map(|taken| {
            let note = if taken.note.is_empty() { String::new() } else { format!(": {}", taken.note) };
            ("life", format!("{}  {} by {}{note}", taken.at, taken.step, taken.actor))
        }));
        details(lines)
    }
}
