//! How requests are handed to the lane, and what becomes of one that has no answer.

use super::lane::Runner;
use super::page::Touches;
use super::pulse::Pulse;
use super::queue::{Job, Queue, Waiting};
use super::{Book, Request};
use crate::clock::Clock;
use crate::db::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long a batch may take before it is given up: the database hangs, or is out of reach behind a network that says
/// nothing. Ten times what the largest batch takes on a very slow disk, and less than its callers wait.
const BATCH_TIME_MAX: Duration = Duration::from_secs(20);
/// How long a batch may be under way before those behind it are told to come again: the largest takes a second on a disk
/// with 200 ms syncs, and a till gives up after six.
const TOLD_AFTER: Duration = Duration::from_secs(5);
/// How long the lane may take to show that it commits.
const PROOF_TIME_MAX: Duration = Duration::from_secs(2);

/// Why a request has no answer. One that met a full queue was never begun; of any other nothing is known: ask by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// Too much is waiting; come back in a second.
    #[error("too many requests are waiting")]
    Full,
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopped,
    /// The database can't be reached or refuses.
    #[error("the database can't be written")]
    Unavailable,
}

/// How a lane runs.
#[derive(Clone, Debug)]
pub struct LaneOptions {
    /// The time in every transfer.
    pub clock: Clock,
    /// How long a batch may take before it is given up.
    pub batch_time_max: Duration,
    /// How long a batch may take before those behind it are told to come again.
    pub told_after: Duration,
}

impl LaneOptions {
    /// For service.
    #[must_use]
    pub fn new(clock: Clock) -> LaneOptions {
        LaneOptions { clock, batch_time_max: BATCH_TIME_MAX, told_after: TOLD_AFTER }
    }
}

/// Hands requests to the lane. Cheap to clone.
#[derive(Clone)]
pub struct LaneHandle {
    queue: mpsc::Sender<Box<dyn Job>>,
    pulse: Arc<Pulse>,
}

/// Asks for nothing: that it is answered proves that the lane commits.
struct Proof;

impl Request for Proof {
    type Answer = ();
    fn touches(&self, _: &mut Touches) {}
    fn decide(&self, _: &mut Book) {}
}

impl LaneHandle {
    /// Starts the lane of this process. It ends when every handle is gone and all it accepted is answered.
    #[must_use]
    pub fn start(store: Store, options: LaneOptions) -> (LaneHandle, tokio::task::JoinHandle<()>) {
        let pulse = Arc::new(Pulse::new());
        let (queue, waiting) = Queue::open(&pulse);
        let runner = Runner::new(store, options, Arc::clone(&pulse));
        (LaneHandle { queue, pulse }, tokio::spawn(runner.run(waiting)))
    }

    /// Has a request decided and, when this returns `Ok`, committed.
    ///
    /// # Errors
    /// [`LaneError`]; a refusal is not an error but an answer.
    pub async fn submit<R: Request>(&self, request: R) -> Result<R::Answer, LaneError> {
        if self.pulse.is_stuck() {
            self.pulse.refused("stuck");
            return Err(LaneError::Unavailable);
        }
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Waiting { request, since: Instant::now(), answer: None, reply });
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.pulse.refused("full");
                LaneError::Full
            }
            mpsc::error::TrySendError::Closed(_) => LaneError::Stopped,
        })?;
        answer.await.unwrap_or(Err(LaneError::Stopped))
    }

    /// True when the lane commits: it just did, or does so within two seconds. A long queue is no reason to doubt it.
    pub async fn commits(&self) -> bool {
        let before = self.pulse.commits();
        match tokio::time::timeout(PROOF_TIME_MAX, self.submit(Proof)).await {
            Ok(Ok(())) => !self.pulse.just_failed(),
            Ok(Err(LaneError::Full)) => !self.pulse.is_stuck(),
            Ok(Err(LaneError::Stopped | LaneError::Unavailable)) => false,
            Err(_) => self.pulse.commits() > before,
        }
    }
}
