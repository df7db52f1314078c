//! `polsband media issue`.

use crate::cli::context::Context;
use crate::cli::out::note;
use crate::cli::progress::Progress;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::{self, MediumKind, NewBatch};
use serde::Serialize;

/// What is printed of a new batch.
#[derive(Serialize)]
struct Issued {
    id: BatchId,
    count: i64,
}

pub(super) async fn run(
    context: &Context,
    shell: &Shell,
    event: &str,
    count: i64,
    kind: MediumKind,
) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let pay_url = context.profile(&event).await?.endpoints.pay;
    let new = NewBatch { count, kind, pay_url, public_url: context.settings.public_url.clone() };
    let batch = {
        let progress = Progress::of(count.unsigned_abs(), "media");
        let at = |done: i64| progress.at(done.unsigned_abs());
        let Context { store, keys, actor, clock, .. } = context;
        media::issue(store, keys, actor, clock, &event, &new, at).await?
    };
    shell.out.one(&Issued { id: batch.id, count: batch.count }, batch.id)?;
    if batch.wallet_url.is_none() {
        note(
            "The public URL is not https: pay codes of this batch will be printed as bare codes, which open no page \
             when a phone scans them.",
        );
    }
    Ok(())
}
