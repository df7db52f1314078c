//! `polsband reconcile`: compare an event with its provider's payment list, now.

use super::out::{details, note};
use super::service::{adapters, start_lane};
use super::shell::Shell;
use crate::clock::Timestamp;
use crate::events::Event;
use crate::payments::reconcile::{Asked, Counts, Reconciler, Run, RunState};
use anyhow::{anyhow, bail};
use clap::Args;
use serde::Serialize;
use std::time::Duration;

/// How long a run is waited for. One that a service started is waited for as well.
const WAITED_MAX: Duration = Duration::from_secs(24 * 3600);

/// Compare with the provider's payment list, and settle what is missing
#[derive(Args)]
#[command(after_help = "\
A service does this by itself, every 20 seconds for each open event and for two weeks after it closed. By hand it is for \
a window the provider asks about, or for peace of mind. It joins a comparison that is under way. \
Each payment that is listed was already known, is known as another event's that has or had the same account, is settled or \
parked now, is a mismatch, or is recorded because it is nothing to credit. Beside those count payments that are not \
listed: money of them went back in the window (a mismatch, or recorded where it was marked for return here), the provider \
doesn't list them, or their row can't be read. Where one of the event's providers can't be compared with for want of an \
API key, or the key's list has the event's orders on another account than the one whose id is kept, it says so, and exits \
with 1.")]
pub(super) struct Reconcile {
    /// The event's name in addresses
    event: String,
    /// From when on, as 2026-07-03T18:00:00Z [default: where the last comparison had got to]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Until when [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

/// What was compared and found, as it is printed.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    counts: Counts,
    from: Timestamp,
    to: Timestamp,
}

pub(super) async fn run(reconcile: Reconcile, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open_existing().await?;
    let event = context.event(&reconcile.event).await?;
    let (lane, lane_ended) = start_lane(&context);
    let reconciler = Reconciler::new(
        context.store.clone(),
        context.keys.clone(),
        lane,
        adapters(&context),
        context.clock.clone(),
    );
    let asked = Asked { from: reconcile.from, to: reconcile.to };
    let outcome = compare(&reconciler, &event, asked).await;
    let left_out = reconciler.left_out(&event).await;
    reconciler.finish().await;
    drop(reconciler);
    lane_ended.await?;
    context.close().await;
    let run = outcome?;
    print(&run, shell)?;
    cut(&run, &event, asked).iter().for_each(note);
    run.before_its_event(&event).iter().for_each(note);
    let left_out = left_out?;
    let ended = match run.state {
        RunState::Complete => return left_out.map_or(Ok(()), |why| Err(anyhow!(why))),
        RunState::Failed => "failed",
        RunState::Interrupted => "was interrupted",
        RunState::Running => "still goes on",
    };
    left_out.iter().for_each(note);
    let why = run.problem.map_or(String::new(), |why| format!(": {why}"));
    bail!("the comparison {ended}; all before {} is compared{why}", run.done_to)
}

async fn compare(reconciler: &Reconciler, event: &Event, asked: Asked) -> anyhow::Result<Run> {
    let run = reconciler.compare(event, asked, WAITED_MAX).await?;
    run.ok_or_else(|| anyhow!("the comparison is gone from the database"))
}

/// What of the window that was asked for was not compared.
fn cut(run: &Run, event: &Event, asked: Asked) -> Vec<String> {
    let mut cut = Vec::new();
    if asked.from.is_some_and(|from| from < run.from) {
        // Or a run was joined that had begun with another window.
        let is_its_beginning = run.from == event.created_at;
        let why = if is_its_beginning { ": before, its profile or account was another event's" } else { "" };
        cut.push(format!("compared from {} on{why}", run.from));
    }
    if asked.to.is_some_and(|to| to > run.to) {
        cut.push(format!("compared until {}", run.to));
    }
    cut
}

fn print(run: &Run, shell: &Shell) -> anyhow::Result<()> {
    let counts = run.counts;
    let text = details([
        ("listed", counts.listed.to_string()),
        ("already known", counts.already_known.to_string()),
        ("other events", counts.of_other_events.to_string()),
        ("settled", counts.settled.to_string()),
        ("parked", counts.parked.to_string()),
        ("mismatched", counts.mismatched.to_string()),
        ("recorded", counts.recorded.to_string()),
        ("window", format!("{} to {}", run.from, run.to)),
    ]);
    shell.out.one(&Found { counts, from: run.from, to: run.to }, text)
}
