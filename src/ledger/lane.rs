//! The lane: takes what is waiting, decides it in memory, writes it set-based, commits once, answers.

use super::book::Book;
use super::page::Touches;
use super::pulse::{Pulse, Trouble};
use super::{Request, store};
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Lane, Store};
use crate::ids::{AccountId, EventId};
use futures_util::FutureExt;
use std::collections::HashMap;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Most requests in one commit: distributed engines cap the rows of a transaction.
pub const BATCH_REQUESTS_MAX: usize = 500;
/// Most requests waiting. At the slowest rate measured on a slow disk this is less than a second of work.
pub const QUEUE_REQUESTS_MAX: usize = 4_096;
/// How often a batch that lost its connection is tried before its requests run one by one.
const ATTEMPTS_MAX: u32 = 10;
/// How often one that lost a race is. A serialisable database refuses whoever waited for a row that was then written, so
/// that of several processes at the same few wallets one may lose many times in a row.
const RACES_MAX: u32 = 100;
/// Races lost at once before the next attempt waits a little: a wallet that somebody holds is waited for in any case, and
/// who comes late finds it taken again.
const RACES_AT_ONCE: u32 = 8;
/// How long a batch may take before it is given up: the database hangs, or is out of reach behind a network that says
/// nothing. Ten times what the largest batch takes on a very slow disk, and less than its callers wait.
const BATCH_TIME_MAX: Duration = Duration::from_secs(20);
/// How long the lane may take to show that it commits.
const PROOF_TIME_MAX: Duration = Duration::from_secs(2);
/// After a lost race so many batches take hold of their wallets before they read them. In a crowd that costs a statement
/// and saves most batches from being read, decided and written twice; alone it would cost it for nothing.
const CROWDED_BATCHES: u32 = 64;

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
}

impl LaneOptions {
    /// For service.
    #[must_use]
    pub fn new(clock: Clock) -> LaneOptions {
        LaneOptions { clock, batch_time_max: BATCH_TIME_MAX }
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
        let (queue, waiting) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let pulse = Arc::new(Pulse::new());
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
        let job = Box::new(Waiting { request, answer: None, reply });
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

trait Job: Send {
    fn touches(&self, touches: &mut Touches);
    fn decide(&mut self, book: &mut Book);
    fn finish(self: Box<Self>, outcome: Result<(), LaneError>);
}

struct Waiting<R: Request> {
    request: R,
    answer: Option<R::Answer>,
    reply: oneshot::Sender<Result<R::Answer, LaneError>>,
}

impl<R: Request> Job for Waiting<R> {
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

struct Runner {
    store: Store,
    clock: Clock,
    batch_time_max: Duration,
    lane: Option<Lane>,
    /// The lane on which a connection broke: what was under way there is settled before anything else is tried.
    broken: Option<Lane>,
    gate: Option<i64>,
    book: Book,
    /// The wallets to take hold of before reading: what the last attempt read, if it lost a race over one of them.
    contended: Vec<(EventId, AccountId)>,
    pulse: Arc<Pulse>,
    trouble: Trouble,
    /// Batches to come that take hold of their wallets first, because others were at the same ones lately.
    crowded: u32,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("deciding or writing panicked")]
    Panicked,
    #[error("the database takes too long to answer")]
    TimedOut,
}

impl Failure {
    /// True when all requests would fail alike, so that trying them one by one only takes longer.
    fn is_everyones(&self) -> bool {
        match self {
            Failure::Database(error) => error.is_unavailable(),
            Failure::TimedOut => true,
            Failure::Panicked => false,
        }
    }
}

impl Runner {
    fn new(store: Store, options: LaneOptions, pulse: Arc<Pulse>) -> Runner {
        let LaneOptions { clock, batch_time_max } = options;
        let (book, contended, trouble) = (Book::default(), Vec::new(), Trouble::default());
        Runner {
            store,
            clock,
            batch_time_max,
            lane: None,
            broken: None,
            gate: None,
            book,
            contended,
            crowded: 0,
            pulse,
            trouble,
        }
    }

    async fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut jobs = Vec::with_capacity(BATCH_REQUESTS_MAX);
        while waiting.recv_many(&mut jobs, BATCH_REQUESTS_MAX).await > 0 {
            metrics::histogram!("polsband_lane_batch_requests").record(jobs.len() as f64);
            self.commit_all(mem::take(&mut jobs)).await;
            jobs.reserve(BATCH_REQUESTS_MAX);
        }
        if let Some(lane) = self.lane {
            // Not giving it back costs the next process nothing but a new row.
            let _ = self.release(lane).await;
        }
    }

    async fn release(&self, lane: Lane) -> Result<(), db::Error> {
        self.store.transact(|tx| Box::pin(db::release_lane(tx, lane))).await
    }

    /// Commits the jobs together; when that fails for good, one by one, so that one of them can't block the rest.
    async fn commit_all(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        match self.commit(&mut jobs).await {
            Ok(()) => jobs.into_iter().for_each(|job| job.finish(Ok(()))),
            Err(failure) if jobs.len() > 1 && !failure.is_everyones() => {
                tracing::warn!(%failure, requests = jobs.len(), "a batch failed; its requests run one by one");
                self.commit_each(jobs).await;
            }
            Err(failure) => {
                self.pulse.fails();
                self.trouble.goes_on(failure, jobs.len());
                jobs.into_iter().for_each(|job| job.finish(Err(LaneError::Unavailable)));
            }
        }
    }

    /// Stops at the first failure that all would meet: each could take as long as a connection takes to give up.
    async fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut unavailable = false;
        for job in jobs {
            let mut alone = vec![job];
            let outcome = if unavailable {
                Err(LaneError::Unavailable)
            } else {
                let committed = self.commit(&mut alone).await;
                committed.map_err(|failure| {
                    unavailable = failure.is_everyones();
                    self.pulse.fails();
                    self.trouble.goes_on(failure, 1);
                    LaneError::Unavailable
                })
            };
            alone.into_iter().for_each(|job| job.finish(outcome));
        }
    }

    /// Reads, decides and commits the jobs, again and again while others are faster or a connection breaks. Whether
    /// a commit that lost its connection happened is settled by the next attempt, which finds by their ids what had
    /// been committed.
    async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        let (mut attempts, mut races) = (1, 0);
        loop {
            self.pulse.attempt_begins();
            let trying = tokio::time::timeout(self.batch_time_max, self.attempt(jobs));
            let outcome = AssertUnwindSafe(trying).catch_unwind().await;
            self.pulse.attempt_ends(matches!(outcome, Ok(Ok(Ok(())))));
            let error = match outcome {
                Ok(Ok(Ok(()))) => {
                    self.contended.clear();
                    self.trouble.is_over();
                    self.crowded = self.crowded.saturating_sub(1);
                    return Ok(());
                }
                Ok(Ok(Err(error))) => error,
                Ok(Err(_given_up)) => {
                    // Its commit may be under way for all we know.
                    self.broken = self.lane.take().or(self.broken);
                    self.forget();
                    return Err(Failure::TimedOut);
                }
                Err(_panic) => {
                    self.forget();
                    return Err(Failure::Panicked);
                }
            };
            let is_lost = error.is_connection_lost();
            if is_lost {
                self.forget();
                self.contended.clear();
                self.broken = self.lane.take().or(self.broken);
                attempts += 1;
            } else if !error.is_retryable() || error.is_unavailable() {
                self.forget();
                return Err(error.into());
            } else {
                races += 1;
                self.crowded = CROWDED_BATCHES;
                // None were read where already holding them failed.
                if !self.book.wallets.is_empty() {
                    self.contended = self.book.all_wallets();
                }
            }
            if attempts > ATTEMPTS_MAX || races > RACES_MAX {
                return Err(error.into());
            }
            metrics::counter!("polsband_lane_retries_total").increment(1);
            let pause = if is_lost { attempts } else { races / RACES_AT_ONCE };
            tokio::time::sleep(Duration::from_millis(u64::from(pause))).await;
        }
    }

    /// Drops all that was read; the next attempt reads it afresh.
    fn forget(&mut self) {
        self.gate = None;
        self.book = Book::default();
    }

    async fn attempt(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), db::Error> {
        let started = Instant::now();
        let now = self.clock.now();
        let lane = self.own_lane(now).await?;
        let mut touches = Touches::default();
        jobs.iter().for_each(|job| job.touches(&mut touches));
        self.book.wallets.clear();
        let mut tx = self.store.begin().await?;
        let Some(step) = db::step_lane(&mut tx, lane, now).await? else {
            self.lane = None;
            return Err(db::Error::LostRace("lane"));
        };
        let gate_moved = self.gate != Some(step.gate);
        self.gate = Some(step.gate);
        self.begin_book(now, gate_moved);
        if self.crowded > 0 && self.contended.is_empty() {
            self.contended = store::wallets_of(&mut tx, &touches).await?;
        }
        store::hold_wallets(&mut tx, &self.contended).await?;
        store::load(&mut tx, &touches, &mut self.book).await?;
        // After the wallets: what a room's rows say of a wallet is never older than the version that guards it.
        let more = self.book.pages.load(&mut tx, touches).await?;
        store::load(&mut tx, &more, &mut self.book).await?;
        jobs.iter_mut().for_each(|job| job.decide(&mut self.book));
        let writing = Instant::now();
        store::write(&mut tx, &mut self.book, lane, step.number).await?;
        self.book.pages.store(&mut tx, now).await?;
        tx.commit().await?;
        metrics::histogram!("polsband_lane_commit_seconds").record(writing.elapsed().as_secs_f64());
        metrics::histogram!("polsband_lane_batch_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// The lane of this process. After a broken connection its own again, under a new epoch: taking it waits for the
    /// commit that may still be under way on the server, so that its outcome can be read.
    async fn own_lane(&mut self, now: Timestamp) -> Result<Lane, db::Error> {
        if let Some(lane) = self.lane {
            return Ok(lane);
        }
        self.gate = None;
        let again = match self.broken {
            Some(broken) => db::reclaim_lane(&self.store, broken, now).await?,
            None => None,
        };
        let lane = match again {
            Some(lane) => lane,
            None => db::claim_lane(&self.store, now).await?,
        };
        self.broken = None;
        Ok(*self.lane.insert(lane))
    }

    fn begin_book(&mut self, now: Timestamp, gate_moved: bool) {
        let mut pages = mem::take(&mut self.book.pages);
        pages.begin(gate_moved);
        let events = if gate_moved { HashMap::new() } else { mem::take(&mut self.book.events) };
        self.book = Book { now, pages, events, ..Book::default() };
    }
}
