//! The figures, as a Markdown table that is printed line by line while they are measured.

use crate::load::Outcome;
use crate::watch::Usage;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What is compared with what: figures by name, all of one run.
#[derive(Default)]
pub(crate) struct Report {
    text: String,
    /// Requests a second of the route that does nothing, on the service measured last.
    no_op: f64,
    /// The ledgers of others, each with its clients and its transfers a second: with how many clients it does best.
    ledgers: BTreeMap<String, (usize, f64)>,
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
        self.no_op = outcome.requests() as f64 / outcome.took.as_secs_f64();
        self.workload("no-op route, 64 connections", outcome, Some(usage), 1);
    }

    /// Transfers by somebody else's ledger, straight from `pgbench`.
    pub(crate) fn ledger(&mut self, name: &str, clients: usize, rate: f64) {
        self.sentence(&format!("- pgbench, {name}, {clients} clients: {rate:.0} a second"));
        let best = self.ledgers.entry(name.to_owned()).or_insert((clients, rate));
        if rate > best.1 {
            *best = (clients, rate);
        }
    }

    /// Charges over HTTP, to be held against those ledgers.
    pub(crate) fn charges(&mut self, connections: usize, outcome: &Outcome) {
        self.charges.push((connections, outcome.requests() as f64 / outcome.took.as_secs_f64()));
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

    /// One workload whose requests are `each` things. What was used is unknown where others ran beside it.
    pub(crate) fn workload(&mut self, name: &str, outcome: &Outcome, usage: Option<Usage>, each: u64) {
        let things = (outcome.requests() * each) as f64;
        let rate = things / outcome.took.as_secs_f64();
        let millis = |quantile: f64| outcome.waits.value_at_quantile(quantile) as f64 / 1_000.0;
        let micros = |spent: Duration| spent.as_secs_f64() * 1e6 / (outcome.answered * each) as f64;
        let used = usage.map_or("| – | – | –".to_owned(), |usage| {
            let memory = usage.memory_max as f64 / 1e6;
            format!("| {:.1} | {:.1} | {memory:.0}", micros(usage.service), micros(usage.database))
        });
        let kinds: Vec<String> = match outcome.kinds.len() {
            0 | 1 => Vec::new(),
            _ => outcome.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect(),
        };
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        self.line(&format!(
            "| {name}{kinds} | {rate:.0} | {:.3} | {:.2} | {:.2} | {:.2} {used} |",
            rate / self.no_op,
            millis(0.5),
            millis(0.99),
            millis(0.999),
        ));
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        let _ = writeln!(self.text, "{line}");
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
