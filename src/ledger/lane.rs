//! The lane: takes what is waiting, decides it in memory, writes it set-based, commits once, answers.

use super::book::Book;
use super::crowd::Crowd;
use super::page::Touches;
use super::pulse::{Pulse, Trouble};
use super::queue::{Job, Queue};
use super::{LaneError, LaneOptions, store};
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Lane, Store, Tx};
use crate::ids::{AccountId, EventId};
use futures_util::FutureExt;
use std::collections::HashMap;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a batch that lost its connection is tried before its requests run one by one.
const ATTEMPTS_MAX: u32 = 10;
/// How often one that lost a race is. A serialisable database refuses whoever waited for a row that was then written, so
/// that of several processes at the same few wallets one may lose many times in a row.
const RACES_MAX: u32 = 100;
/// Races lost at once before the next attempt waits a little: a wallet that somebody holds is waited for in any case, and
/// who comes late finds it taken again.
const RACES_AT_ONCE: u32 = 8;
/// How long the lane may take to show that it commits, after a batch failed for everybody, before those who wait are told
/// to come again.
const TOLD_AFTER_IN_TROUBLE: Duration = Duration::from_millis(500);
/// How long a turn is waited for. Whoever has it may have been stopped in the middle of a batch, and only those who need
/// its wallets have to wait for that.
const TURN_AWAITED: Duration = Duration::from_secs(1);

/// The lane itself.
pub(super) struct Runner {
    store: Store,
    clock: Clock,
    batch_time_max: Duration,
    told_after: Duration,
    lane: Option<Lane>,
    /// The lane on which a connection broke: what was under way there is settled before anything else is tried.
    broken: Option<Lane>,
    gate: Option<i64>,
    book: Book,
    /// The wallets to take hold of before reading: what the last attempt read, if it lost a race over one of them.
    contended: Vec<(EventId, AccountId)>,
    pulse: Arc<Pulse>,
    trouble: Trouble,
    /// Other processes at the same wallets.
    crowd: Crowd,
    /// The transaction of the next batch, whose turn it is.
    turn: Option<Tx>,
    /// The last batch failed for everybody: the next is not begun before the lane has shown that it commits, so that it
    /// isn't always somebody's request that waits for a silent database.
    shaken: bool,
    /// The attempt under way has got as far as its requests.
    asked: bool,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(db::Error),
    #[error("no batch can be begun: {0}")]
    NotBegun(db::Error),
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
            Failure::TimedOut | Failure::NotBegun(_) => true,
            Failure::Panicked => false,
        }
    }

    /// In words for the log, with the cause of it.
    async fn words(&self, store: &Store) -> String {
        match self {
            Failure::NotBegun(error) | Failure::Database(error) => match store.why_unreachable(error).await {
                Some(why) => format!("{self}: {why}"),
                None => self.to_string(),
            },
            Failure::Panicked | Failure::TimedOut => self.to_string(),
        }
    }
}

impl Runner {
    pub(super) fn new(store: Store, options: LaneOptions, pulse: Arc<Pulse>) -> Runner {
        let LaneOptions { clock, batch_time_max, told_after } = options;
        let (book, contended, trouble) = (Book::default(), Vec::new(), Trouble::default());
        Runner {
            store,
            clock,
            batch_time_max,
            told_after,
            lane: None,
            broken: None,
            gate: None,
            book,
            contended,
            crowd: Crowd::default(),
            turn: None,
            pulse,
            trouble,
            shaken: false,
            asked: false,
        }
    }

    pub(super) async fn run(mut self, mut queue: Queue) {
        while queue.fills().await {
            if let Err(failure) = queue.beside(self.makes_ready()).await {
                let requests = queue.turns_away();
                queue.beside(self.fails(failure, requests)).await;
                continue;
            }
            let jobs = queue.take();
            if !jobs.is_empty() {
                metrics::histogram!("polsband_lane_batch_requests").record(jobs.len() as f64);
                let waited = metrics::histogram!("polsband_lane_wait_seconds");
                jobs.iter().for_each(|job| waited.record(job.since().elapsed().as_secs_f64()));
                queue.beside(self.commit_all(jobs)).await;
            }
            // Nobody is left whose turn it was.
            self.turn = None;
            if self.shaken {
                queue.turns_away();
            }
        }
        if let Some(lane) = self.lane {
            // Not giving it back costs the next process nothing but a new row.
            let _ = self.release(lane).await;
        }
    }

    /// Before a batch is formed.
    async fn makes_ready(&mut self) -> Result<(), Failure> {
        if self.shaken {
            self.commit(&mut []).await?;
        }
        // Whoever has lost its lane takes one first, in a transaction of its own.
        if self.crowd.is_met() && self.lane.is_some() {
            self.pulse.batch_begins(self.told_after);
            let begun = tokio::time::timeout(self.batch_time_max, self.begin()).await;
            self.pulse.batch_ends(false);
            self.turn = match begun.map_err(|_given_up| Failure::TimedOut)? {
                Err(error) if error.is_unavailable() && !error.is_connection_lost() => {
                    return Err(Failure::NotBegun(error));
                }
                // A connection that broke is met again by the batch, which knows what to do then.
                begun => begun.ok(),
            };
        }
        Ok(())
    }

    /// A transaction; in a crowd one whose turn it is.
    async fn begin(&mut self) -> Result<Tx, db::Error> {
        let mut tx = self.store.begin().await?;
        if !self.crowd.takes_turns() {
            return Ok(tx);
        }
        match tokio::time::timeout(TURN_AWAITED, db::take_turn(&mut tx)).await {
            Ok(Ok(())) => return Ok(tx),
            Ok(Err(error)) if error.is_not_understood() => {
                tracing::info!(%error, "this database has no lock to take turns with: processes write when they can");
                self.crowd.has_no_turns();
            }
            Ok(Err(error)) if error.is_retryable() || error.is_unavailable() => return Err(error),
            Ok(Err(_)) | Err(_) => self.crowd.gives_up(),
        }
        drop(tx);
        self.store.begin().await
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
                let requests = jobs.len();
                jobs.into_iter().for_each(|job| job.finish(Err(LaneError::Unavailable)));
                self.fails(failure, requests).await;
            }
        }
    }

    /// After all were told.
    async fn fails(&mut self, failure: Failure, requests: usize) {
        self.pulse.fails();
        self.shaken |= failure.is_everyones();
        if self.trouble.goes_on(requests) {
            self.trouble.is_said(&failure.words(&self.store).await);
        }
    }

    /// Stops at the first failure that all would meet: each could take as long as a connection takes to give up.
    async fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            let mut alone = vec![job];
            let committed = self.commit(&mut alone).await;
            let outcome = committed.as_ref().map_err(|_| LaneError::Unavailable).copied();
            alone.into_iter().for_each(|job| job.finish(outcome));
            let Err(failure) = committed else { continue };
            if failure.is_everyones() {
                jobs.by_ref().for_each(|job| job.finish(Err(LaneError::Unavailable)));
            }
            self.fails(failure, 1).await;
        }
    }

    /// Reads, decides and commits the jobs, again and again while others are faster or a connection breaks. Whether
    /// a commit that lost its connection happened is settled by the next attempt, which finds by their ids what had
    /// been committed.
    async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        let told_after = match self.shaken {
            true => self.told_after.min(TOLD_AFTER_IN_TROUBLE),
            false => self.told_after,
        };
        let outcome = self.commit_or_fail(jobs, told_after).await;
        self.pulse.batch_ends(outcome.is_ok());
        if outcome.is_ok() {
            self.shaken = false;
            // What asks for nothing finds room on a full disk.
            if !jobs.is_empty() {
                self.trouble.is_over();
            }
        }
        outcome
    }

    async fn commit_or_fail(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        told_after: Duration,
    ) -> Result<(), Failure> {
        let (mut attempts, mut races) = (1, 0);
        self.pulse.batch_begins(told_after);
        loop {
            self.asked = false;
            let trying = tokio::time::timeout(self.batch_time_max, self.attempt(jobs));
            let outcome = AssertUnwindSafe(trying).catch_unwind().await;
            let error = match outcome {
                Ok(Ok(Ok(()))) => {
                    self.contended.clear();
                    self.crowd.committed();
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
                return Err(self.failure(error));
            } else {
                // Whoever won it commits.
                self.pulse.batch_begins(told_after);
                races += 1;
                self.crowd.lost_race();
                // None were read where already holding them failed.
                if !self.book.wallets.is_empty() {
                    self.contended = self.book.all_wallets();
                }
            }
            if attempts > ATTEMPTS_MAX || races > RACES_MAX {
                return Err(self.failure(error));
            }
            metrics::counter!("polsband_lane_retries_total").increment(1);
            let pause = if is_lost { attempts } else { races / RACES_AT_ONCE };
            tokio::time::sleep(Duration::from_millis(u64::from(pause))).await;
        }
    }

    fn failure(&self, error: db::Error) -> Failure {
        if self.asked { Failure::Database(error) } else { Failure::NotBegun(error) }
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
        let mut tx = match self.turn.take() {
            Some(tx) => tx,
            None => self.begin().await?,
        };
        let Some(step) = db::step_lane(&mut tx, lane, now).await? else {
            self.lane = None;
            return Err(db::Error::LostRace("lane"));
        };
        self.asked = true;
        let gate_moved = self.gate != Some(step.gate);
        self.gate = Some(step.gate);
        self.begin_book(now, gate_moved);
        if self.crowd.is_turnless() && self.contended.is_empty() {
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
        self.book.pages.committed();
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
