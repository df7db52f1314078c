//! Where the time of payments and sales goes: what was measured in the last minutes, as a whole and part by part.
//!
//! A request waits for its batch, which is read and decided, then written and committed; the rest is what else lies between
//! the request for a sale and its answer. These parts lie beside each other, so that one of them is the slowest. Of parts the
//! mean is told: means can be taken from each other, and what 95 of 100 take can't.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often what was measured is kept, and how many of these are: five minutes, to within one.
const KEPT_EVERY: Duration = Duration::from_secs(60);
const KEPT: usize = 5;

/// What the bounds of the histograms of time are called: as measured, and in words.
const BOUNDS: [(&str, &str); 16] = [
    ("0.0001", "0,1 ms"),
    ("0.00025", "0,25 ms"),
    ("0.0005", "0,5 ms"),
    ("0.001", "1 ms"),
    ("0.0025", "2,5 ms"),
    ("0.005", "5 ms"),
    ("0.01", "10 ms"),
    ("0.025", "25 ms"),
    ("0.05", "50 ms"),
    ("0.1", "0,1 s"),
    ("0.25", "0,25 s"),
    ("0.5", "0,5 s"),
    ("1", "1 s"),
    ("5", "5 s"),
    ("30", "30 s"),
    ("+Inf", "more than 30 s"),
];

/// What is shown of it.
#[derive(Debug, Default)]
pub(in crate::web) struct Stages {
    pub(in crate::web) wholes: Vec<Whole>,
    pub(in crate::web) parts: Vec<Part>,
}

/// The way of a payment or a sale from one end to the other.
#[derive(Debug)]
pub(in crate::web) struct Whole {
    /// In words.
    pub(in crate::web) name: &'static str,
    /// 95 of 100 took no longer: `5 ms`.
    pub(in crate::web) within: &'static str,
}

/// A part of the way.
#[derive(Debug)]
pub(in crate::web) struct Part {
    /// In words.
    pub(in crate::web) name: &'static str,
    /// `0,4 ms`
    pub(in crate::web) mean: String,
    /// The slowest of them.
    pub(in crate::web) is_slowest: bool,
}

impl Stages {
    /// The slowest part.
    pub(in crate::web) fn slowest(&self) -> Option<&Part> {
        self.parts.iter().find(|part| part.is_slowest)
    }
}

/// What was measured up to each of the last minutes.
pub(in crate::web) struct Minutes(VecDeque<(Instant, Totals)>);

impl Minutes {
    pub(in crate::web) const fn new() -> Minutes {
        Minutes(VecDeque::new())
    }

    /// Keeps what was measured so far, in Prometheus's text, once a minute.
    pub(in crate::web) fn note(&mut self, now: Instant, text: impl FnOnce() -> String) {
        if self.0.back().is_some_and(|(at, _)| now.saturating_duration_since(*at) < KEPT_EVERY) {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((now, Totals::of(&text())));
    }

    /// What was measured since the oldest of them; all of it while this process is young.
    pub(in crate::web) fn stages(&self, text: &str) -> Stages {
        let oldest = self.0.front().filter(|_| self.0.len() == KEPT);
        let before = oldest.map_or_else(Totals::default, |(_, totals)| *totals);
        Totals::of(text).since(&before).stages()
    }
}

#[derive(Clone, Copy, Default)]
struct Totals {
    settle: Histogram,
    charge: Histogram,
    look_up: Histogram,
    wait: Histogram,
    batch: Histogram,
    commit: Histogram,
}

impl Totals {
    fn of(text: &str) -> Totals {
        let requests = "polsband_http_request_seconds";
        Totals {
            settle: Histogram::of(text, "polsband_settle_seconds", &[]),
            charge: Histogram::of(text, requests, &["route=\"/api/v1/charges\"", "status=\"2xx\""]),
            look_up: Histogram::of(text, requests, &["route=\"/api/v1/media/lookup\"", "status=\"2xx\""]),
            wait: Histogram::of(text, "polsband_lane_wait_seconds", &[]),
            batch: Histogram::of(text, "polsband_lane_batch_seconds", &[]),
            commit: Histogram::of(text, "polsband_lane_commit_seconds", &[]),
        }
    }

    fn since(&self, before: &Totals) -> Totals {
        Totals {
            settle: self.settle.since(&before.settle),
            charge: self.charge.since(&before.charge),
            look_up: self.look_up.since(&before.look_up),
            wait: self.wait.since(&before.wait),
            batch: self.batch.since(&before.batch),
            commit: self.commit.since(&before.commit),
        }
    }

    fn stages(&self) -> Stages {
        let wholes = [
            ("From a verified callback to its commit", self.settle),
            ("A charge, from request to answer", self.charge),
            ("A look-up, from request to answer", self.look_up),
        ];
        let wholes = wholes.into_iter().filter_map(|(name, all)| Some(Whole { name, within: all.within()? }));
        let (wait, batch, commit) = (self.wait.mean(), self.batch.mean(), self.commit.mean());
        let decide = batch.zip(commit).map(|(batch, commit)| batch.saturating_sub(commit));
        let rest = self.charge.mean().map(|charge| {
            let beside = wait.unwrap_or_default().saturating_add(batch.unwrap_or_default());
            charge.saturating_sub(beside)
        });
        let parts = [
            ("Waiting for the batch", wait),
            ("Reading and deciding it", decide),
            ("Writing and committing it", commit),
            ("The rest of a charge", rest),
        ];
        let measured: Vec<_> = parts.into_iter().filter_map(|(name, mean)| Some((name, mean?))).collect();
        let most = measured.iter().map(|(_, mean)| *mean).max();
        let parts = measured.iter().map(|&(name, mean)| Part {
            name,
            mean: in_words(mean),
            is_slowest: measured.len() > 1 && Some(mean) == most,
        });
        Stages { wholes: wholes.collect(), parts: parts.collect() }
    }
}

/// A histogram of seconds.
#[derive(Clone, Copy, Default)]
struct Histogram {
    /// How many took no longer than each of the bounds.
    counts: [u64; BOUNDS.len()],
    sum: Duration,
}

impl Histogram {
    /// Of all the series of this name that bear these labels.
    fn of(text: &str, name: &str, labels: &[&str]) -> Histogram {
        let mut found = Histogram::default();
        for line in text.lines() {
            let Some((series, value)) = line.strip_prefix(name).and_then(|rest| rest.rsplit_once(' ')) else {
                continue;
            };
            if !labels.iter().all(|label| series.contains(label)) {
                continue;
            }
            if series.starts_with("_sum") {
                let seconds =
                    value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                found.sum = found.sum.saturating_add(seconds.unwrap_or_default());
            } else if series.starts_with("_bucket") {
                let bound = series.split_once("le=\"").and_then(|(_, rest)| rest.split('"').next());
                if let Some(at) = BOUNDS.iter().position(|(known, _)| Some(*known) == bound) {
                    found.counts[at] += value.parse::<u64>().unwrap_or_default();
                }
            }
        }
        found
    }

    fn since(&self, before: &Histogram) -> Histogram {
        let mut left = Histogram { counts: self.counts, sum: self.sum.saturating_sub(before.sum) };
        for (count, earlier) in left.counts.iter_mut().zip(before.counts) {
            *count = count.saturating_sub(earlier);
        }
        left
    }

    fn count(&self) -> u64 {
        self.counts[BOUNDS.len() - 1]
    }

    fn mean(&self) -> Option<Duration> {
        let nanoseconds = self.sum.as_nanos().checked_div(u128::from(self.count()))?;
        Some(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX)))
    }

    /// What 95 of 100 took no longer than.
    fn within(&self) -> Option<&'static str> {
        let all = self.count();
        let at = self.counts.iter().position(|count| all > 0 && count * 100 >= all * 95)?;
        Some(BOUNDS[at].1)
    }
}

/// To a tenth.
fn in_words(mean: Duration) -> String {
    let (tenths, unit) = match mean.as_secs() {
        0 => ((mean.as_micros() + 50) / 100, "ms"),
        _ => ((mean.as_millis() + 50) / 100, "s"),
    };
    format!("{},{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::metrics::SECONDS;

    /// So many of each, which took so many seconds in all.
    fn measured(count: u64, [wait, batch, commit, charge]: [f64; 4]) -> String {
        let of = |name: &str, labels: &str, sum: f64| {
            let labelled = if labels.is_empty() { String::new() } else { format!("{labels},") };
            format!(
                "{name}_bucket{{{labelled}le=\"0.005\"}} {count}\n{name}_bucket{{{labelled}le=\"+Inf\"}} {count}\n\
                 {name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}\n"
            )
        };
        let charges = "route=\"/api/v1/charges\",status=\"2xx\"";
        [
            of("polsband_lane_wait_seconds", "", wait),
            of("polsband_lane_batch_seconds", "", batch),
            of("polsband_lane_commit_seconds", "", commit),
            of("polsband_http_request_seconds", charges, charge),
            of("polsband_http_request_seconds", "route=\"/api/v1/charges\",status=\"5xx\"", 99.0),
        ]
        .concat()
    }

    fn parts(stages: &Stages) -> Vec<(&str, bool)> {
        stages.parts.iter().map(|part| (part.mean.as_str(), part.is_slowest)).collect()
    }

    #[test]
    fn parts_lie_beside_each_other_and_one_of_them_is_the_slowest() {
        let stages = Minutes::new().stages(&measured(10, [0.01, 0.07, 0.03, 0.1]));
        assert_eq!(
            parts(&stages),
            [("1,0 ms", false), ("4,0 ms", true), ("3,0 ms", false), ("2,0 ms", false)]
        );
        let wholes: Vec<_> = stages.wholes.iter().map(|whole| (whole.name, whole.within)).collect();
        assert_eq!(wholes, [("A charge, from request to answer", "5 ms")]);
        let nothing = Minutes::new().stages("");
        assert!(nothing.wholes.is_empty() && nothing.parts.is_empty());
    }

    #[test]
    fn what_was_slow_earlier_is_forgotten_after_five_minutes() {
        let (mut minutes, start) = (Minutes::new(), Instant::now());
        let slow = measured(10, [9.0, 0.07, 0.03, 9.1]);
        for minute in 0..5 {
            minutes.note(start + KEPT_EVERY * minute, || slow.clone());
            minutes
                .note(start + KEPT_EVERY * minute + Duration::from_secs(5), || unreachable!("once a minute"));
        }
        assert!(minutes.stages(&slow).parts.is_empty(), "nothing was measured since");
        let later = measured(20, [9.01, 0.09, 0.04, 9.2]);
        let expected = [("1,0 ms", false), ("1,0 ms", false), ("1,0 ms", false), ("7,0 ms", true)];
        assert_eq!(parts(&minutes.stages(&later)), expected);
    }

    #[test]
    fn of_100_it_is_known_within_what_time_95_are() {
        let text = "polsband_settle_seconds_bucket{provider=\"bancontact\",le=\"0.001\"} 94\n\
             polsband_settle_seconds_bucket{provider=\"bancontact\",le=\"0.0025\"} 95\n\
             polsband_settle_seconds_bucket{provider=\"bancontact\",le=\"+Inf\"} 100\n";
        assert_eq!(Minutes::new().stages(text).wholes[0].within, "2,5 ms");
        let named = SECONDS.iter().zip(BOUNDS).all(|(bound, (known, _))| bound.to_string() == known);
        assert!(named, "bounds and their names go together");
    }
}
