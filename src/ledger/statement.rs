//! The statement of an event: its accounts and what moved on them, added up from the transfers.
//!
//! The database adds up some thousands of them at a time, so that the memory this takes doesn't grow with the festival. It
//! does so within one snapshot: a void whose charge is left out, because it was committed after its place was passed,
//! would show a vendor who owes. That snapshot stays open for as long as the adding takes; what SQLite's log grows
//! by meanwhile it shrinks by afterwards.

use super::audit::store;
use super::posting::Code;
use super::{Account, AccountKind};
use crate::db::{Error, Snapshot};
use crate::events::store::{vendors, word};
use crate::ids::{AccountId, EventId};
use crate::money::Cents;
use crate::providers::{ProfileId, ProviderName};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Transfers added up in one statement.
const ROWS_PER_SUM: i64 = 50_000;

/// An account's totals. Its balance is what stands to its favour: credits less debits for what we owe (wallets,
/// vendors, suspense), debits less credits for what is owed to us (the receivable).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementLine {
    /// What the account is for.
    pub kind: AccountKind,
    /// The vendor or profile; empty where there is only one such account.
    pub name: String,
    /// As people read it: a profile with its provider before it.
    pub display_name: String,
    /// Everything debited.
    pub debits_cents: Cents,
    /// Everything credited.
    pub credits_cents: Cents,
    /// What is left.
    pub balance_cents: Cents,
}

/// What one business reason moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// The reason.
    pub code: Code,
    /// How often.
    pub transfers: i64,
    /// How much.
    pub amount_cents: Cents,
}

/// An event's books at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// By account; all wallets are one line.
    pub accounts: Vec<StatementLine>,
    /// By business reason.
    pub movements: Vec<Movement>,
    /// Everything debited; equal to everything credited.
    pub debits_cents: Cents,
    /// Everything credited.
    pub credits_cents: Cents,
}

/// Adds an event's transfers up, all as of one moment: sales go on meanwhile, and what is debited must be credited.
///
/// # Errors
/// The database's; a sum beyond the range of an amount.
pub async fn statement(
    snapshot: &mut Snapshot,
    event: EventId,
    profiles: &[(ProviderName, ProfileId)],
) -> Result<Statement, Error> {
    let mut lines: BTreeMap<AccountId, StatementLine> = BTreeMap::new();
    // The wallets' sums come under the event's own id.
    open(&mut lines, AccountId(event.0), AccountKind::Wallet, ("", ""));
    for (provider, profile) in profiles {
        let account = Account::Receivable(*provider, profile.clone());
        let called = format!("{} {profile}", provider.title());
        open(&mut lines, account.id(event), AccountKind::Receivable, (&profile.0, &called));
    }
    open(&mut lines, Account::Suspense.id(event), AccountKind::Suspense, ("", ""));
    open(&mut lines, Account::InTransit.id(event), AccountKind::InTransit, ("", ""));
    for (vendor, name) in vendors(snapshot, event).await? {
        open(&mut lines, Account::Vendor(vendor).id(event), AccountKind::Vendor, (&name, &name));
    }
    let range = || Error::Corrupt("sums beyond the range of an amount".to_owned());
    let unknown = || Error::Corrupt("transfers on an account of no known kind".to_owned());
    let mut movements: BTreeMap<Code, Movement> = BTreeMap::new();
    let mut totals = (Cents::ZERO, Cents::ZERO);
    let mut after = Uuid::nil();
    loop {
        let end = store::transfer_behind(snapshot, event, after, ROWS_PER_SUM).await?;
        for sum in store::sums(snapshot, event, (after, end.unwrap_or(Uuid::max()))).await? {
            let amount = sum.amount_cents;
            let debited = lines.get_mut(&sum.debit).ok_or_else(unknown)?;
            debited.debits_cents = debited.debits_cents.plus(amount).ok_or_else(range)?;
            let credited = lines.get_mut(&sum.credit).ok_or_else(unknown)?;
            credited.credits_cents = credited.credits_cents.plus(amount).ok_or_else(range)?;
            totals = (totals.0.plus(amount).ok_or_else(range)?, totals.1.plus(amount).ok_or_else(range)?);
            let code: Code = word(&sum.code)?;
            let movement =
                movements.entry(code).or_insert(Movement { code, transfers: 0, amount_cents: Cents::ZERO });
            movement.transfers += sum.transfers;
            movement.amount_cents = movement.amount_cents.plus(amount).ok_or_else(range)?;
        }
        let Some(end) = end else { break };
        after = end;
    }
    let mut accounts: Vec<StatementLine> = lines.into_values().collect();
    for line in &mut accounts {
        line.balance_cents = match line.kind {
            AccountKind::Receivable => line.debits_cents.minus(line.credits_cents),
            _ => line.credits_cents.minus(line.debits_cents),
        }
        .ok_or_else(range)?;
    }
    accounts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(Statement {
        accounts,
        movements: movements.into_values().collect(),
        debits_cents: totals.0,
        credits_cents: totals.1,
    })
}

fn open(
    lines: &mut BTreeMap<AccountId, StatementLine>,
    id: AccountId,
    kind: AccountKind,
    (name, called): (&str, &str),
) {
    let zero = Cents::ZERO;
    let line = StatementLine {
        kind,
        name: name.to_owned(),
        display_name: called.to_owned(),
        debits_cents: zero,
        credits_cents: zero,
        balance_cents: zero,
    };
    lines.insert(id, line);
}
