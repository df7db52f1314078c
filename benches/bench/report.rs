//! The figures, as a Markdown table that is printed line by line while they are measured.

use crate::floors::Ledger;
use crate::load::Outcome;
use crate::service::Engine;
use crate::targets::{Reached, Workload};
use crate::watch::Usage;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What is compared with what: figures by name, all of one run.
#[derive(Default)]
pub(crate) struct Report {
    text: String,
    reached: Reached,
    /// Ledgers other than ours, each with its clients and its transfers a second: with how many clients it does best.
    ledgers: BTreeMap<&'static str, (usize, f64)>,
    /// Charges a second of the service measured last, by connections.
    charges: Vec<(usize, f64)>,
}

impl Report {
    pub(crate) fn heading(&mut self, title: &str) {
        self.line(&format!("\n### {title}\n"));
    }

    pub(crate) fn sentence(&mut self, text: &str) {
        self.line(text);
    }

    pub(crate) fn head_of_table(&mut self) {
        self.line(
            "| workload | per second | ÷ no-op | p50 ms | p99 ms | p99.9 ms | service µs each | database µs each | \
             memory MB |",
        );
        self.line("|---|---|---|---|---|---|---|---|---|");
    }

    /// The route that does nothing: what the others are compared with from here on.
    pub(crate) fn no_op(&mut self, outcome: &Outcome, usage: Usage) {
        self.reached.no_op = outcome.per_second();
        self.reached.workloads.clear();
        self.workload("no-op route, 64 connections", outcome, Some(usage), 1);
    }

    /// Appends of a page that the disk has, a second, and how long they took.
    pub(crate) fn appends(&mut self, rate: f64, median_millis: f64, p99_millis: f64) {
        self.reached.append_millis = Some(median_millis);
        self.sentence(&format!(
            "- durable appends of 4 KiB: {rate:.0} a second, p50 {median_millis:.2} ms, p99 {p99_millis:.2} ms"
        ));
    }

    /// Transfers by another ledger, straight from `pgbench`, some of whose clients an error ended.
    pub(crate) fn ledger(&mut self, ledger: &Ledger, clients: usize, rate: f64, ended: usize) {
        let ended = if ended == 0 { String::new() } else { format!(" ({ended} ended by an error)") };
        let name = ledger.name;
        self.sentence(&format!("- pgbench, {name}, {clients} clients{ended}: {rate:.0} a second"));
        let best = self.ledgers.entry(name).or_insert((clients, rate));
        if rate > best.1 {
            *best = (clients, rate);
        }
        if ledger.is_others {
            self.reached.others_best = Some(self.reached.others_best.unwrap_or_default().max(rate));
        }
    }

    /// How long 100,000 media took.
    pub(crate) fn issued(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.reached.issued_seconds = Some(seconds);
        self.sentence(&format!("- issue 100,000 media: {seconds:.1} s\n"));
    }

    /// Charges over HTTP, to be held against those ledgers.
    pub(crate) fn charges(&mut self, connections: usize, outcome: &Outcome) {
        self.charges.push((connections, outcome.per_second()));
    }

    /// Says how charges of the service measured last compare with the best of each of those ledgers of this run.
    pub(crate) fn beside_ledgers(&mut self) {
        let charges = std::mem::take(&mut self.charges);
        for (name, (clients, best)) in self.ledgers.clone() {
            self.line("");
            for (connections, rate) in &charges {
                let ratio = rate / best;
                self.sentence(&format!(
                    "- charges over HTTP, {connections} connections ÷ {name} with {clients} clients: {ratio:.2}"
                ));
            }
        }
    }

    /// Says what the service measured last reached of the targets.
    pub(crate) fn beside_targets(&mut self, engine: Engine) {
        for line in self.reached.beside_targets(engine) {
            self.line(&line);
        }
    }

    /// One workload whose requests are `each` things. What was used is unknown where others ran beside it.
    pub(crate) fn workload(&mut self, name: &str, outcome: &Outcome, usage: Option<Usage>, each: u64) {
        let things = (outcome.requests() * each) as f64;
        let rate = things / outcome.took.as_secs_f64();
        let micros = |spent: Duration| spent.as_secs_f64() * 1e6 / (outcome.answered * each) as f64;
        let used = usage.map_or("| – | – | –".to_owned(), |usage| {
            let memory = usage.memory_max as f64 / 1e6;
            format!("| {:.1} | {:.1} | {memory:.0}", micros(usage.service), micros(usage.database))
        });
        let reached = Workload {
            per_second: rate,
            median_millis: outcome.millis(0.5),
            p99_millis: outcome.millis(0.99),
            megabytes: usage.map(|usage| usage.memory_max as f64 / 1e6),
        };
        let kinds: Vec<String> = match outcome.kinds.len() {
            0 | 1 => Vec::new(),
            _ => outcome.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect(),
        };
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        self.line(&format!(
            "| {name}{kinds} | {rate:.0} | {:.3} | {:.2} | {:.2} | {:.2} {used} |",
            rate / self.reached.no_op,
            reached.median_millis,
            reached.p99_millis,
            outcome.millis(0.999),
        ));
        self.reached.workloads.insert(name.to_owned(), reached);
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        let _ = writeln!(self.text, "{line}");
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
