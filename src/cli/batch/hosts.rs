//! `polsband batch hosts` and `retire-host`.

use super::life::counted;
use crate::cli::context::Context;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::batch_life::Counts;
use crate::media::hosts::{self, Host, HostKind, Retired};
use crate::providers::ServiceUrl;
use anyhow::anyhow;
use serde::Serialize;

/// An address as it is printed.
#[derive(Serialize)]
struct View {
    kind: HostKind,
    url: String,
    retired: Option<Retired>,
    why: Option<&'static str>,
    batches: Vec<BatchId>,
    media: Counts,
}

impl View {
    fn of(host: Host) -> View {
        let Host { kind, url, retired, batches, media } = host;
        View { kind, url, retired, why: retired.map(Retired::sentence), batches, media }
    }
}

pub(super) async fn list(context: &Context, shell: &Shell, event: &str) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let found = hosts::hosts(&context.store, event.id, &context.settings.public_url).await?;
    let views: Vec<View> = found.into_iter().map(View::of).collect();
    shell.out.list(&views, ["printed", "address", "batches", "media", "retired"], |view| {
        [
            view.kind.to_string(),
            view.url.clone(),
            view.batches.len().to_string(),
            counted(&view.media),
            view.why.unwrap_or("no").to_owned(),
        ]
    })
}

/// What is printed of a mark.
#[derive(Serialize)]
struct Marked<'a> {
    url: &'a str,
    marked: bool,
}

pub(super) async fn retire(
    context: &Context,
    shell: &Shell,
    url: &ServiceUrl,
    undo: bool,
) -> anyhow::Result<()> {
    let marked = hosts::retire(&context.store, context.now(), &context.actor, url, undo).await?;
    marked.map_err(|refusal| anyhow!("{url}: {}", refusal.sentence()))?;
    let said = if undo { "is not marked as retired any more" } else { "is marked as retired" };
    shell.out.one(&Marked { url: url.as_str(), marked: !undo }, format_args!("{url} {said}"))
}
