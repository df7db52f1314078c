//! `polsband batch reissue`.

use super::found;
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::progress::Progress;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::{self, ReissueError};
use serde::Serialize;

/// What is printed of the new batch.
#[derive(Serialize)]
struct Reissued {
    id: BatchId,
    count: i64,
    reprint_of: BatchId,
}

pub(super) async fn run(
    context: &Context,
    shell: &Shell,
    id: BatchId,
    reason: Option<&str>,
) -> anyhow::Result<()> {
    let (old, event) = found(context, id).await?;
    let pay_url = context.codes(&event).await?.address(&context.settings.public_url);
    let Context { store, keys, actor, clock, settings, .. } = context;
    let issued = {
        let progress = Progress::of(old.count.unsigned_abs(), "media");
        let at = |done: i64| progress.at(done.unsigned_abs());
        let today = (&pay_url, &settings.public_url);
        media::reissue(store, keys, actor, clock, &event, &old, today, reason, at).await
    };
    let new = issued.map_err(|error| match error {
        ReissueError::Reason(_) => anyhow::Error::from(Usage(format!("--reason: {error}"))),
        other => other.into(),
    })?;
    shell.out.one(&Reissued { id: new.id, count: new.count, reprint_of: id }, new.id)?;
    if new.pay_url != old.pay_url || new.wallet_url != old.wallet_url {
        note("An address of the old batch is retired: the new one is printed with that of today.");
    }
    Ok(())
}
