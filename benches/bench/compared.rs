//! A table of the same workloads on two festivals, a small one and one that has grown, in turns with the route that does
//! nothing.

use crate::console::Person;
use crate::load::{Caller, Outcome, Span};
use crate::report::Report;
use crate::service::Service;
use crate::turns::{in_turns, median, ratio, together};
use crate::watch::Usage;
use crate::{measured, workloads};
use std::time::Duration;

/// The workloads of a table.
#[derive(Clone, Copy)]
enum Workload {
    OneTill,
    Tills,
    Lookers,
    Callbacks,
    Readers,
}

/// One turn of one festival.
type Turn = (Outcome, Usage);

impl Workload {
    const ALL: [Workload; 5] =
        [Workload::OneTill, Workload::Tills, Workload::Lookers, Workload::Callbacks, Workload::Readers];

    fn name(self) -> &'static str {
        match self {
            Workload::OneTill => "charges, 1 connection",
            Workload::Tills => "charges, 64 connections",
            Workload::Lookers => "balance look-ups, 64 connections",
            Workload::Callbacks => "callbacks, 64 connections",
            Workload::Readers => "console lists, 8 connections",
        }
    }

    fn makes_transfers(self) -> bool {
        matches!(self, Workload::OneTill | Workload::Tills | Workload::Callbacks)
    }

    fn callers(self, festival: Festival<'_>, turn: Span) -> anyhow::Result<Vec<Box<dyn Caller>>> {
        let (service, person) = festival;
        Ok(match self {
            Workload::OneTill => workloads::tills(service, 1, false),
            Workload::Tills => workloads::tills(service, 64, false),
            Workload::Lookers => workloads::lookers(service, 64),
            Workload::Callbacks => {
                let payments = usize::try_from((turn.warm_up + turn.measured).as_millis())? * 12;
                workloads::callbacks(service, payments, 64)
            }
            Workload::Readers => person.readers(8),
        })
    }
}

/// A service, and whoever reads its console.
type Festival<'a> = (&'a Service, &'a Person);

/// The small festival, and how many transfers measuring made so far on the other one.
pub(crate) struct Compared {
    small: Service,
    small_person: Person,
    grown_person: Person,
    pub(crate) made: u64,
}

impl Compared {
    pub(crate) fn new(small: Service, grown: &Service, report: &mut Report) -> anyhow::Result<Compared> {
        report.sentence(
            "| in the books | workload | per second | ÷ the small one | ÷ no-op | p50 ms | p99 ms | ÷ the small one | \
             p99.9 ms | service µs each | database µs each |",
        );
        report.sentence("|---|---|---|---|---|---|---|---|---|---|---|");
        let (small_person, grown_person) = (Person::signs_in(&small)?, Person::signs_in(grown)?);
        Ok(Compared { small, small_person, grown_person, made: 0 })
    }

    /// Two lines for each workload: the small festival's and the grown one's.
    pub(crate) fn measure(
        &mut self,
        report: &mut Report,
        grown: &Service,
        (size, span): (&str, Span),
    ) -> anyhow::Result<()> {
        for workload in Workload::ALL {
            let [nothing, small, large]: [Vec<Turn>; 3] = in_turns(span.measured, |which, turn| {
                let festival = match which {
                    // It is fast: a quarter of a turn holds answers enough.
                    0 => {
                        let turn = Span { measured: turn.measured / 4, ..turn };
                        return measured(grown, turn, workloads::nothing(64));
                    }
                    1 => (&self.small, &self.small_person),
                    _ => (grown, &self.grown_person),
                };
                measured(festival.0, turn, workload.callers(festival, turn)?)
            })?;
            if workload.makes_transfers() {
                self.made += together(large.iter().map(|(outcome, _)| outcome)).answered;
            }
            for (name, turns) in [("the small one", &small), (size, &large)] {
                let figures = line(turns, &small, &nothing);
                report.sentence(&format!("| {name} | {} | {figures} |", workload.name()));
            }
        }
        Ok(())
    }

    /// Ends the small one; its audit.
    pub(crate) fn close(self) -> anyhow::Result<String> {
        self.small.close()
    }
}

/// The figures of a line: medians of the turns, and p99.9 of all of them together.
fn line(turns: &[Turn], small: &[Turn], nothing: &[Turn]) -> String {
    let rate = |turn: &Turn| turn.0.per_second();
    let p99 = |turn: &Turn| turn.0.millis(0.99);
    let micros = |spent: fn(&Usage) -> Duration| {
        median(turns, |(outcome, usage)| spent(usage).as_secs_f64() * 1e6 / outcome.answered as f64)
    };
    format!(
        "{:.0} | {:.2} | {:.3} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1}",
        median(turns, rate),
        ratio(turns, small, rate),
        ratio(turns, nothing, rate),
        median(turns, |turn| turn.0.millis(0.5)),
        median(turns, p99),
        ratio(turns, small, p99),
        together(turns.iter().map(|(outcome, _)| outcome)).millis(0.999),
        micros(|usage| usage.service),
        micros(|usage| usage.database),
    )
}

/// `1,000,000`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
