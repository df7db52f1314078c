//! `polsband media issue`.

use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::layout;
use crate::cli::out::note;
use crate::cli::progress::Progress;
use crate::cli::shell::Shell;
use crate::cli::words::{level, one_of};
use crate::ids::BatchId;
use crate::media::print_shop::layouts_known;
use crate::media::{self, BatchOptions, IssueError, MEDIA_PER_BATCH_MAX, MediumKind, NewBatch};
use crate::money::Cents;
use crate::print::{Language, Level, Refusal};
use crate::providers::ServiceUrl;
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub(in crate::cli) struct Issue {
    /// The event's name in addresses
    event: String,
    /// How many, up to a million
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=MEDIA_PER_BATCH_MAX))]
    count: i64,
    /// What they are
    #[arg(long, value_parser = one_of!(MediumKind))]
    kind: MediumKind,
    /// Issue nothing; say what the codes would be on every layout
    #[arg(long)]
    preview: bool,
    /// For the preview: the printer's resolution, to see which modules are whole dots
    #[arg(long, value_name = "N", requires = "preview")]
    dpi: Option<u32>,
    #[command(flatten)]
    options: OptionArgs,
}

#[derive(Args)]
#[command(next_help_heading = "How the codes are made and printed")]
struct OptionArgs {
    /// Error correction of the top-up codes: M where they stay flat, Q or H where a band wraps or creases
    #[arg(long, value_parser = level(), ignore_case = true, default_value = "M")]
    level: Level,
    /// Language of what is printed beside the codes
    #[arg(long, value_parser = one_of!(Language), default_value = "nl")]
    language: Language,
    /// What the top-up codes say to their payer: {serial} and {event} are replaced; empty for nothing
    #[arg(long, value_name = "TEXT", default_value = "{serial}")]
    description: String,
    /// The amount in the top-up codes in euros, such as 12,50 [default: the event's]
    #[arg(long, value_name = "EUROS", conflicts_with = "amount_cents")]
    amount: Option<Cents>,
    /// The same in cents
    #[arg(long, value_name = "N")]
    amount_cents: Option<i64>,
    /// What the top-up codes begin with: an address of Bancontact's, or that of our own top-up page, which ends in /t [default:
    /// the event's]
    #[arg(long, value_name = "URL")]
    pay_url: Option<String>,
}

/// What is printed of a new batch.
#[derive(Serialize)]
struct Issued {
    id: BatchId,
    count: i64,
}

pub(super) async fn run(context: &Context, shell: &Shell, issue: Issue) -> anyhow::Result<()> {
    let event = context.event(&issue.event).await?;
    let OptionArgs { level, language, description, amount, amount_cents, pay_url } = issue.options;
    let pay_url = match pay_url {
        Some(url) => ServiceUrl::parse(&url).map_err(|why| Usage(format!("--pay-url: {why}")))?,
        None => context.codes(&event).await?.address(&context.settings.public_url),
    };
    let options = BatchOptions {
        level: Some(level),
        language: Some(language),
        description: Some(description),
        amount: amount.or(amount_cents.map(Cents)),
    };
    let public_url = context.settings.public_url.clone();
    let new =
        NewBatch { id: BatchId::new(), count: issue.count, kind: issue.kind, pay_url, public_url, options };
    let Context { store, keys, actor, clock, .. } = context;
    for (url, why) in media::hosts::retired_of_new(store, &new).await? {
        note(format_args!("Mind: {url} is retired: {}", why.sentence()));
    }
    if issue.preview {
        let layouts = layouts_known(store).await?;
        let listed = media::preview(store, keys, &event, &new, &layouts, issue.dpi).await;
        return layout::list(shell, &listed.map_err(in_arguments)?);
    }
    let batch = {
        let progress = Progress::of(issue.count.unsigned_abs(), "media");
        let at = |done: i64| progress.at(done.unsigned_abs());
        media::issue(store, keys, actor, clock, &event, &new, at).await.map_err(in_arguments)?
    };
    shell.out.one(&Issued { id: batch.id, count: batch.count }, batch.id)?;
    new.unreachable().iter().for_each(note);
    if batch.wallet_url.is_none() {
        note(
            "The public URL is not https: pay codes of this batch will be printed as bare codes, which open no page \
             when a phone scans them.",
        );
    }
    Ok(())
}

/// An option that is wrong was an argument.
fn in_arguments(error: IssueError) -> anyhow::Error {
    match error {
        IssueError::Option { field, why } => Usage(format!("--{}: {why}", field.replace('_', "-"))).into(),
        IssueError::Code(error) => Usage(format!("these codes can't be made: {error}")).into(),
        IssueError::Refused(refusal @ Refusal::Option { .. }) => Usage(format!("--{refusal}")).into(),
        other => other.into(),
    }
}
