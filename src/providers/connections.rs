//! What all adapters share: connections and key sets.

use super::bancontact::key_cache::KeyCaches;
use super::http::{HttpClient, Patience};
#[cfg(test)]
use std::time::Duration;

/// Made once per process; clones share.
#[derive(Clone, Debug)]
pub struct Connections {
    pub(in crate::providers) http: HttpClient,
    pub(in crate::providers) key_caches: KeyCaches,
}

impl Connections {
    /// Opens nothing yet. On a machine without trusted certificates https calls will say so, each time.
    #[must_use]
    pub fn new() -> Connections {
        Connections::over(HttpClient::new(Patience::default()))
    }

    #[cfg(test)]
    pub(in crate::providers) fn with_patience(time_max: Duration) -> Connections {
        Connections::over(HttpClient::new(Patience { call_max: time_max, key_set_max: time_max }))
    }

    fn over(http: HttpClient) -> Connections {
        Connections { key_caches: KeyCaches::new(http.clone()), http }
    }
}

impl Default for Connections {
    fn default() -> Connections {
        Connections::new()
    }
}
