//! What moved in each minute and each hour: running totals, so that a page that shows money reads no transfers.
//!
//! Each lane adds to rows of its own in the very batch that writes the transfers, so that they can't differ and no two
//! processes meet in a row. A minute's rows tell business reasons apart, an hour's points of sale as well; everything
//! is a sum over hours, of which a festival has few. The audit holds them against the transfers.

pub mod store;

use super::posting::Code;
use super::{AccountKind, Transfer};
use crate::clock::Timestamp;
use crate::db::{Lane, Rows, Value};
use crate::ids::{EventId, PointOfSaleId};
use crate::money::Cents;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// The shorter span.
pub const MINUTE: Duration = Duration::from_secs(60);
/// The longer one.
pub const HOUR: Duration = Duration::from_secs(3600);

/// What moved for one business reason in one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// When the span begins.
    pub start_at: Timestamp,
    /// Where, in an hour's.
    pub place: Option<PointOfSaleId>,
    /// Why.
    pub code: Code,
    /// How often.
    pub transfers: i64,
    /// How much.
    pub amount: Cents,
}

/// When the span begins that an instant lies in.
#[must_use]
pub fn start_of(span: Duration, at: Timestamp) -> Timestamp {
    let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp(at.0.div_euclid(micros) * micros)
}

/// What tallies leave on all accounts of a kind: credits less debits, the other way round for the receivable.
#[must_use]
pub fn balance<'t>(tallies: impl IntoIterator<Item = &'t Tally>, kind: AccountKind) -> Cents {
    let mut sum = 0_i64;
    for tally in tallies {
        let (debit, credit) = tally.code.posts();
        let amount = tally.amount.0;
        let change = i64::from(credit == kind) - i64::from(debit == kind);
        sum = sum.saturating_add(amount.saturating_mul(change));
    }
    Cents(if kind == AccountKind::Receivable { -sum } else { sum })
}

/// The sum and the number of what was moved for one reason.
#[must_use]
pub fn of_code<'t>(tallies: impl IntoIterator<Item = &'t Tally>, code: Code) -> (i64, Cents) {
    let mine = tallies.into_iter().filter(|tally| tally.code == code);
    mine.fold((0, Cents::ZERO), |(count, sum), tally| {
        (count + tally.transfers, sum.plus(tally.amount).unwrap_or(sum))
    })
}

/// Whose, how long the span is in seconds, when it begins, where, why.
type Key = (EventId, i64, Timestamp, Uuid, Code);

/// What a batch's transfers add, as rows of its lane.
pub(super) fn rows(transfers: &[Transfer], lane: Lane) -> Rows {
    let mut sums: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    for transfer in transfers {
        let place = transfer.place.map_or(Uuid::nil(), |place| place.0);
        for (span, place) in [(MINUTE, Uuid::nil()), (HOUR, place)] {
            let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
            let key = (transfer.event_id, seconds, start_of(span, transfer.at), place, transfer.code);
            let (count, sum) = sums.entry(key).or_default();
            *count += 1;
            *sum = sum.saturating_add(transfer.amount.0);
        }
    }
    let rows = sums.into_iter().map(|((event, seconds, start_at, place, code), (count, sum))| {
        [
            Value::from(event),
            Value::from(seconds),
            Value::from(start_at),
            Value::from(place),
            Value::from(code),
            Value::from(lane.id),
            Value::from(count),
            Value::from(sum),
        ]
    });
    let names = ["event_id", "seconds", "start_at", "place", "code", "lane", "transfers", "amount_cents"];
    Rows::new(names, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_where_it_should_before_1970_as_well() {
        let at: Timestamp = "2026-07-03T18:04:59.999999Z".parse().unwrap();
        assert_eq!(start_of(MINUTE, at), "2026-07-03T18:04:00Z".parse().unwrap());
        assert_eq!(start_of(HOUR, at), "2026-07-03T18:00:00Z".parse().unwrap());
        assert_eq!(start_of(MINUTE, Timestamp(-1)), Timestamp(-60_000_000));
    }

    #[test]
    fn balances_follow_from_the_posting_table() {
        let tally = |code, cents| Tally {
            start_at: Timestamp(0),
            place: None,
            code,
            transfers: 1,
            amount: Cents(cents),
        };
        let tallies = [
            tally(Code::TopUp, 2_000),
            tally(Code::Charge, 700),
            tally(Code::Void, 350),
            tally(Code::Parked, 500),
            tally(Code::ParkedToWallet, 200),
        ];
        let of = |kind| balance(&tallies, kind).0;
        assert_eq!(of(AccountKind::Wallet), 1_850);
        assert_eq!((of(AccountKind::Vendor), of(AccountKind::Suspense)), (350, 300));
        assert_eq!(of(AccountKind::Receivable), 2_500);
        assert_eq!(of_code(&tallies, Code::Charge), (1, Cents(700)));
    }
}
