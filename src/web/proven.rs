//! Tokens and sessions of people, looked up so that guessing starves nobody.
//!
//! One that worked lately meets no limit. Any other is counted by the address it comes from before the database is
//! asked for it: whoever floods the service with tokens they made up soon gets their answer without a query, and
//! whoever works beside them, from the same address even, notices nothing. Those that are looked up take turns.

use super::client::Client;
use super::problem::Problem;
use super::throttle::{Throttle, counted};
use super::turns::Turns;
use crate::clock::Clock;
use crate::secrets::token_hash;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tokens and sessions tried a minute by one address, of those that are not known to work. After a restart each of an
/// office's browsers and programs is tried once.
const TRIED_PER_MINUTE: u32 = 120;
/// Most that are known to work at a time; when there are more, all are tried again.
const PROVEN_MAX: usize = 4_096;

/// What worked lately. Whether it still does, the database is asked each time.
pub(in crate::web) struct Proven {
    hashes: Mutex<HashSet<[u8; 32]>>,
    tried: Throttle,
    newcomers: Turns,
}

impl Proven {
    pub(in crate::web) fn new(clock: Clock, newcomers: Turns) -> Proven {
        Proven { hashes: Mutex::default(), tried: Throttle::per_minute(TRIED_PER_MINUTE, clock), newcomers }
    }

    /// Whoever `look_up` finds behind `secret`, if this client may have it looked up.
    ///
    /// # Errors
    /// 429 or 503 without asking; what `look_up` fails with.
    pub(in crate::web) async fn holder<T, E>(
        &self,
        client: &Client,
        secret: &str,
        look_up: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, Problem>
    where
        Problem: From<E>,
    {
        let hash = token_hash(secret).0;
        let is_proven = self.hashes().contains(&hash);
        let turn = match is_proven {
            true => None,
            false => {
                counted("token", self.tried.count(client.key()))?;
                Some(self.newcomers.take().await?)
            }
        };
        let found = look_up.await?;
        drop(turn);
        let mut hashes = self.hashes();
        if found.is_none() {
            hashes.remove(&hash);
        } else {
            if hashes.len() >= PROVEN_MAX {
                hashes.clear();
            }
            hashes.insert(hash);
        }
        Ok(found)
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
