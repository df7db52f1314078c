//! The audit: derives every balance again from the transfers and names every broken rule.
//!
//! It shares the posting table with the writer, but none of the running balances: those are what it checks.
//!
//! It reads a few thousand rows at a time and keeps nothing of them, so that an event of any size is audited in bounded
//! memory; and each read ends before the next begins, because on SQLite a reader who stays for minutes keeps the
//! write-ahead log growing. Sales go on between any two reads. What an audit says is right all the same:
//! - What is never changed needs no common moment: a transfer's posting and the chain of a wallet's transfers are the
//!   same whenever they are read. What commits behind the place that was reached is a later audit's.
//! - Facts that belong together are committed together (a charge and its transfer, a settlement and its own), and are
//!   held against each other by one statement, which sees both or neither.
//! - What does change, a wallet's running balance, is compared with transfers read a moment earlier; where they differ,
//!   both are read again in one statement before anybody is told.

mod facts;
pub(super) mod store;

use self::store::{AuditRow, StoredWallet};
use super::posting::{Code, Side};
use super::{Account, AccountKind};
use crate::db::{Error, Store};
use crate::events::Event;
use crate::events::store::vendors;
use crate::ids::{AccountId, EventId};
use crate::money::Cents;
use crate::providers::{ProfileId, ProviderName};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use uuid::Uuid;

/// Rows read at once.
const ROWS_PER_READ: i64 = 5_000;
/// Findings reported per event; books that broken need no longer list.
const FINDINGS_MAX: usize = 1_000;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which event's books.
    pub event: String,
    /// The rule, in words.
    pub rule: String,
    /// What broke it.
    pub subject: String,
}

/// How far an audit is.
#[derive(Clone, Copy, Debug)]
pub struct Audited {
    /// Which table's rows are read now; `transfers` first.
    pub table: &'static str,
    /// How many of them were.
    pub rows: u64,
}

/// Audits one event. `progress` hears how far it is.
///
/// # Errors
/// The database's.
pub async fn audit(
    db: &Store,
    event: &Event,
    profiles: &[(ProviderName, ProfileId)],
    mut progress: impl FnMut(Audited),
) -> Result<Vec<Finding>, Error> {
    let mut kinds = kinds_of(db, event.id, profiles).await?;
    let mut findings = Findings { event: event.slug.to_string(), list: Vec::new() };
    let mut rows = 0;
    let mut after = Uuid::nil();
    let before = tallied(db, event.id).await?;
    let mut walked: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    loop {
        let page = store::transfers_after(&mut *db.read().await?, event.id, after, ROWS_PER_READ).await?;
        let Some(last) = page.last() else { break };
        let window = (after, last.id.0);
        after = last.id.0;
        // Bars are opened while the audit reads: an account that is unknown may be younger than what was read.
        if page.iter().any(|row| names_unknown(row, &kinds)) {
            kinds = kinds_of(db, event.id, profiles).await?;
        }
        page.iter().for_each(|row| check_posting(row, &kinds, &mut findings));
        for row in &page {
            let (count, sum) = walked.entry(row.code.clone()).or_default();
            *count += 1;
            *sum = sum.saturating_add(row.amount_cents.0);
        }
        rows += page.len() as u64;
        check_window(db, event.id, &facts::OF_TRANSFERS, window, &mut findings).await?;
        progress(Audited { table: "transfers", rows });
    }
    check_tallies(&before, &walked, &tallied(db, event.id).await?, &mut findings);
    check_wallets(db, event.id, &mut findings, &mut progress).await?;
    for walk in facts::WALKS {
        check_facts(db, event.id, walk, &mut findings, &mut progress).await?;
    }
    Ok(findings.list)
}

/// What an event's running totals say, by business reason: of the hours, and of the minutes.
async fn tallied(db: &Store, event: EventId) -> Result<[BTreeMap<String, (i64, i64)>; 2], Error> {
    let mut session = db.read().await?;
    let mut totals = [BTreeMap::new(), BTreeMap::new()];
    for (total, seconds) in totals.iter_mut().zip([3_600, 60]) {
        for (code, count, sum) in store::tallied(&mut session, event, seconds).await? {
            total.insert(code, (count, sum));
        }
    }
    Ok(totals)
}

/// Transfers only ever come in addition: what was read of them lies between what the running totals said before and what
/// they say after, and where nothing was sold meanwhile these are one.
fn check_tallies(
    before: &[BTreeMap<String, (i64, i64)>; 2],
    walked: &BTreeMap<String, (i64, i64)>,
    after: &[BTreeMap<String, (i64, i64)>; 2],
    findings: &mut Findings,
) {
    for ((before, after), span) in before.iter().zip(after).zip(["hours", "minutes"]) {
        let codes: BTreeSet<&String> = before.keys().chain(walked.keys()).chain(after.keys()).collect();
        for code in codes {
            let of = |totals: &BTreeMap<String, (i64, i64)>| totals.get(code).copied().unwrap_or_default();
            let (least, read, most) = (of(before), of(walked), of(after));
            let between = |least: i64, read: i64, most: i64| (least..=most).contains(&read);
            if !between(least.0, read.0, most.0) || !between(least.1, read.1, most.1) {
                findings.add("running totals are the sums of the transfers", format!("{code}, {span}"));
            }
        }
    }
}

/// Holds all rows of a table against its rules.
async fn check_facts(
    db: &Store,
    event: EventId,
    walk: &'static facts::Walk,
    findings: &mut Findings,
    progress: &mut impl FnMut(Audited),
) -> Result<(), Error> {
    let (mut after, mut windows) = (Uuid::nil(), 0);
    loop {
        let end = facts::end(&mut *db.read().await?, event, walk, after).await?;
        check_window(db, event, walk, (after, end.unwrap_or(Uuid::max())), findings).await?;
        let Some(end) = end else { return Ok(()) };
        after = end;
        windows += 1;
        progress(Audited { table: walk.table, rows: windows * facts::ROWS_PER_WINDOW.unsigned_abs() });
    }
}

async fn check_window(
    db: &Store,
    event: EventId,
    walk: &facts::Walk,
    window: (Uuid, Uuid),
    findings: &mut Findings,
) -> Result<(), Error> {
    for rule in walk.rules {
        for id in facts::broken(&mut *db.read().await?, event, rule, window).await? {
            findings.add(rule.name, id);
        }
    }
    Ok(())
}

struct Findings {
    event: String,
    list: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, rule: impl Into<String>, subject: impl ToString) {
        if self.list.len() < FINDINGS_MAX {
            let (event, rule, subject) = (self.event.clone(), rule.into(), subject.to_string());
            self.list.push(Finding { event, rule, subject });
        }
    }
}

/// The kind of every account that is not a wallet.
async fn kinds_of(
    db: &Store,
    event: EventId,
    profiles: &[(ProviderName, ProfileId)],
) -> Result<HashMap<AccountId, AccountKind>, Error> {
    let mut accounts = vec![Account::Suspense, Account::InTransit];
    accounts.extend(profiles.iter().map(|(provider, id)| Account::Receivable(*provider, id.clone())));
    let vendors = vendors(&mut *db.read().await?, event).await?;
    accounts.extend(vendors.into_iter().map(|(id, _)| Account::Vendor(id)));
    Ok(accounts.into_iter().map(|account| (account.id(event), account.kind())).collect())
}

/// The kind of an account that a transfer names.
fn kind_of(
    row: &AuditRow,
    account: AccountId,
    kinds: &HashMap<AccountId, AccountKind>,
) -> Option<AccountKind> {
    if row.wallet_id == Some(account.0) { Some(AccountKind::Wallet) } else { kinds.get(&account).copied() }
}

fn names_unknown(row: &AuditRow, kinds: &HashMap<AccountId, AccountKind>) -> bool {
    [row.debit_account, row.credit_account].into_iter().any(|account| kind_of(row, account, kinds).is_none())
}

fn check_posting(row: &AuditRow, kinds: &HashMap<AccountId, AccountKind>, findings: &mut Findings) {
    let Ok(code) = row.code.parse::<Code>() else {
        return findings.add("a transfer's code is in the posting table", row.id);
    };
    if !row.amount_cents.is_positive() {
        findings.add("a transfer's amount is above zero", row.id);
    }
    let kind = |account: AccountId| kind_of(row, account, kinds);
    let (debit, credit) = code.posts();
    if (kind(row.debit_account), kind(row.credit_account)) != (Some(debit), Some(credit)) {
        findings.add(format!("{code} debits {debit} and credits {credit}"), row.id);
    }
    let touches = code.wallet_side().is_some();
    if [row.wallet_id.is_some(), row.wallet_version.is_some(), row.wallet_balance_cents.is_some()]
        != [touches; 3]
    {
        findings.add("a transfer names the wallet it touches, with its version and balance", row.id);
    }
}

/// Walks every wallet's transfers beside the wallets themselves: each step's balance follows from the one before,
/// none is below zero, and the last is the running balance.
async fn check_wallets(
    db: &Store,
    event: EventId,
    findings: &mut Findings,
    progress: &mut impl FnMut(Audited),
) -> Result<(), Error> {
    let mut steps = Steps { event, queue: VecDeque::new(), last: (Uuid::nil(), i64::MIN), ended: false };
    let (mut after, mut rows) = (Uuid::nil(), 0);
    loop {
        let page = store::wallets_after(&mut *db.read().await?, event, after, ROWS_PER_READ).await?;
        let Some(last) = page.last() else { break };
        after = last.id.0;
        for wallet in &page {
            check_wallet(db, &mut steps, wallet, findings).await?;
        }
        rows += page.len() as u64;
        progress(Audited { table: "wallets", rows });
    }
    while let Some(row) = steps.next(db).await? {
        check_exists(db, event, &row, findings).await?;
    }
    Ok(())
}

/// Media are issued while the audit reads: a wallet may have been made after its place was passed.
async fn check_exists(
    db: &Store,
    event: EventId,
    row: &AuditRow,
    findings: &mut Findings,
) -> Result<(), Error> {
    let wallet = row.wallet_id.unwrap_or_default();
    if !store::wallet_exists(&mut *db.read().await?, event, wallet).await? {
        findings.add("a transfer's wallet exists", row.id);
    }
    Ok(())
}

async fn check_wallet(
    db: &Store,
    steps: &mut Steps,
    wallet: &StoredWallet,
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut balance = Cents::ZERO;
    let mut version = 0;
    while let Some(row) = steps.next_up_to(db, wallet.id.0).await? {
        if row.wallet_id != Some(wallet.id.0) {
            check_exists(db, steps.event, &row, findings).await?;
            continue;
        }
        let side = row.code.parse::<Code>().ok().and_then(Code::wallet_side);
        let next = match side {
            Some(Side::Debit) => balance.minus(row.amount_cents),
            _ => balance.plus(row.amount_cents),
        };
        balance = next.unwrap_or(Cents(i64::MIN));
        if balance < Cents::ZERO {
            findings.add("a wallet never holds less than nothing", row.id);
        }
        if row.wallet_balance_cents != Some(balance.0) {
            findings.add("a transfer's balance follows from the one before", row.id);
        }
        let next = row.wallet_version.unwrap_or_default();
        if next <= version {
            findings.add("a wallet's transfers are numbered, each with a number of its own", row.id);
        }
        version = next;
    }
    // Sales go on while the audit reads: the wallet and its transfers may be of two moments.
    if balance != wallet.balance_cents || version > wallet.version {
        let found = store::recount(&mut *db.read().await?, steps.event, wallet.id).await?;
        if found.balance_cents != found.sum_cents {
            findings.add("a wallet's balance is the sum of its transfers", wallet.id);
        }
        if found.version < found.last_version {
            findings.add("a wallet's version is not behind its transfers", wallet.id);
        }
    }
    Ok(())
}

/// All transfers that touch wallets, in order of wallet and version, a page at a time.
struct Steps {
    event: EventId,
    queue: VecDeque<AuditRow>,
    last: (Uuid, i64),
    ended: bool,
}

impl Steps {
    async fn fill(&mut self, db: &Store) -> Result<(), Error> {
        if self.queue.is_empty() && !self.ended {
            let (wallet, version) = self.last;
            let mut session = db.read().await?;
            let page =
                store::wallet_transfers_after(&mut session, self.event, wallet, version, ROWS_PER_READ)
                    .await?;
            match page.last() {
                Some(row) => {
                    self.last = (row.wallet_id.unwrap_or_default(), row.wallet_version.unwrap_or_default());
                }
                None => self.ended = true,
            }
            self.queue.extend(page);
        }
        Ok(())
    }

    async fn next(&mut self, db: &Store) -> Result<Option<AuditRow>, Error> {
        self.fill(db).await?;
        Ok(self.queue.pop_front())
    }

    /// The next step of this wallet or an earlier one; none when the next belongs to a later wallet.
    async fn next_up_to(&mut self, db: &Store, wallet: Uuid) -> Result<Option<AuditRow>, Error> {
        self.fill(db).await?;
        let due = self.queue.front().is_some_and(|row| row.wallet_id.is_some_and(|id| id <= wallet));
        Ok(if due { self.queue.pop_front() } else { None })
    }
}
