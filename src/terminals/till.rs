//! The till: what a server keeps to serve terminals, and operators in their place.

use super::batch::CHARGES_OF_BATCHES_MAX;
use super::devices::Tokens;
use super::{Terminal, store};
use crate::db::{self, Store};
use crate::ledger::{LaneError, LaneHandle};
use crate::media::Scanner;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Serves terminals. Cheap to clone.
#[derive(Clone)]
pub struct Till {
    pub(super) store: Store,
    pub(super) lane: LaneHandle,
    pub(super) scanner: Arc<Scanner>,
    /// Places for the charges of batches in the lane's queue.
    pub(super) batches: Arc<Semaphore>,
    tokens: Arc<Tokens>,
}

/// Why there is no answer, not even a refusal. Nothing is known of the outcome: ask by the charge's id.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// The lane's queue is full, or it can't commit.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Till {
    /// A till on this database and lane.
    #[must_use]
    pub fn new(store: Store, lane: LaneHandle, scanner: Arc<Scanner>) -> Till {
        let batches = Arc::new(Semaphore::new(CHARGES_OF_BATCHES_MAX));
        Till { store, lane, scanner, batches, tokens: Arc::default() }
    }

    /// The terminal that carries a token, if the token was seen to work before.
    #[must_use]
    pub fn known_terminal(&self, token: &str) -> Option<Arc<Terminal>> {
        self.tokens.known(token)
    }

    /// The terminal that carries a token; none for anything else. It may have been revoked a moment ago: the
    /// till's own calls notice, and whoever does something else with it asks [`Till::is_live`] first.
    ///
    /// # Errors
    /// The database's.
    pub async fn terminal(&self, token: &str) -> Result<Option<Arc<Terminal>>, db::Error> {
        self.tokens.terminal(&self.store, token).await
    }

    /// True while the terminal is not revoked.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_live(&self, terminal: &Terminal) -> Result<bool, db::Error> {
        store::is_live(&mut *self.store.read_at_bar().await?, terminal.event_id, terminal.id).await
    }
}
