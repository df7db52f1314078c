//! A table of the same workloads on two festivals, a small one and one that has grown, measured in turns.
//!
//! A shared machine may be half as fast a minute later. In turns of a few seconds both meet the same of it.

use crate::load::{Caller, Outcome, Span};
use crate::report::Report;
use crate::service::Service;
use crate::{measured, workloads};
use std::time::Duration;

/// How often each of the two is measured for one line.
const TURNS: u32 = 5;
/// Connections, and the requests, begin again with each turn.
const WARM_UP: Duration = Duration::from_millis(500);

/// The workloads of a table.
#[derive(Clone, Copy)]
enum Workload {
    OneTill,
    Tills,
    Lookers,
    Callbacks,
}

impl Workload {
    fn name(self) -> &'static str {
        match self {
            Workload::OneTill => "charges, 1 connection",
            Workload::Tills => "charges, 64 connections",
            Workload::Lookers => "balance look-ups, 64 connections",
            Workload::Callbacks => "callbacks, 64 connections",
        }
    }

    fn is_charging(self) -> bool {
        matches!(self, Workload::OneTill | Workload::Tills)
    }

    fn callers(self, service: &Service, turn: Span) -> anyhow::Result<Vec<Box<dyn Caller>>> {
        Ok(match self {
            Workload::OneTill => workloads::tills(service, 1, false),
            Workload::Tills => workloads::tills(service, 64, false),
            Workload::Lookers => workloads::lookers(service, 64),
            Workload::Callbacks => {
                let payments = usize::try_from((turn.warm_up + turn.measured).as_millis())? * 12;
                workloads::callbacks(service, payments, 64)
            }
        })
    }
}

/// What was measured of a service, over all turns.
struct Turns {
    all: Outcome,
    took: Duration,
}

impl Turns {
    fn none() -> Turns {
        Turns { all: Outcome::new(), took: Duration::ZERO }
    }

    fn take(&mut self, workload: Workload, service: &Service, turn: Span) -> anyhow::Result<()> {
        let (outcome, _) = measured(service, turn, workload.callers(service, turn)?)?;
        self.all.add(&outcome);
        self.took += outcome.took;
        Ok(())
    }

    fn per_second(&self) -> f64 {
        self.all.requests() as f64 / self.took.as_secs_f64()
    }

    fn millis(&self, quantile: f64) -> f64 {
        self.all.waits.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// The small festival, and how many charges measuring made so far on the other one.
pub(crate) struct Compared {
    small: Service,
    pub(crate) charged: u64,
}

impl Compared {
    pub(crate) fn with(small: Service, report: &mut Report) -> Compared {
        report.sentence(
            "| in the books | workload | per second | the small one | ÷ that | p50 ms | p99 ms | the small one's | ÷ that |",
        );
        report.sentence("|---|---|---|---|---|---|---|---|---|");
        Compared { small, charged: 0 }
    }

    /// Measures charges of one till and of 64, look-ups and, when asked for, callbacks.
    pub(crate) fn measure(
        &mut self,
        report: &mut Report,
        grown: &Service,
        (size, span): (&str, Span),
        with_callbacks: bool,
    ) -> anyhow::Result<()> {
        let turn = Span { warm_up: WARM_UP, measured: span.measured / TURNS };
        let workloads = [Workload::OneTill, Workload::Tills, Workload::Lookers];
        for workload in workloads.into_iter().chain(with_callbacks.then_some(Workload::Callbacks)) {
            let (mut small, mut large) = (Turns::none(), Turns::none());
            for _ in 0..TURNS {
                small.take(workload, &self.small, turn)?;
                large.take(workload, grown, turn)?;
            }
            if workload.is_charging() {
                self.charged += large.all.answered;
            }
            report.sentence(&format!(
                "| {size} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
                workload.name(),
                large.per_second(),
                small.per_second(),
                large.per_second() / small.per_second(),
                large.millis(0.5),
                large.millis(0.99),
                small.millis(0.99),
                large.millis(0.99) / small.millis(0.99),
            ));
        }
        Ok(())
    }

    /// Ends the small one; its audit.
    pub(crate) fn close(self) -> anyhow::Result<String> {
        self.small.close()
    }
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
