//! Settles what went back to payers within a run's window, whenever it was paid: the notification of a refund may be lost,
//! and the list of payments does not tell.
//!
//! It comes before the payments, so that money of which nothing was heard and that has gone again is not credited first.
//! Each refunded payment is asked for once in a run: about as many calls as there are refunds, and none where there are none.

use super::compare::Ours;
use super::lease::RunError;
use super::slice::submit;
use super::worker::Worker;
use crate::payments::gone;
use crate::payments::{Outcome, PaymentKey, parked, store};
use crate::providers::{Adapter, CallError, PageToken, PaymentId, PaymentReport, Provider, Window};
use std::collections::HashSet;

/// Most pages: a list that never ends is a fault, not a festival.
const PAGES_MAX: u32 = 5_000;

/// Asks for each payment of which the provider lists a refund, and settles what it says.
pub(super) async fn settle_all(
    worker: &mut Worker,
    adapter: &Adapter,
    window: Window,
) -> Result<(), RunError> {
    let clock = worker.reconciler.clock.clone();
    let mut asked = HashSet::new();
    let mut token: Option<PageToken> = None;
    for _ in 1..=PAGES_MAX {
        let page = worker.patiently(|| adapter.refunded(window, token.as_ref(), clock.now())).await?;
        for payment in page.payments {
            if asked.insert(payment.clone()) {
                settle_one(worker, adapter, &payment, window).await?;
            }
        }
        match page.next {
            Some(next) => token = Some(next),
            None => return Ok(()),
        }
    }
    let why = format!("the provider's list of refunds has more than {PAGES_MAX} pages");
    Err(CallError::Invalid { why }.into())
}

async fn settle_one(
    worker: &mut Worker,
    adapter: &Adapter,
    payment: &PaymentId,
    window: Window,
) -> Result<(), RunError> {
    // A name of somebody else's, or of the refund itself: no payment can be asked for by it.
    if PaymentId::parse(&payment.0).is_none() {
        return Ok(());
    }
    let key = PaymentKey::there_at(adapter, payment.clone());
    let known = {
        let mut session = worker.reconciler.store.read().await?;
        store::records(&mut session, std::slice::from_ref(&key)).await?
    };
    // What a bank took may have been sent besides.
    if known.iter().filter_map(|known| known.marked).any(|marked| marked.sent() >= marked.amount) {
        return Ok(());
    }
    let clock = worker.reconciler.clock.clone();
    let report = match worker.patiently(|| adapter.details(payment, clock.now())).await {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(()),
        // One that can't be told must not keep the rest from being found.
        Err(RunError::Provider(error @ (CallError::Refused { .. } | CallError::Invalid { .. }))) => {
            worker.note(format!("payment {payment}, which was refunded, can't be asked for: {error}"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let known = Ours::new(known);
    // What was paid before the window, and is not known here, was somebody else's on the same profile.
    if known.of(report.get()).is_none() && report.get().created_at.is_none_or(|at| at < window.from) {
        return Ok(());
    }
    let is_told = is_told(worker, &known, report.get()).await?;
    let settled = PaymentKey::of(report.get());
    let (lane, keys, event) =
        (worker.reconciler.lane.clone(), worker.reconciler.keys.clone(), worker.event.id);
    let outcome = worker.lease.during(submit(&lane, &keys, event, report)).await??;
    // What is known by now counts where the payment is listed.
    match outcome {
        Outcome::AlreadyKnown => {}
        Outcome::Mismatch if is_told => {}
        outcome => {
            worker.lease.run.counts.count(&outcome, true, false);
            worker.counted.insert(settled);
        }
    }
    Ok(())
}

/// True when a person was told before of the money that this report says went back, or is to.
pub(super) async fn is_told(worker: &Worker, ours: &Ours, report: &PaymentReport) -> Result<bool, RunError> {
    let Some(said) = gone::said(report) else { return Ok(false) };
    let known = ours.of(report);
    let (event, key) = known.map_or_else(
        || (worker.event.id, PaymentKey::of(report)),
        |known| (known.event_id, known.key.clone()),
    );
    let mut session = worker.reconciler.store.read().await?;
    Ok(parked::is_told(&mut session, (event, &key.to_string()), &said).await?)
}
