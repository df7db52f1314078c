//! When each API token was last used: what tells one that nobody needs any more from one that a program lives by.
//!
//! Whoever lets a token in notes it here, in memory, once an hour for each; what was noted is written some seconds later, so
//! that no call waits for it. Each process writes a token once an hour at the most.

use super::store;
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::secrets::{TokenHash, token_hash};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a token's use is noted.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// The last use of each token that was noted by this process: as many as there are tokens at the most.
#[derive(Debug, Default)]
pub struct TokenUses(Mutex<HashMap<[u8; 32], Noted>>);

#[derive(Clone, Copy, Debug)]
struct Noted {
    at: Timestamp,
    is_written: bool,
}

impl TokenUses {
    /// A token let somebody in.
    pub fn note(&self, token: &str, at: Timestamp) {
        let hash = token_hash(token).0;
        let mut noted = self.noted();
        if noted.get(&hash).is_none_or(|last| !at.is_near(last.at, NOTED_EVERY)) {
            noted.insert(hash, Noted { at, is_written: false });
        }
    }

    /// Writes what was noted. What can't be written waits for the next time.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, db: &Store) -> Result<(), db::Error> {
        let mut uses: Vec<(TokenHash, Timestamp)> = {
            let noted = self.noted();
            let fresh = noted.iter().filter(|(_, noted)| !noted.is_written);
            fresh.map(|(hash, noted)| (TokenHash(*hash), noted.at)).collect()
        };
        if uses.is_empty() {
            return Ok(());
        }
        uses.sort_unstable_by_key(|(hash, _)| hash.0);
        db.transact(|tx| {
            let uses = uses.clone();
            Box::pin(async move { store::write_token_uses(tx, &uses).await })
        })
        .await?;
        let mut noted = self.noted();
        for (hash, at) in uses {
            if let Some(written) = noted.get_mut(&hash.0).filter(|noted| noted.at == at) {
                written.is_written = true;
            }
        }
        Ok(())
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<[u8; 32], Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
