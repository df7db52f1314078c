//! How the lane is: at work, stuck, or in trouble. Told to whoever hands requests in, to whoever watches, to the log.
//!
//! A database that hangs answers nobody, and a queue in front of it only makes everybody wait for the same silence. So
//! once a batch takes far too long, what comes is refused at once, and so is what waits, until the batch ends or is given
//! up. The log says once that trouble began and why, now and then that it lasts, and once that it is over; each line says
//! how many requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a failed batch counts against what commits after it.
const FAILURE_COUNTS: Duration = Duration::from_secs(3);
/// How often the log hears of trouble that lasts.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// Shared by the lane and its handles.
pub(super) struct Pulse {
    started: Instant,
    /// From when on the batch under way is stuck, in milliseconds after the start; 0 between batches.
    stuck_from: AtomicU64,
    /// Commits up to now.
    commits: AtomicU64,
    /// When a batch last failed for good, like `stuck_from`; 0 when none did.
    failed_at: AtomicU64,
    refused: AtomicU64,
    /// When the log last heard of refused requests, like `stuck_from`.
    refused_said: AtomicU64,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        let started = Instant::now();
        let [stuck_from, commits, failed_at, refused, refused_said] = [const { AtomicU64::new(0) }; 5];
        Pulse { started, stuck_from, commits, failed_at, refused, refused_said }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// One that takes longer than this is stuck.
    pub(super) fn batch_begins(&self, time_max: Duration) {
        self.stuck_from.store(self.now() + time_max.as_millis() as u64, Ordering::Relaxed);
    }

    pub(super) fn batch_ends(&self, committed: bool) {
        self.stuck_from.store(0, Ordering::Relaxed);
        self.commits.fetch_add(u64::from(committed), Ordering::Relaxed);
    }

    pub(super) fn is_stuck(&self) -> bool {
        let from = self.stuck_from.load(Ordering::Relaxed);
        from > 0 && self.now() > from
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn fails(&self) {
        self.failed_at.store(self.now(), Ordering::Relaxed);
    }

    /// True when a batch failed moments ago. A disk that is full takes a small write now and then.
    pub(super) fn just_failed(&self) -> bool {
        let failed_at = self.failed_at.load(Ordering::Relaxed);
        failed_at > 0 && self.now().saturating_sub(failed_at) < FAILURE_COUNTS.as_millis() as u64
    }

    /// A request was not taken.
    pub(super) fn refused(&self, why: &'static str) {
        metrics::counter!("polsband_lane_refused_total", "why" => why).increment(1);
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        let (now, said) = (self.now(), self.refused_said.load(Ordering::Relaxed));
        let is_due = said == 0 || now.saturating_sub(said) >= SAID_EVERY.as_millis() as u64;
        let mine = || self.refused_said.compare_exchange(said, now, Ordering::Relaxed, Ordering::Relaxed);
        if is_due && mine().is_ok() {
            tracing::warn!(why, refused, "the lane refuses requests: they are told to come again");
        }
    }
}

/// What the lane itself tells the log.
#[derive(Default)]
pub(super) struct Trouble(Option<Lasting>);

struct Lasting {
    began: Instant,
    said: Option<Instant>,
    requests: usize,
}

impl Trouble {
    /// So many requests more were told; true when the log is to hear why.
    pub(super) fn goes_on(&mut self, requests: usize) -> bool {
        let lasting =
            self.0.get_or_insert_with(|| Lasting { began: Instant::now(), said: None, requests: 0 });
        lasting.requests += requests;
        lasting.said.is_none_or(|said| said.elapsed() >= SAID_EVERY)
    }

    pub(super) fn is_said(&mut self, failure: &str) {
        let Some(Lasting { began, said, requests }) = &mut self.0 else { return };
        let (requests, seconds) = (*requests, began.elapsed().as_secs());
        match said.replace(Instant::now()) {
            None => tracing::error!(failure, requests, "the lane can't commit"),
            Some(_) => tracing::error!(failure, requests, seconds, "the lane still can't commit"),
        }
    }

    pub(super) fn is_over(&mut self) {
        if let Some(Lasting { began, requests, .. }) = self.0.take() {
            tracing::info!(requests, seconds = began.elapsed().as_secs(), "the lane commits again");
        }
    }
}
