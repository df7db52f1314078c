//! `polsband ledger`: the books.

use super::context::Context;
use super::progress::Progress;
use super::shell::Shell;
use crate::events::{self, Event};
use crate::ledger::{self, Audited, Statement};
use crate::plural::counted;
use crate::providers::{ProfileId, ProviderName};
use anyhow::bail;
use clap::Subcommand;

#[derive(Subcommand)]
pub(super) enum LedgerCommand {
    /// Derive every balance again from the transfers, and name each broken rule; exits with 1 when there is one, and where
    /// there is no database
    Audit {
        /// Only this event [default: all of them]
        event: Option<String>,
    },
    /// An event's accounts, and what moved on them
    Statement {
        /// The event's name in addresses
        event: String,
    },
}

pub(super) async fn run(command: LedgerCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open_existing().await?;
    let outcome = match command {
        LedgerCommand::Audit { event } => audit(&context, shell, event).await,
        LedgerCommand::Statement { event } => statement(&context, shell, &event).await,
    };
    context.close().await;
    outcome
}

async fn audit(context: &Context, shell: &Shell, event: Option<String>) -> anyhow::Result<()> {
    let events = match event {
        Some(slug) => vec![context.event(&slug).await?],
        None => {
            events::store::list(&mut *context.store.read().await?, None, events::store::EVENTS_MAX).await?
        }
    };
    let mut findings = Vec::new();
    let mut transfers = 0;
    let progress = Progress::without_end();
    for event in &events {
        let profiles = profiles(context, event).await?;
        let before = transfers;
        let found = ledger::audit(&context.store, event, &profiles, |Audited { table, rows }| {
            if table == "transfers" {
                transfers = before + rows;
            }
            progress.doing(rows, format!("{table} of {} audited", event.slug));
        });
        findings.extend(found.await?);
    }
    drop(progress);
    if findings.is_empty() && !shell.out.is_json() {
        let (events, transfers) = (counted(events.len(), "event"), counted(transfers, "transfer"));
        return shell.out.one(&(), format_args!("{events}, {transfers}: every rule holds"));
    }
    shell.out.list(&findings, ["event", "broken rule", "subject"], |finding| {
        [finding.event.clone(), finding.rule.clone(), finding.subject.clone()]
    })?;
    match findings.len() {
        0 => Ok(()),
        1 => bail!("the audit found a broken rule"),
        count => bail!("the audit found {count} broken rules"),
    }
}

async fn statement(context: &Context, shell: &Shell, event: &str) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let profiles = profiles(context, &event).await?;
    let statement = ledger::statement(&mut context.store.snapshot().await?, event.id, &profiles).await?;
    shell.out.one(&statement, text(&event, &statement))
}

async fn profiles(context: &Context, event: &Event) -> anyhow::Result<Vec<(ProviderName, ProfileId)>> {
    let mut session = context.store.read().await?;
    Ok(events::accounts::store::names(&mut session, event.id).await?)
}

fn text(event: &Event, statement: &Statement) -> String {
    let mut rows = vec![["account", "", "debited", "credited", "balance"].map(str::to_owned)];
    rows.extend(statement.accounts.iter().map(|line| {
        [
            line.kind.to_string(),
            line.display_name.clone(),
            line.debits_cents.to_string(),
            line.credits_cents.to_string(),
            line.balance_cents.to_string(),
        ]
    }));
    let (debits, credits) = (statement.debits_cents.to_string(), statement.credits_cents.to_string());
    rows.push(["total".to_owned(), String::new(), debits, credits, String::new()]);
    rows.push(Default::default());
    rows.push(["moved", "", "transfers", "amount", ""].map(str::to_owned));
    rows.extend(statement.movements.iter().map(|movement| {
        let (count, amount) = (movement.transfers.to_string(), movement.amount_cents.to_string());
        [movement.code.to_string(), String::new(), count, amount, String::new()]
    }));
    format!("{} ({})\n\n{}", event.name, event.slug, super::out::sums(&rows))
}
