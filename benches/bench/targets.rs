//! What the service is to reach on two cores that it shares with the load generator, and what a run reached of it.
//!
//! The figures were set on a machine whose route that does nothing answered 150,000 times a second. Another machine is
//! faster or slower, and the same one from hour to hour: rates and times are held against the target as it was set and as
//! it is for a machine with the no-op route of this run. Ratios and memory are held against theirs as they are.

use crate::service::Engine;
use std::collections::BTreeMap;

/// Requests a second of the route that does nothing, where the targets were set.
const NO_OP_THEN: f64 = 150_000.0;

/// What one run reached: of the machine and of others' ledgers once, of the service on the engine measured last.
#[derive(Default)]
pub(crate) struct Reached {
    /// The median of a durable append.
    pub(crate) append_millis: Option<f64>,
    /// Transfers a second of the best ledger that others publish.
    pub(crate) others_best: Option<f64>,
    pub(crate) issued_seconds: Option<f64>,
    /// Requests a second of the route that does nothing.
    pub(crate) no_op: f64,
    pub(crate) workloads: BTreeMap<String, Workload>,
}

/// What one workload reached.
pub(crate) struct Workload {
    pub(crate) per_second: f64,
    pub(crate) median_millis: f64,
    pub(crate) p99_millis: f64,
    /// The most memory the service ever had; unknown where others ran beside it.
    pub(crate) megabytes: Option<f64>,
}

/// What is to reach a target: of the workload of that name, but for the last two.
#[derive(Clone, Copy)]
enum Figure {
    PerSecond(&'static str),
    MedianMillis(&'static str),
    P99Millis(&'static str),
    /// Its rate as a part of the no-op route's.
    ToNoOp(&'static str),
    /// Its rate as a multiple of the best ledger's that others publish.
    ToOthers(&'static str),
    IssuedSeconds,
    /// The most memory under all workloads.
    Megabytes,
}

struct Target {
    what: &'static str,
    figure: Figure,
    sqlite: f64,
    postgres: f64,
    /// The reason, as far as it is known, where a machine like this one should have reached it.
    why_not: &'static str,
}

const ONE: &str = "charges, 1 connections";
const MANY: &str = "charges, 64 connections";
const CROWD: &str = "charges, 256 connections";

const SMALL_BATCHES: &str = "with 64 callers a batch holds about 32 charges, and each costs more than twice the processor time \
                             of one in a full batch";
const UNKNOWN: &str = "not looked into";

const TARGETS: [Target; 10] = [
    target("charges, 64 connections", Figure::PerSecond(MANY), [10_000.0, 14_000.0], SMALL_BATCHES),
    target("their p99", Figure::P99Millis(MANY), [20.0, 15.0], SMALL_BATCHES),
    target(
        "charges, 256 connections",
        Figure::PerSecond(CROWD),
        [15_000.0, 22_000.0],
        "the load generator has its part of both cores",
    ),
    target(
        "one terminal, one charge at a time, p50",
        Figure::MedianMillis(ONE),
        [1.0, 1.5],
        "alone, a charge pays for each way between threads or to the database, and for a commit of its own",
    ),
    target("charges, 64 connections ÷ no-op route", Figure::ToNoOp(MANY), [0.065, 0.09], SMALL_BATCHES),
    target(
        "charges, 64 connections ÷ the best published ledger",
        Figure::ToOthers(MANY),
        [3.5, 5.0],
        SMALL_BATCHES,
    ),
    target(
        "balance look-ups, 64 connections ÷ no-op route",
        Figure::ToNoOp("balance look-ups, 64 connections"),
        [0.15, 0.10],
        UNKNOWN,
    ),
    target(
        "callbacks, fresh signatures, settled durably",
        Figure::PerSecond("callbacks, 64 connections"),
        [5_000.0, 5_000.0],
        "a settlement writes five tables",
    ),
    target("issue 100,000 media", Figure::IssuedSeconds, [5.0, 8.0], UNKNOWN),
    target(
        "memory of the service under this load",
        Figure::Megabytes,
        [300.0, 300.0],
        "SQLite keeps pages of the file in memory",
    ),
];

const fn target(
    what: &'static str,
    figure: Figure,
    [sqlite, postgres]: [f64; 2],
    why_not: &'static str,
) -> Target {
    Target { what, figure, sqlite, postgres, why_not }
}

impl Reached {
    /// The table of targets on an engine, line by line.
    pub(crate) fn beside_targets(&self, engine: Engine) -> Vec<String> {
        let part = self.no_op / NO_OP_THEN;
        let head = format!(
            "\nTargets were set with a no-op route of 150,000 a second; this machine's is {part:.2} of that, and rates and \
             times are scaled by it. The floor of a rate is the no-op route, that of one charge a durable append.\n"
        );
        let mut lines = vec![
            head,
            "| target | as set | scaled | reached | ÷ floor | the set one | the scaled one | why not |"
                .to_owned(),
            "|---|---|---|---|---|---|---|---|".to_owned(),
        ];
        lines.extend(TARGETS.iter().map(|target| self.line(target, engine, part)));
        lines
    }

    fn line(&self, target: &Target, engine: Engine, part: f64) -> String {
        let Target { what, figure, sqlite, postgres, why_not } = *target;
        let set = match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        let scaled = figure.scaled(set, part);
        let none = || "–".to_owned();
        let bound = |value| format!("{} {}", if figure.is_floor() { "≥" } else { "≤" }, figure.says(value));
        let bounds = format!("{} | {}", bound(set), scaled.map_or_else(none, bound));
        let Some(reached) = self.figure(figure) else {
            return format!("| {what} | {bounds} | not measured | – | – | – | |");
        };
        let missed_by =
            |bound: f64| if figure.is_floor() { 1.0 - reached / bound } else { reached / bound - 1.0 };
        let verdict = |bound: f64| match missed_by(bound) {
            missed if missed > 0.0 => format!("missed by {:.0}%", missed * 100.0),
            _ => "reached".to_owned(),
        };
        let why = match (missed_by(set) > 0.0, scaled.is_some_and(|bound| missed_by(bound) <= 0.0)) {
            (false, _) => "",
            (true, true) => "this machine, by its no-op route",
            (true, false) => why_not,
        };
        format!(
            "| {what} | {bounds} | {} | {} | {} | {} | {why} |",
            figure.says(reached),
            self.to_floor(figure, reached).unwrap_or_else(none),
            verdict(set),
            scaled.map_or_else(none, verdict),
        )
    }

    fn figure(&self, figure: Figure) -> Option<f64> {
        let of = |name: &str| self.workloads.get(name);
        match figure {
            Figure::PerSecond(name) => Some(of(name)?.per_second),
            Figure::MedianMillis(name) => Some(of(name)?.median_millis),
            Figure::P99Millis(name) => Some(of(name)?.p99_millis),
            Figure::ToNoOp(name) => Some(of(name)?.per_second / self.no_op),
            Figure::ToOthers(name) => Some(of(name)?.per_second / self.others_best?),
            Figure::IssuedSeconds => self.issued_seconds,
            Figure::Megabytes => self.workloads.values().filter_map(|of| of.megabytes).reduce(f64::max),
        }
    }

    fn to_floor(&self, figure: Figure, reached: f64) -> Option<String> {
        match figure {
            Figure::PerSecond(_) => Some(format!("{:.3}", reached / self.no_op)),
            Figure::MedianMillis(_) => Some(format!("{:.1}", reached / self.append_millis?)),
            _ => None,
        }
    }
}

impl Figure {
    /// True where more is better.
    fn is_floor(self) -> bool {
        matches!(self, Figure::PerSecond(_) | Figure::ToNoOp(_) | Figure::ToOthers(_))
    }

    /// The target for a machine with that part of the speed.
    fn scaled(self, set: f64, part: f64) -> Option<f64> {
        match self {
            Figure::PerSecond(_) => Some(set * part),
            Figure::MedianMillis(_) | Figure::P99Millis(_) | Figure::IssuedSeconds => Some(set / part),
            Figure::ToNoOp(_) | Figure::ToOthers(_) | Figure::Megabytes => None,
        }
    }

    fn says(self, value: f64) -> String {
        match self {
            Figure::PerSecond(_) => format!("{value:.0}/s"),
            Figure::MedianMillis(_) | Figure::P99Millis(_) => format!("{value:.2} ms"),
            Figure::ToNoOp(_) => format!("{value:.3}"),
            Figure::ToOthers(_) => format!("{value:.2}"),
            Figure::IssuedSeconds => format!("{value:.1} s"),
            Figure::Megabytes => format!("{value:.0} MB"),
        }
    }
}
