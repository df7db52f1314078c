//! The adapters of each event, made from its profiles and kept for a moment: a callback needs one each time.

use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::store::profiles;
use crate::events::{Event, Profile};
use crate::ids::EventId;
use crate::providers::bancontact::{Bancontact, Settings};
use crate::providers::{Adapter, Connections, Provider, ProviderName};
use crate::secrets::KeyFile;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an event's adapters are used before its profiles are read again: a renewed API key counts from then on.
const KEPT: Duration = Duration::from_secs(5);
/// Most events whose adapters are kept; an installation has a handful open.
const EVENTS_MAX: usize = 256;

/// Makes adapters. Cheap to clone; clones share what is kept.
#[derive(Clone)]
pub struct Adapters(Arc<Inner>);

struct Inner {
    store: Store,
    keys: Arc<KeyFile>,
    clock: Clock,
    connections: Connections,
    public_url: String,
    kept: Mutex<HashMap<EventId, Kept>>,
}

/// When they were made, and the adapters.
type Kept = (Timestamp, Arc<[Adapter]>);

impl Adapters {
    /// `public_url` is where providers reach us; callbacks must say that they were meant for it.
    #[must_use]
    pub fn new(store: Store, keys: Arc<KeyFile>, clock: Clock, public_url: &str) -> Adapters {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let connections = Connections::new();
        Adapters(Arc::new(Inner { store, keys, clock, connections, public_url, kept: Mutex::default() }))
    }

    /// The adapters of an event, one for each of its profiles.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(&self, event: &Event) -> Result<Arc<[Adapter]>, db::Error> {
        let now = self.0.clock.now();
        {
            let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, adapters)) = kept.get(&event.id).filter(|(at, _)| now.is_near(*at, KEPT)) {
                return Ok(adapters.clone());
            }
        }
        let profiles = profiles(&mut *self.0.store.read().await?, &self.0.keys, event.id).await?;
        let adapters: Arc<[Adapter]> =
            profiles.into_iter().map(|profile| self.adapter(event, profile)).collect();
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= EVENTS_MAX {
            kept.clear();
        }
        kept.insert(event.id, (now, adapters.clone()));
        Ok(adapters)
    }

    /// Has the event's profiles read afresh next time.
    pub fn forget(&self, event: EventId) {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&event);
    }

    /// The adapter of an event for one provider, if it has a profile there.
    ///
    /// # Errors
    /// The database's.
    pub async fn one(&self, event: &Event, provider: ProviderName) -> Result<Option<Adapter>, db::Error> {
        Ok(self.of(event).await?.iter().find(|adapter| adapter.name() == provider).cloned())
    }

    fn adapter(&self, event: &Event, profile: Profile) -> Adapter {
        match profile.provider {
            ProviderName::Bancontact => Adapter::Bancontact(Bancontact::new(
                Settings {
                    profile: profile.profile_id,
                    endpoints: profile.endpoints,
                    callback_url: format!("{}/callbacks/bancontact/{}", self.0.public_url, event.slug),
                    api_key: profile.api_key,
                },
                &self.0.connections,
            )),
        }
    }
}
