//! What happened minute by minute, as a picture the server draws.

use crate::clock::Timestamp;
use crate::ledger::Code;
use crate::ledger::tallies::{MINUTE, Tally};
use crate::money::Cents;
use std::time::Duration;

/// Minutes drawn.
pub(super) const MINUTES: usize = 60;
/// Width of a minute and height of the picture, in the picture's own units.
const STEP: usize = 6;
const HEIGHT: i64 = 72;

/// A picture with its words.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// Says what the picture shows, for whoever doesn't see it.
    pub(super) caption: String,
    pub(super) width: usize,
    pub(super) height: i64,
    pub(super) bars: Vec<Bar>,
}

/// A minute in which something happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: i64,
    pub(super) width: usize,
    pub(super) height: i64,
}

/// The start of the first minute drawn at this moment.
pub(super) fn first_minute(now: Timestamp) -> Timestamp {
    let minutes = u32::try_from(MINUTES - 1).unwrap_or(0);
    crate::ledger::tallies::start_of(MINUTE, now).before(MINUTE * minutes)
}

impl Chart {
    /// Of what happened for one reason since [`first_minute`].
    pub(super) fn of(title: &'static str, code: Code, now: Timestamp, tallies: &[Tally]) -> Chart {
        let (first, mut counts) = (first_minute(now), [0_i64; MINUTES]);
        let mut sum = Cents::ZERO;
        for tally in tallies.iter().filter(|tally| tally.code == code && tally.start_at >= first) {
            let minute = tally.start_at.since(first).as_secs() / MINUTE.as_secs();
            if let Some(count) = usize::try_from(minute).ok().and_then(|at| counts.get_mut(at)) {
                *count += tally.transfers;
                sum = sum.plus(tally.amount).unwrap_or(sum);
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let (all, last) = (counts.iter().sum::<i64>(), counts[MINUTES - 1]);
        let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| {
            let height = (count * HEIGHT / most.max(1)).max(1);
            Bar { x: at * STEP, y: HEIGHT - height, width: STEP - 1, height }
        });
        Chart {
            title,
            caption: format!("{last} this minute, {most} at most; in the last hour {all} of {sum}"),
            width: MINUTES * STEP,
            height: HEIGHT,
            bars: bars.collect(),
        }
    }
}

/// Of these tallies, how often something happened for one reason in the last while.
pub(super) fn lately(tallies: &[Tally], code: Code, now: Timestamp, while_: Duration) -> i64 {
    let since = now.before(while_);
    let mine = tallies.iter().filter(|tally| tally.code == code && tally.start_at >= since);
    mine.map(|tally| tally.transfers).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_has_its_place_and_the_busiest_fills_the_picture() {
        let now: Timestamp = "2026-07-03T20:30:40Z".parse().unwrap();
        let tally = |start: &str, transfers| Tally {
            start_at: start.parse().unwrap(),
            place: None,
            code: Code::Charge,
            transfers,
            amount: Cents(100 * transfers),
        };
        let tallies = [
            tally("2026-07-03T19:30:00Z", 99),
            tally("2026-07-03T19:31:00Z", 1),
            tally("2026-07-03T20:29:00Z", 144),
            tally("2026-07-03T20:30:00Z", 36),
        ];
        let chart = Chart::of("Charges", Code::Charge, now, &tallies);
        assert_eq!(chart.caption, "36 this minute, 144 at most; in the last hour 181 of € 181,00");
        let places: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        assert_eq!(places, [(0, 71, 1), (58 * 6, 0, 72), (59 * 6, 54, 18)]);
        assert_eq!(lately(&tallies, Code::Charge, now, Duration::from_secs(600)), 180);
        assert!(Chart::of("Top-ups", Code::TopUp, now, &tallies).bars.is_empty());
    }
}
