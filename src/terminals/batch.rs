//! Charges many at once: what a terminal stored while it was offline.

use super::charge::Answer;
use super::{NewCharge, Refusal, Terminal, Till, TillError};
use crate::clock::Timestamp;
use crate::ledger::{LaneError, QUEUE_REQUESTS_MAX};
use futures_util::future::{MaybeDone, maybe_done};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Most charges of one batch; as many as one commit takes.
pub const CHARGES_PER_BATCH_MAX: usize = 500;
/// Most charges of all batches in the lane's queue at a time. After an outage hundreds of tills flush at once; the other
/// half of the queue is for those who sell meanwhile.
pub(super) const CHARGES_OF_BATCHES_MAX: usize = QUEUE_REQUESTS_MAX / 2;
/// How long a batch waits for its turn. Longer, and its terminal would hang up.
const TURN_TIME_MAX: Duration = Duration::from_secs(20);

impl Till {
    /// Charges one after another in the order given, each judged by itself: one refusal stops nothing else. The
    /// answers are in the same order.
    ///
    /// # Errors
    /// [`Refusal::BatchTooLarge`], before any of them is charged.
    pub async fn charge_batch(
        &self,
        terminal: &Arc<Terminal>,
        now: Timestamp,
        charges: Vec<NewCharge>,
    ) -> Result<Vec<Result<Answer, TillError>>, Refusal> {
        if charges.len() > CHARGES_PER_BATCH_MAX {
            return Err(Refusal::BatchTooLarge);
        }
        let places = u32::try_from(charges.len()).expect("checked above");
        let turn = tokio::time::timeout(TURN_TIME_MAX, self.batches.acquire_many(places)).await;
        let Ok(_places) = turn else {
            return Ok(charges.iter().map(|_| Err(LaneError::Full.into())).collect());
        };
        let mut requests = Vec::with_capacity(charges.len());
        for new in charges {
            requests.push(self.charge_request(terminal, now, new).await);
        }
        let waiting = requests.into_iter().map(|request| async move { Ok(self.submit(request?).await?) });
        Ok(in_order(waiting).await)
    }
}

/// Runs futures together, starting them in order: their first step puts a charge into the lane's queue.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<MaybeDone<F>>>> =
        futures.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        let pending =
            waiting.iter_mut().filter_map(|future| future.as_mut().poll(context).is_pending().then_some(()));
        if pending.count() == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.iter_mut().filter_map(|future| future.as_mut().take_output()).collect()
}
