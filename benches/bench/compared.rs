//! A table of the same workloads at several sizes, each beside the no-op route of the same moment and the first size.

use crate::load::{Outcome, Span};
use crate::report::Report;
use crate::service::Service;
use crate::{measured, workloads};
use std::collections::HashMap;
use std::time::Duration;

/// Rates and waits of the first size, by workload.
#[derive(Default)]
pub(crate) struct Compared {
    first: HashMap<&'static str, (f64, f64)>,
    /// Charges that were made by measuring.
    pub(crate) charged: u64,
}

impl Compared {
    pub(crate) fn head(report: &mut Report) {
        report.sentence(
            "| in the books | workload | per second | ÷ no-op | that ÷ first | p50 ms | p99 ms | p99 ÷ first |",
        );
        report.sentence("|---|---|---|---|---|---|---|---|");
    }

    /// Measures charges of one till and of 64, look-ups and, when asked for, callbacks.
    pub(crate) fn measure(
        &mut self,
        report: &mut Report,
        service: &Service,
        (size, span): (&str, Span),
        with_callbacks: bool,
    ) -> anyhow::Result<()> {
        for (name, callers) in [
            ("charges, 1 connection", workloads::tills(service, 1, false)),
            ("charges, 64 connections", workloads::tills(service, 64, false)),
        ] {
            let outcome = self.line(report, service, (size, span), name, callers)?;
            self.charged += outcome.answered;
        }
        let callers = workloads::lookers(service, 64);
        self.line(report, service, (size, span), "balance look-ups, 64 connections", callers)?;
        if with_callbacks {
            let payments = usize::try_from((span.warm_up + span.measured).as_secs())? * 12_000;
            let callers = workloads::callbacks(service, payments, 64);
            self.line(report, service, (size, span), "callbacks, 64 connections", callers)?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        report: &mut Report,
        service: &Service,
        (size, span): (&str, Span),
        name: &'static str,
        callers: Vec<Box<dyn crate::load::Caller>>,
    ) -> anyhow::Result<Outcome> {
        let moment = Span { warm_up: Duration::from_millis(500), measured: span.measured / 3 };
        let (no_op, _) = measured(service, moment, workloads::nothing(64))?;
        let (outcome, _) = measured(service, span, callers)?;
        let per_second = |outcome: &Outcome| outcome.requests() as f64 / outcome.took.as_secs_f64();
        let millis = |quantile: f64| outcome.waits.value_at_quantile(quantile) as f64 / 1_000.0;
        let (rate, p99) = (per_second(&outcome), millis(0.99));
        let ratio = rate / per_second(&no_op);
        let (first_ratio, first_p99) = *self.first.entry(name).or_insert((ratio, p99));
        report.sentence(&format!(
            "| {size} | {name} | {rate:.0} | {ratio:.3} | {:.2} | {:.2} | {p99:.2} | {:.2} |",
            ratio / first_ratio,
            millis(0.5),
            p99 / first_p99,
        ));
        Ok(outcome)
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
