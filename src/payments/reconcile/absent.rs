//! Finds money that was settled here and that the provider does not know.

use super::run::{RunError, Worker};
use super::{slice, store};
use crate::providers::{Adapter, PaymentId, Provider, Window};
use std::collections::HashSet;
use std::time::Duration;

/// A payment younger than this may not be in the list yet.
const LIST_LAG: Duration = Duration::from_secs(3600);
/// Most payments of a slice that are asked for by their id; more than that is a broken list, not a mismatch.
const ASKED_MAX: i64 = 100;

/// Raises what is settled here, made within the window, not listed, and not known by its id either. Answers how
/// many that were.
pub(super) async fn raise(
    worker: &Worker,
    adapter: &Adapter,
    window: Window,
    listed: &HashSet<PaymentId>,
) -> Result<i64, RunError> {
    let clock = &worker.reconciler.clock;
    let to = window.to.min(clock.now().before(LIST_LAG));
    if to <= window.from {
        return Ok(0);
    }
    let ours = {
        let mut session = worker.reconciler.store.read().await?;
        store::settled_between(&mut session, worker.event.id, adapter, window.from, to).await?
    };
    let mut raised = 0;
    let mut asked = 0;
    for payment in ours.into_iter().filter(|payment| !listed.contains(payment)) {
        asked += 1;
        if asked > ASKED_MAX {
            tracing::warn!(event = %worker.event.slug, "many settled payments are missing in the provider's list");
            break;
        }
        // When it was made is our guess for some: its neighbour slice may list it. Its id tells for sure.
        if worker.patiently(|| adapter.details(&payment, clock.now())).await?.is_none() {
            let detail =
                format!("payment {payment} was settled here; the provider neither lists nor knows it");
            slice::raise(worker, adapter, payment, "settled here, unknown to the provider", detail).await?;
            raised += 1;
        }
    }
    Ok(raised)
}
