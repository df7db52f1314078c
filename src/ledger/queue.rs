//! Who waits for the lane: taken in order, and told at once to come again when the database has nothing to say.

use super::page::Touches;
use super::pulse::Pulse;
use super::{Book, LaneError, Request};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Most requests in one commit: distributed engines cap the rows of a transaction.
pub const BATCH_REQUESTS_MAX: usize = 500;
/// Most requests waiting. At the slowest rate measured on a slow disk this is less than a second of work.
pub const QUEUE_REQUESTS_MAX: usize = 4_096;
/// How often it is looked whether those who wait have waited long enough.
const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// A request of any kind, with whoever asked.
pub(super) trait Job: Send {
    fn since(&self) -> Instant;
    fn touches(&self, touches: &mut Touches);
    fn decide(&mut self, book: &mut Book);
    fn finish(self: Box<Self>, outcome: Result<(), LaneError>);
}

pub(super) struct Waiting<R: Request> {
    pub(super) request: R,
    pub(super) since: Instant,
    pub(super) answer: Option<R::Answer>,
    pub(super) reply: oneshot::Sender<Result<R::Answer, LaneError>>,
}

impl<R: Request> Job for Waiting<R> {
    fn since(&self) -> Instant {
        self.since
    }

    fn touches(&self, touches: &mut Touches) {
        self.request.touches(touches);
    }

    fn decide(&mut self, book: &mut Book) {
        self.answer = Some(self.request.decide(book));
    }

    fn finish(self: Box<Self>, outcome: Result<(), LaneError>) {
        let Waiting { answer, reply, .. } = *self;
        // A caller that hung up finds its answer by id.
        let _ = reply.send(outcome.and_then(|()| answer.ok_or(LaneError::Unavailable)));
    }
}

/// The requests of which none was begun.
pub(super) struct Queue {
    waiting: mpsc::Receiver<Box<dyn Job>>,
    /// Those of the next batch.
    next: Vec<Box<dyn Job>>,
    pulse: Arc<Pulse>,
}

impl Queue {
    pub(super) fn open(pulse: &Arc<Pulse>) -> (mpsc::Sender<Box<dyn Job>>, Queue) {
        let (sender, waiting) = mpsc::channel(QUEUE_REQUESTS_MAX);
        (sender, Queue { waiting, next: Vec::with_capacity(BATCH_REQUESTS_MAX), pulse: Arc::clone(pulse) })
    }

    /// Waits for somebody. False when nobody comes any more.
    pub(super) async fn fills(&mut self) -> bool {
        self.waiting.recv_many(&mut self.next, BATCH_REQUESTS_MAX).await > 0
    }

    /// The next batch, with all who have come since it began to fill.
    pub(super) fn take(&mut self) -> Vec<Box<dyn Job>> {
        while self.next.len() < BATCH_REQUESTS_MAX
            && let Ok(job) = self.waiting.try_recv()
        {
            self.next.push(job);
        }
        mem::replace(&mut self.next, Vec::with_capacity(BATCH_REQUESTS_MAX))
    }

    /// Tells all who wait to come again; how many they were.
    pub(super) fn turns_away(&mut self) -> usize {
        let mut told = 0;
        // Those who come meanwhile wait for the next.
        let most = self.next.len() + self.waiting.len();
        while told < most
            && let Some(job) = self.next.pop().or_else(|| self.waiting.try_recv().ok())
        {
            self.pulse.refused("stuck");
            job.finish(Err(LaneError::Unavailable));
            told += 1;
        }
        told
    }

    /// Does the lane's work, and turns away who waits for it too long.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(LOOKED_EVERY, &mut work).await {
                return done;
            }
            if self.pulse.is_stuck() {
                self.turns_away();
            }
        }
    }
}
