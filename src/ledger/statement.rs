//! The statement of an event: its accounts and what moved on them, added up from the transfers.

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

/// An account's totals. Its balance is what stands to its favour: credits less debits for what we owe (wallets,
/// vendors, suspense), debits less credits for what is owed to us (the receivable).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementLine {
    /// What the account is for.
    pub kind: AccountKind,
    /// The vendor or profile; empty where there is only one such account.
    pub name: String,
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
    open(&mut lines, AccountId(event.0), AccountKind::Wallet, "");
    for (provider, profile) in profiles {
        let account = Account::Receivable(*provider, profile.clone());
        open(&mut lines, account.id(event), AccountKind::Receivable, &profile.0);
    }
    open(&mut lines, Account::Suspense.id(event), AccountKind::Suspense, "");
    open(&mut lines, Account::InTransit.id(event), AccountKind::InTransit, "");
    for (vendor, name) in vendors(snapshot, event).await? {
        open(&mut lines, Account::Vendor(vendor).id(event), AccountKind::Vendor, &name);
    }
    let range = || Error::Corrupt("sums beyond the range of an amount".to_owned());
    let unknown = || Error::Corrupt("transfers on an account of no known kind".to_owned());
    let mut movements: BTreeMap<Code, Movement> = BTreeMap::new();
    let mut totals = (Cents::ZERO, Cents::ZERO);
    for sum in store::debits(snapshot, event).await? {
        let line = lines.get_mut(&sum.account).ok_or_else(unknown)?;
        line.debits_cents = line.debits_cents.plus(sum.amount_cents).ok_or_else(range)?;
        totals.0 = totals.0.plus(sum.amount_cents).ok_or_else(range)?;
        let code: Code = word(&sum.code)?;
        let movement =
            movements.entry(code).or_insert(Movement { code, transfers: 0, amount_cents: Cents::ZERO });
        movement.transfers += sum.transfers;
        movement.amount_cents = movement.amount_cents.plus(sum.amount_cents).ok_or_else(range)?;
    }
    for sum in store::credits(snapshot, event).await? {
        let line = lines.get_mut(&sum.account).ok_or_else(unknown)?;
        line.credits_cents = line.credits_cents.plus(sum.amount_cents).ok_or_else(range)?;
        totals.1 = totals.1.plus(sum.amount_cents).ok_or_else(range)?;
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

fn open(lines: &mut BTreeMap<AccountId, StatementLine>, id: AccountId, kind: AccountKind, name: &str) {
    let zero = Cents::ZERO;
    let line = StatementLine {
        kind,
        name: name.to_owned(),
        debits_cents: zero,
        credits_cents: zero,
        balance_cents: zero,
    };
    lines.insert(id, line);
}
