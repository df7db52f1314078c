//! Knows terminals by their tokens, without asking the database each time.

use super::enrol::TOKEN_PREFIX;
use super::store;
use crate::db::{Error, Store};
use crate::secrets::token_hash;
use crate::terminals::Terminal;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Most tokens remembered at once: ten times the largest festival's terminals. When they are more, all are
/// forgotten and read again as they come.
pub const TOKENS_KEPT_MAX: usize = 10_000;
/// The length of a token: its prefix and 256 bits in 52 characters.
const TOKEN_BYTES: usize = TOKEN_PREFIX.len() + 52;

/// The tokens seen lately. Only tokens that exist are remembered, so that guessing fills nothing.
#[derive(Default)]
pub(in crate::terminals) struct Tokens {
    known: RwLock<HashMap<[u8; 32], Arc<Terminal>>>,
}

impl Tokens {
    /// The terminal of a remembered token.
    pub(in crate::terminals) fn known(&self, token: &str) -> Option<Arc<Terminal>> {
        if !may_be_one(token) {
            return None;
        }
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&token_hash(token).0).cloned()
    }

    /// The terminal that carries a token. Remembered ones may have been revoked since: whoever acts on the
    /// answer asks for that again, in the lane or in the database.
    pub(in crate::terminals) async fn terminal(
        &self,
        store: &Store,
        token: &str,
    ) -> Result<Option<Arc<Terminal>>, Error> {
        if !may_be_one(token) {
            return Ok(None);
        }
        if let Some(known) = self.known(token) {
            return Ok(Some(known));
        }
        let hash = token_hash(token);
        let Some(terminal) = store::by_token(&mut *store.read().await?, hash).await? else {
            return Ok(None);
        };
        let terminal = Arc::new(terminal);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_KEPT_MAX {
            known.clear();
        }
        known.insert(hash.0, terminal.clone());
        Ok(Some(terminal))
    }
}

fn may_be_one(token: &str) -> bool {
    token.len() == TOKEN_BYTES && token.starts_with(TOKEN_PREFIX)
}
