//! When each terminal was last heard of: what tells a bar that stands idle from one whose tablet lies in the water.
//!
//! Whoever hears a terminal notes it in memory; what was noted is written some seconds later, all at once, so that a sale
//! pays nothing for it. After a crash the last seconds are missing and nobody is worse off.

pub mod store;

use super::Terminal;
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::ids::{EventId, TerminalId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A terminal that was heard of in this time is online: its app asks three times a minute.
const ONLINE: Duration = Duration::from_secs(5 * 60);

/// True for a terminal that was heard of lately.
#[must_use]
pub fn is_online(seen_at: Option<Timestamp>, now: Timestamp) -> bool {
    seen_at.is_some_and(|at| now.since(at) <= ONLINE)
}

/// What was heard and not written yet: as many as there are terminals at the most.
#[derive(Debug, Default)]
pub struct Sightings(Mutex<HashMap<(EventId, TerminalId), Timestamp>>);

impl Sightings {
    /// A terminal asked for something.
    pub fn note(&self, terminal: &Terminal, at: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert((terminal.event_id, terminal.id), at);
    }

    /// Writes what was noted. What can't be written is noted again.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, db: &Store) -> Result<(), db::Error> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if seen.is_empty() {
            return Ok(());
        }
        let mut sorted: Vec<_> = seen.into_iter().collect();
        sorted.sort_unstable();
        let written = db.transact(|tx| {
            let sorted = sorted.clone();
            Box::pin(async move { store::write(tx, &sorted).await })
        });
        let written = written.await;
        if written.is_err() {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (terminal, at) in sorted {
                seen.entry(terminal).or_insert(at);
            }
        }
        written
    }
}
