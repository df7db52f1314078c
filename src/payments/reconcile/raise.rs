//! Raises for a person what the comparison found and no report of a payment says.

use super::lease::RunError;
use super::worker::Worker;
use crate::ids::EventId;
use crate::ledger::{Book, Request, Touches};
use crate::payments::PaymentKey;
use crate::payments::parked::{Matter, NewParked, ParkedPage};
use crate::providers::{Adapter, PaymentId};

/// Raises a mismatch about a payment, and counts it.
pub(super) async fn mismatch(
    worker: &mut Worker,
    adapter: &Adapter,
    payment: PaymentId,
    reason: &'static str,
    detail: String,
) -> Result<(), RunError> {
    let key = PaymentKey::at(adapter, payment);
    let request = Raise { event: worker.event.id, subject: key.to_string(), reason, detail };
    let lane = worker.reconciler.lane.clone();
    worker.lease.during(lane.submit(request)).await??;
    worker.lease.run.counts.mismatched += 1;
    Ok(())
}

struct Raise {
    event: EventId,
    subject: String,
    reason: &'static str,
    detail: String,
}

impl Request for Raise {
    type Answer = ();

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
    }

    fn decide(&self, book: &mut Book) {
        let opened_at = book.now();
        book.page::<ParkedPage>().raise(NewParked {
            event_id: self.event,
            matter: Matter::mismatch(self.subject.clone(), self.reason),
            reason: self.reason.to_owned(),
            detail: self.detail.clone(),
            payment: None,
            amount: None,
            medium: None,
            opened_at,
        });
    }
}
