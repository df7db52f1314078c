//! What to do about a page of the provider's list, given what is known here: a pure function.

use crate::ids::EventId;
use crate::payments::PaymentKey;
use crate::payments::gone::reserved_later;
use crate::payments::record::Record;
use crate::payments::verdict::{self, Verdict};
use crate::providers::{ListPage, PaymentId, PaymentReport, UnreadableRow, Verified};
use std::collections::{HashMap, HashSet};

/// What the pages of a slice have shown so far, in one reading or several: the names only, because a busy slice has
/// ten thousand payments.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) ids: HashSet<PaymentId>,
    unreadable: HashSet<(Option<PaymentId>, String)>,
}

impl Seen {
    /// How many rows there were, each counted once.
    pub(super) fn rows(&self) -> u64 {
        (self.ids.len() + self.unreadable.len()) as u64
    }
}

/// What is known of the payments of a page, by the keys that they are looked for by.
pub(super) struct Ours(HashMap<PaymentKey, Record>);

impl Ours {
    /// As they were found.
    pub(super) fn new(records: Vec<Record>) -> Ours {
        Ours(records.into_iter().map(|record| (record.there.clone(), record)).collect())
    }

    /// What is known of a reported payment.
    pub(super) fn of(&self, report: &PaymentReport) -> Option<&Record> {
        self.0.get(&PaymentKey::there(report))
    }
}

/// A row that says more than is known.
#[derive(Debug)]
pub(super) struct News {
    pub(super) report: Verified<PaymentReport>,
    /// The payment is seen for the first time in this slice, and not counted before.
    pub(super) is_first: bool,
    /// Of what went back of it, a person was told before.
    pub(super) is_told: bool,
}

/// What a page asks for.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// Payments seen for the first time in this slice.
    pub(super) listed: i64,
    /// Of these, known here before and unchanged, and not counted before.
    pub(super) already_known: i64,
    /// The same, and another event's.
    pub(super) of_other_events: i64,
    /// To be settled.
    pub(super) settle: Vec<News>,
    /// To be raised.
    pub(super) raise: Vec<UnreadableRow>,
}

/// Sorts a page. New payments shift rows from page to page while it is read, so a payment may come again, and may
/// say more by then. What this run of an event has `counted` before is only listed.
pub(super) fn compare(
    page: ListPage,
    ours: &Ours,
    (event, counted): (EventId, &HashSet<PaymentKey>),
    seen: &mut Seen,
) -> Actions {
    let mut actions = Actions::default();
    for report in page.reports {
        let is_first = seen.ids.insert(report.get().payment_id.clone());
        actions.listed += i64::from(is_first);
        let key = PaymentKey::of(report.get());
        let known = ours.of(report.get());
        let is_first = is_first && !counted.contains(&key);
        let is_reserved = known.and_then(|known| reserved_later(known, report.get())).is_some();
        match verdict::without_book(known, report.get()).filter(|_| !is_reserved) {
            Some(Verdict::AlreadyKnown) if known.is_some_and(|known| known.event_id != event) => {
                actions.of_other_events += i64::from(is_first);
            }
            Some(Verdict::AlreadyKnown) => actions.already_known += i64::from(is_first),
            _ => actions.settle.push(News { report, is_first, is_told: false }),
        }
    }
    for row in page.unreadable {
        if seen.unreadable.insert((row.payment_id.clone(), row.why.clone())) {
            actions.raise.push(row);
        }
    }
    actions
}
