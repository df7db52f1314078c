//! Who does a run: asks the provider patiently, holds the lease meanwhile, and notes what went wrong.

use super::Reconciler;
use super::lease::{Lease, RunError};
use crate::events::Event;
use crate::payments::PaymentKey;
use crate::providers::{Adapter, CallError, Provider, ProviderName};
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

/// One run at work.
pub(super) struct Worker {
    pub(super) reconciler: Reconciler,
    pub(super) event: Event,
    pub(super) adapters: Arc<[Adapter]>,
    pub(super) lease: Lease,
    /// Whose list is compared now.
    pub(super) asked: Option<ProviderName>,
    /// Payments that are counted by what became of the money that went back, and not once more where they are listed.
    pub(super) counted: HashSet<PaymentKey>,
    /// The first thing that kept a slice from being whole; what could be compared was.
    pub(super) problem: Option<String>,
}

impl Worker {
    pub(super) fn new(
        reconciler: Reconciler,
        event: Event,
        adapters: Arc<[Adapter]>,
        lease: Lease,
    ) -> Worker {
        Worker { reconciler, event, adapters, lease, asked: None, counted: HashSet::new(), problem: None }
    }

    /// Asks this provider from now on.
    pub(super) fn turn_to(&mut self, adapter: &Adapter) {
        self.asked = Some(adapter.name());
        self.lease.providers.entry(adapter.name()).or_default();
    }

    /// Holds it against whoever is asked now.
    pub(super) fn blame(&mut self, problem: &impl Display) {
        if let Some(asked) = self.asked {
            let held = self.lease.providers.entry(asked).or_default();
            held.get_or_insert_with(|| problem.to_string());
        }
    }

    /// Remembers what kept a slice from being whole. The run goes on, because money may lie behind it; it counts as
    /// failed in the end, and the next one starts at this slice again.
    pub(super) fn note(&mut self, problem: impl Display) {
        self.blame(&problem);
        let problem = named(self.asked, problem);
        tracing::warn!(event = %self.event.slug, problem, "a part of the payment list can't be compared");
        self.problem.get_or_insert(problem);
    }

    /// Calls the provider, again after a failure that may pass, as patiently as it is asked to.
    pub(super) async fn patiently<T, F>(&mut self, call: impl Fn() -> F) -> Result<T, RunError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let patience = self.reconciler.patience;
        let mut wait = patience.first_wait;
        let mut attempt = 1;
        loop {
            match self.lease.during(call()).await? {
                Err(error)
                    if error.may_pass()
                        && attempt < patience.attempts_max
                        && error.after().is_none_or(|after| after <= patience.wait_max) =>
                {
                    let after = error.after();
                    let wait = after.map_or(wait, |after| after.max(wait));
                    self.lease.during(tokio::time::sleep(wait)).await?;
                }
                other => return Ok(other?),
            }
            attempt += 1;
            wait *= 2;
        }
    }
}

/// What went wrong, and at whom: whoever reads it may have several providers, or none in mind.
pub(super) fn named(asked: Option<ProviderName>, problem: impl Display) -> String {
    match asked {
        Some(provider) => format!("{}: {problem}", provider.title()),
        None => problem.to_string(),
    }
}
