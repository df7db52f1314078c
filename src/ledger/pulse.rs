//! How the lane is: at work, stuck, or in trouble. Told to whoever hands requests in, to whoever watches, to the log.
//!
//! A database that hangs answers nobody, and a queue in front of it only makes everybody wait for the same silence. So
//! once a batch takes far too long, what comes is refused at once, until the batch ends or is given up. The log says
//! once that trouble began, now and then that it lasts, and once that it is over; each line says how many requests.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A batch under way for longer is stuck: the largest takes a second on a disk with 200 ms syncs.
const STUCK_AFTER: Duration = Duration::from_secs(5);
/// How long a failed batch counts against what commits after it.
const FAILURE_COUNTS: Duration = Duration::from_secs(3);
/// How often the log hears of trouble that lasts.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// Shared by the lane and its handles.
pub(super) struct Pulse {
    started: Instant,
    /// When the attempt under way began, in milliseconds after the start and at least 1; 0 between attempts.
    attempt_began: AtomicU64,
    /// Commits up to now.
    commits: AtomicU64,
    /// When a batch last failed for good, like `attempt_began`; 0 when none did.
    failed_at: AtomicU64,
    refused: AtomicU64,
    /// When the log last heard of refused requests, like `attempt_began`.
    refused_said: AtomicU64,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        let started = Instant::now();
        let [attempt_began, commits, failed_at, refused, refused_said] = [const { AtomicU64::new(0) }; 5];
        Pulse { started, attempt_began, commits, failed_at, refused, refused_said }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    pub(super) fn attempt_begins(&self) {
        self.attempt_began.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn attempt_ends(&self, committed: bool) {
        self.attempt_began.store(0, Ordering::Relaxed);
        self.commits.fetch_add(u64::from(committed), Ordering::Relaxed);
    }

    pub(super) fn is_stuck(&self) -> bool {
        let began = self.attempt_began.load(Ordering::Relaxed);
        began > 0 && self.now().saturating_sub(began) > STUCK_AFTER.as_millis() as u64
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
    said: Instant,
    requests: usize,
}

impl Trouble {
    pub(super) fn goes_on(&mut self, failure: impl Display, requests: usize) {
        let now = Instant::now();
        let Some(lasting) = &mut self.0 else {
            tracing::error!(%failure, requests, "the lane can't commit");
            self.0 = Some(Lasting { began: now, said: now, requests });
            return;
        };
        lasting.requests += requests;
        if lasting.said.elapsed() >= SAID_EVERY {
            let (seconds, requests) = (lasting.began.elapsed().as_secs(), lasting.requests);
            tracing::error!(%failure, requests, seconds, "the lane still can't commit");
            lasting.said = now;
        }
    }

    pub(super) fn is_over(&mut self) {
        if let Some(Lasting { began, requests, .. }) = self.0.take() {
            tracing::info!(requests, seconds = began.elapsed().as_secs(), "the lane commits again");
        }
    }
}
