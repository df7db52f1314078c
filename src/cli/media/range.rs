//! `polsband media quarantine` and `release`: a roll at a time.

use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::progress::Progress;
use crate::cli::service::start_lane;
use crate::cli::shell::Shell;
use crate::helpdesk::{Range, RangeMove, RangeMoved, RangeOrder, Refusal, find_range, move_range};
use crate::ids::BatchId;
use crate::media::Scanner;
use crate::media::batch_life::Counts;
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub(in crate::cli) struct RangeArgs {
    /// The piece at one end: any of its codes, scanned or typed, or its serial
    #[arg(long, value_name = "CODE")]
    from: String,
    /// The piece at the other end, of the same batch
    #[arg(long, value_name = "CODE")]
    to: String,
    /// Why, for the audit log
    #[arg(long)]
    reason: String,
}

/// What is printed of a range.
#[derive(Serialize)]
struct Printed {
    batch: BatchId,
    first: i64,
    last: i64,
    moved: i64,
    already: i64,
    left: Counts,
}

pub(super) async fn run(
    context: &Context,
    shell: &Shell,
    asked: RangeMove,
    args: RangeArgs,
) -> anyhow::Result<()> {
    let Context { store, keys, settings, actor, .. } = context;
    let RangeArgs { from, to, reason } = args;
    let scanner = Scanner::new(store.clone(), keys.clone(), settings.public_url.clone());
    let range = find_range(store, &scanner, None, &from, &to).await?;
    let range = range.map_err(|refusal| anyhow!("--{}: {}", refusal.end(), refusal.sentence()))?;
    let order = RangeOrder { asked, actor: actor.clone(), reason };
    let done = moved(context, &range, &order).await?;
    let RangeMoved { moved, already, left } = done;
    let (batch, first, last) = (range.batch.id, range.first, range.last);
    let printed = Printed { batch, first, last, moved, already, left };
    shell.out.one(&printed, printed.text(asked))
}

/// Through a lane of this process: no charge or top-up decided before it commits after it.
async fn moved(context: &Context, range: &Range, order: &RangeOrder) -> anyhow::Result<RangeMoved> {
    let (lane, ended) = start_lane(context);
    let answer = {
        let progress = Progress::of((range.last + 1 - range.first).unsigned_abs(), "media");
        let at = |done: i64| progress.at(done.unsigned_abs());
        move_range(&context.store, &lane, range, order, at).await
    };
    drop(lane);
    ended.await?;
    answer?.map_err(|refusal| match refusal {
        Refusal::Reason(why) => Usage(format!("--reason: {why}")).into(),
        other => anyhow!(other.sentence()),
    })
}

impl Printed {
    fn text(&self, asked: RangeMove) -> String {
        let Printed { batch, first, last, moved, already, left } = self;
        let state = match asked {
            RangeMove::Quarantine => "quarantined",
            RangeMove::Release => "released",
        };
        let mut text = format!("{moved} of the pieces {first} to {last} of batch {batch} {state}");
        if *already > 0 {
            let were = if *already == 1 { "was" } else { "were" };
            text.push_str(&format!(", {already} {were} already"));
        }
        let left: Vec<String> = left.iter().map(|(status, count)| format!("{count} {status}")).collect();
        if !left.is_empty() {
            text.push_str(&format!("; left as they are: {}", left.join(", ")));
        }
        text
    }
}
