//! `polsband batch`: batches on their way from the screen to the wrists.

mod hosts;
mod life;
mod receive;
mod reissue;
mod retired;

use super::context::Context;
use super::shell::Shell;
use super::words::batch_id;
use crate::events::{self, Event};
use crate::ids::BatchId;
use crate::media::batch_life::BatchStep;
use crate::media::{self, Batch};
use crate::providers::ServiceUrl;
use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};

#[derive(Subcommand)]
#[command(after_long_help = "\
A batch is rendered (a file is made of it, which notes itself), printed, received and handed
out. The steps inform and stop nothing: a batch works from the moment it is issued.

Examples:
  polsband batch printed BATCH --note 'pallet 3'
  polsband batch receive BATCH -         with a scanner that types a line for each code
  polsband batch reissue BATCH --reason 'wet ink'       after `polsband media spoil` for each")]
pub(super) enum BatchCommand {
    /// The batches of an event, each with the step it is at
    List {
        /// The event's name in addresses
        event: String,
    },
    /// One batch: its life, its media by status, its reprints
    Show(Which),
    /// Record that the printer is done with a batch
    Printed {
        #[command(flatten)]
        which: Which,
        /// For whoever asks later
        #[arg(long)]
        note: Option<String>,
    },
    /// Record that a batch was delivered, by scanning at least five different pieces of it
    Receive {
        #[command(flatten)]
        which: Which,
        /// Codes as scanned, or serials as typed; `-` reads them from standard input, one a line
        #[arg(required = true, value_name = "CODE")]
        codes: Vec<String>,
    },
    /// Record that a batch is handed out; it works whether or not that is said
    Activate {
        #[command(flatten)]
        which: Which,
        /// For whoever asks later
        #[arg(long)]
        note: Option<String>,
    },
    /// Issue a batch in place of the spoiled pieces of this one; prints its id
    Reissue {
        #[command(flatten)]
        which: Which,
        /// Why, for the audit log and whoever looks at the new batch; `misprints` unless given
        #[arg(long)]
        reason: Option<String>,
    },
    /// The addresses that an event's codes were printed with, and what hangs on each
    Hosts {
        /// The event's name in addresses
        event: String,
    },
    /// The media of an event whose printed address is retired, by their serials
    Retired {
        /// The event's name in addresses
        event: String,
        /// As CSV, for a spreadsheet
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Mark a printed address as retired, for all events
    RetireHost {
        /// The address in full, as `batch hosts` shows it
        #[arg(value_parser = address)]
        url: ServiceUrl,
        /// Take the mark back
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Args)]
pub(super) struct Which {
    /// The batch, as `media issue` printed its id
    #[arg(value_parser = batch_id)]
    batch: BatchId,
}

fn address(text: &str) -> Result<ServiceUrl, String> {
    ServiceUrl::parse(text).map_err(|error| error.to_string())
}

pub(super) async fn run(command: BatchCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let outcome = run_in(&context, command, shell).await;
    context.close().await;
    outcome
}

async fn run_in(context: &Context, command: BatchCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        BatchCommand::List { event } => life::list(context, shell, &event).await,
        BatchCommand::Show(which) => life::show(context, shell, which.batch).await,
        BatchCommand::Printed { which, note } => {
            life::take(context, shell, which.batch, BatchStep::Printed, note.as_deref()).await
        }
        BatchCommand::Activate { which, note } => {
            life::take(context, shell, which.batch, BatchStep::Active, note.as_deref()).await
        }
        BatchCommand::Receive { which, codes } => receive::run(context, shell, which.batch, codes).await,
        BatchCommand::Reissue { which, reason } => {
            reissue::run(context, shell, which.batch, reason.as_deref()).await
        }
        BatchCommand::Hosts { event } => hosts::list(context, shell, &event).await,
        BatchCommand::Retired { event, csv } => retired::list(context, shell, &event, csv).await,
        BatchCommand::RetireHost { url, undo } => hosts::retire(context, shell, &url, undo).await,
    }
}

/// The batch of this id with its event.
async fn found(context: &Context, id: BatchId) -> anyhow::Result<(Batch, Event)> {
    let mut session = context.store.read().await?;
    let found = media::store::batch_with_key(&mut session, id).await?;
    let (batch, _) = found.ok_or_else(|| {
        anyhow!("there is no batch {id}: `media issue` printed its id, `batch list` shows them")
    })?;
    let event = events::store::by_ids(&mut session, [batch.event_id]).await?.pop();
    Ok((batch, event.context("the event of this batch is missing")?))
}
