//! `polsband media`: wristbands and cards.

mod issue;
mod moves;
mod range;
mod show;

use super::context::Context;
use super::shell::Shell;
use crate::helpdesk::RangeMove;
use crate::media::store::MediumView;
use crate::media::{Found, Scanner};
use anyhow::bail;
use clap::{Args, Subcommand};
use moves::Step;
use range::RangeArgs;

#[derive(Subcommand)]
pub(super) enum MediaCommand {
    /// Issue a batch of media with empty wallets; prints the batch's id
    Issue(Box<issue::Issue>),
    /// Everything about one medium, but for its pay code
    Show {
        /// Any of its codes, scanned or typed, or its serial
        code: String,
    },
    /// Put a medium into use, where the event activates them explicitly and is open
    Activate(Which),
    /// Keep a medium from spending until it is found again; money may still be added, while the event is open
    Freeze(Which),
    /// Let a frozen medium spend again, whoever froze it
    Unfreeze(Which),
    /// Move a medium's wallet to another, unused one, also once the event is closed; the old pay code stops at once
    Replace {
        #[command(flatten)]
        which: Which,
        /// Any code of the new medium
        #[arg(long, value_name = "CODE")]
        with: String,
    },
    /// End a medium without a successor; this can't be undone
    Revoke {
        /// Any of its codes, scanned or typed, or its serial
        code: String,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
    },
    /// Mark a medium that was never handed out as a misprint
    Spoil(Which),
    /// Stop a range of a batch that was lost or stolen before it was handed out; run again, it goes on
    Quarantine(RangeArgs),
    /// Let a range out of quarantine again, unused as before
    Release(RangeArgs),
}

#[derive(Args)]
pub(super) struct Which {
    /// Any of its codes, scanned or typed, or its serial
    code: String,
    /// Why, for the audit log
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(command: MediaCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let outcome = run_in(&context, command, shell).await;
    context.close().await;
    outcome
}

async fn run_in(context: &Context, command: MediaCommand, shell: &Shell) -> anyhow::Result<()> {
    let (step, Which { code, reason }) = match command {
        MediaCommand::Issue(issue) => return issue::run(context, shell, *issue).await,
        MediaCommand::Show { code } => {
            let shown = show::View::of(context, find(context, &code).await?).await?;
            return shell.out.one(&shown, shown.text());
        }
        MediaCommand::Quarantine(args) => {
            return range::run(context, shell, RangeMove::Quarantine, args).await;
        }
        MediaCommand::Release(args) => return range::run(context, shell, RangeMove::Release, args).await,
        MediaCommand::Activate(which) => (Step::Activate, which),
        MediaCommand::Freeze(which) => (Step::Freeze, which),
        MediaCommand::Unfreeze(which) => (Step::Unfreeze, which),
        MediaCommand::Spoil(which) => (Step::Spoil, which),
        MediaCommand::Replace { which, with } => (Step::Replace { with }, which),
        MediaCommand::Revoke { code, reason } => (Step::Revoke, Which { code, reason: Some(reason) }),
    };
    moves::run(context, shell, step, &code, reason).await
}

/// The medium behind any text a scanner or a person brings.
async fn find(context: &Context, text: &str) -> anyhow::Result<MediumView> {
    let Context { store, keys, settings, .. } = context;
    let scanner = Scanner::new(store.clone(), keys.clone(), settings.public_url.clone());
    let shown: String = text.trim().chars().take(40).collect();
    match scanner.find(text).await? {
        Found::Medium(view) => Ok(*view),
        Found::Unknown => bail!("no medium has the code {shown:?}: is every character right?"),
        Found::Foreign(why) => bail!("{shown:?}: {why}"),
    }
}
