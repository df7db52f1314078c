//! Finds money that was settled here and that the provider does not know, or does not list.

use super::lease::RunError;
use super::raise::mismatch;
use super::store;
use super::worker::Worker;
use crate::providers::{Adapter, CallError, PaymentId, Provider, Window};
use std::collections::HashSet;
use std::time::Duration;

/// A payment younger than this may not be in the list yet.
const LIST_LAG: Duration = Duration::from_secs(3600);
/// Most payments of a slice that are asked for by their id; more than that is a broken list, not a mismatch.
const ASKED_MAX: usize = 100;

const UNKNOWN: &str = "settled here, unknown to the provider";

/// Raises what is settled here, made within the window, not listed, and not known by its id either.
pub(super) async fn raise(
    worker: &mut Worker,
    adapter: &Adapter,
    window: Window,
    listed: &HashSet<PaymentId>,
) -> Result<(), RunError> {
    let clock = worker.reconciler.clock.clone();
    let to = window.to.min(clock.now().before(LIST_LAG));
    if to <= window.from {
        return Ok(());
    }
    let ours = {
        let mut session = worker.reconciler.store.read().await?;
        store::settled_between(&mut session, worker.event.id, adapter, window.from, to).await?
    };
    let missing: Vec<PaymentId> = ours.into_iter().filter(|payment| !listed.contains(payment)).collect();
    if missing.len() > ASKED_MAX {
        worker.note(format!(
            "{} payments settled here are missing in the provider's list from {} to {to}: too many to ask for",
            missing.len(),
            window.from
        ));
    }
    for payment in missing.into_iter().take(ASKED_MAX) {
        // When it was made is our guess for some: its neighbour slice may list it. Its id tells for sure.
        if PaymentId::parse(&payment.0).is_none() {
            let detail = format!(
                "Payment {payment} was settled here. The provider does not list it, and no payment \
                with such an id can be asked for."
            );
            mismatch(worker, adapter, payment, UNKNOWN, detail).await?;
            continue;
        }
        match worker.patiently(|| adapter.details(&payment, clock.now())).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let detail =
                    format!("Payment {payment} was settled here. The provider neither lists nor knows it.");
                mismatch(worker, adapter, payment, UNKNOWN, detail).await?;
            }
            // One that can't be told must not keep the rest from being compared.
            Err(RunError::Provider(error @ (CallError::Refused { .. } | CallError::Invalid { .. }))) => {
                worker.note(format!(
                    "payment {payment}, settled here and not listed, can't be asked for: {error}"
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
