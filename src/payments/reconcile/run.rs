//! The run itself: slice after slice, until the window is compared or it has to give up.

use super::lease::RunError;
use super::worker::{Worker, named};
use super::{RunKind, RunState, absent, elsewhere, refunds, slice};
use crate::providers::{Adapter, Provider, Window};
use std::time::Duration;

/// Length of a slice. A festival's busiest six hours have some ten thousand payments, a hundred pages.
const SLICE: Duration = Duration::from_secs(6 * 3600);

impl Worker {
    /// Runs to its end and writes how it ended.
    pub(super) async fn work(mut self) {
        let outcome = self.slices().await;
        match &outcome {
            Err(error @ RunError::Provider(_)) => self.blame(error),
            // It says nothing of a provider.
            Err(_) => self.lease.providers.clear(),
            Ok(()) => {}
        }
        let (state, problem) = match (outcome, self.problem) {
            (Ok(()), None) => (RunState::Complete, None),
            (Ok(()), Some(problem)) => (RunState::Failed, Some(problem)),
            (Err(RunError::TakenOver), _) => (RunState::Interrupted, None),
            (Err(error @ RunError::Provider(_)), _) => (RunState::Failed, Some(named(self.asked, &error))),
            (Err(error), _) => (RunState::Failed, Some(error.to_string())),
        };
        let (event, counts) = (self.event.slug, self.lease.run.counts);
        match &problem {
            _ if state == RunState::Interrupted => tracing::warn!(%event, ?counts, "another run took over"),
            Some(problem) => tracing::warn!(%event, ?counts, problem, "a reconciliation is not whole"),
            None if self.lease.run.kind == RunKind::CatchUp && counts.settled + counts.mismatched == 0 => {
                tracing::debug!(%event, ?counts, "reconciled");
            }
            None => tracing::info!(%event, ?counts, "reconciled"),
        }
        if let Err(error) = self.lease.end(state, problem).await {
            tracing::error!(%event, %error, "the end of a reconciliation can't be written");
        }
    }

    async fn slice(&mut self, adapter: &Adapter, window: Window) -> Result<(), RunError> {
        self.turn_to(adapter);
        let listed = slice::settle_all(self, adapter, window).await?;
        elsewhere::note(self, adapter, window, &listed).await?;
        absent::raise(self, adapter, window, &listed).await
    }

    /// What went back in the whole window: a payment of its first slice may have been refunded in its last.
    async fn refunds(&mut self, listing: &[&Adapter], window: Window) -> Result<(), RunError> {
        for adapter in listing {
            self.turn_to(adapter);
            match refunds::settle_all(self, adapter, window).await {
                // The only one that there is can't be reached: nor could it be for its payments.
                Err(RunError::Provider(error)) if error.may_pass() && listing.len() == 1 => {
                    return Err(error.into());
                }
                // A list of refunds that can't be had must not keep payments from being found.
                Err(RunError::Provider(error)) => self.note(&error),
                other => other?,
            }
        }
        Ok(())
    }

    async fn slices(&mut self) -> Result<(), RunError> {
        let (mut from, end) = (self.lease.run.from, self.lease.run.to);
        let adapters = self.adapters.clone();
        let listing: Vec<_> = adapters.iter().filter(|adapter| adapter.capabilities().list).collect();
        if from < end {
            self.refunds(&listing, Window { from, to: end }).await?;
        }
        while from < end {
            let to = from.after(SLICE).min(end);
            let window = Window { from, to };
            for adapter in &listing {
                match self.slice(adapter, window).await {
                    // One provider's trouble must not keep another one's money from being found.
                    Err(RunError::Provider(error)) if listing.len() > 1 => {
                        self.note(&error);
                    }
                    other => other?,
                }
            }
            if self.problem.is_none() {
                self.lease.run.done_to = to;
            }
            from = to;
            self.lease.renew().await?;
        }
        Ok(())
    }
}
