//! Keeps the provider's key set at hand: fetched when first needed, again after twelve hours, and again when a
//! callback names a key we don't have.
//!
//! Bancontact changes keys without notice and allows to keep them for twelve hours. Anyone can send a callback that
//! names an unknown key, so attempts are at least ten seconds apart, and callbacks that need one at the same time
//! share it. When the key set can't be had, the old keys stay.

use super::key_set::{KEY_SET_BYTES_MAX, KeySet};
use crate::clock::Timestamp;
use crate::providers::http::{HttpClient, Request};
use crate::providers::{CallError, ServiceUrl};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const FRESH_FOR: Duration = Duration::from_secs(12 * 3600);
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(10);

/// One cache per key-set address, shared by all profiles that use it.
#[derive(Clone, Debug)]
pub(in crate::providers) struct KeyCaches {
    http: HttpClient,
    by_address: Arc<Mutex<HashMap<String, Arc<KeyCache>>>>,
}

impl KeyCaches {
    pub(in crate::providers) fn new(http: HttpClient) -> KeyCaches {
        KeyCaches { http, by_address: Arc::default() }
    }

    pub(super) fn at(&self, address: &ServiceUrl) -> Arc<KeyCache> {
        let mut caches = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = caches.entry(address.as_str().to_owned());
        Arc::clone(cache.or_insert_with(|| Arc::new(KeyCache::new(self.http.clone(), address.clone()))))
    }
}

/// The keys served at one address.
#[derive(Debug)]
pub(super) struct KeyCache {
    http: HttpClient,
    address: ServiceUrl,
    held: Mutex<Held>,
    /// Held by whoever is fetching.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Debug, Default)]
struct Held {
    keys: Option<Arc<KeySet>>,
    /// Counts the fetches that succeeded.
    generation: u64,
    fetched_at: Option<Timestamp>,
    attempted_at: Option<Timestamp>,
    failure: Option<String>,
}

/// A key set to verify with, without any lock.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) set: Arc<KeySet>,
    /// Fetched on behalf of this very call: what is not in here, the provider does not have.
    pub(super) just_fetched: bool,
    generation: u64,
}

/// Why there is no (newer) key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unavailable {
    pub(super) retry_after: Duration,
    pub(super) why: String,
}

impl KeyCache {
    fn new(http: HttpClient, address: ServiceUrl) -> KeyCache {
        KeyCache { http, address, held: Mutex::default(), turn: Arc::default() }
    }

    /// Keys to verify with. Fetches them when there are none or they are old; old ones do when that fails, and while
    /// somebody else is trying, so that an outage slows down one callback in ten seconds and not all of them.
    pub(super) async fn current(self: &Arc<Self>, now: Timestamp) -> Result<Keys, Unavailable> {
        let held = self.held().clone();
        let Some(set) = held.keys else {
            return self.fetch_after(held.generation, now).await;
        };
        let keys = Keys { set, just_fetched: false, generation: held.generation };
        let fresh = held.fetched_at.is_some_and(|at| at.is_near(now, FRESH_FOR));
        let just_tried = held.attempted_at.is_some_and(|at| at.is_near(now, BETWEEN_ATTEMPTS));
        if fresh || just_tried {
            return Ok(keys);
        }
        Ok(self.fetch_after(keys.generation, now).await.unwrap_or(keys))
    }

    /// Keys fetched later than `seen`.
    pub(super) async fn newer_than(
        self: &Arc<Self>,
        seen: &Keys,
        now: Timestamp,
    ) -> Result<Keys, Unavailable> {
        self.fetch_after(seen.generation, now).await
    }

    async fn fetch_after(self: &Arc<Self>, generation: u64, now: Timestamp) -> Result<Keys, Unavailable> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(fetched) = self.fetched_after(generation) {
            return Ok(fetched);
        }
        self.start_attempt(now)?;
        // A task of its own: a caller who hangs up must not leave a spent attempt and no keys.
        let cache = Arc::clone(self);
        let fetching = tokio::spawn(async move {
            let outcome = cache.fetch(now).await;
            cache.finish_attempt(outcome, now);
            drop(turn);
        });
        if fetching.await.is_err() {
            self.held().failure = Some("fetching them was cut short".to_owned());
        }
        self.fetched_after(generation).ok_or_else(|| self.unavailable(now))
    }

    fn fetched_after(&self, generation: u64) -> Option<Keys> {
        let held = self.held();
        let set = held.keys.clone().filter(|_| held.generation > generation)?;
        Some(Keys { set, just_fetched: true, generation: held.generation })
    }

    fn start_attempt(&self, now: Timestamp) -> Result<(), Unavailable> {
        let too_soon = self.held().attempted_at.is_some_and(|at| at.is_near(now, BETWEEN_ATTEMPTS));
        if too_soon {
            return Err(self.unavailable(now));
        }
        self.held().attempted_at = Some(now);
        Ok(())
    }

    fn unavailable(&self, now: Timestamp) -> Unavailable {
        let held = self.held();
        let waited = held.attempted_at.map_or(BETWEEN_ATTEMPTS, |at| now.since(at));
        let wait_s = BETWEEN_ATTEMPTS.saturating_sub(waited).as_micros().div_ceil(1_000_000);
        let retry_after = Duration::from_secs(u64::try_from(wait_s).unwrap_or(1).max(1));
        let why = held.failure.clone().unwrap_or_else(|| "they were fetched less than 10 s ago".to_owned());
        Unavailable { retry_after, why }
    }

    async fn fetch(&self, now: Timestamp) -> Result<KeySet, String> {
        let request = Request {
            service: &self.address,
            path: "",
            headers: Vec::new(),
            json: None,
            time_max: self.http.patience.key_set_max,
            answer_bytes_max: KEY_SET_BYTES_MAX,
        };
        let answer = self.http.send(request, now).await.map_err(|e: CallError| e.to_string())?;
        if answer.status != 200 {
            return Err(format!("{} answered {}", self.address, answer.status));
        }
        KeySet::parse(&answer.body).map_err(|why| format!("{}: {why}", self.address))
    }

    fn finish_attempt(&self, outcome: Result<KeySet, String>, now: Timestamp) {
        let mut held = self.held();
        match outcome {
            Ok(set) => {
                if held.keys.as_deref() != Some(&set) {
                    tracing::info!(address = %self.address, keys = set.names(), "provider's key set taken over");
                }
                held.keys = Some(Arc::new(set));
                held.generation += 1;
                held.fetched_at = Some(now);
                held.failure = None;
            }
            Err(why) => {
                let keeping_old = held.keys.is_some();
                tracing::warn!(address = %self.address, why, keeping_old, "provider's key set can't be had");
                held.failure = Some(why);
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing can panic while it is locked; were it to happen, the value is whole all the same.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
