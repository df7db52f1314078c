//! The adapters of the events that get callbacks: made from their profiles, kept for moments.

use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::{self, Event, Profile};
use crate::providers::bancontact::{Bancontact, Settings};
use crate::providers::{Adapter, Connections, ProviderName, ServiceUrl};
use crate::secrets::KeyFile;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an event's profile is believed to be what it was: a new API key works after that.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// Most events kept. An organiser has dozens.
const EVENTS_MAX: usize = 1_000;

/// An event with whom its callbacks are checked by.
#[derive(Debug)]
pub(in crate::web) struct Receiving {
    pub(in crate::web) event: Event,
    pub(in crate::web) adapters: Vec<Adapter>,
}

/// What is kept, by slug.
pub(super) struct Adapters {
    store: Store,
    keys: Arc<KeyFile>,
    clock: Clock,
    connections: Connections,
    public_url: ServiceUrl,
    kept: Mutex<HashMap<String, (Timestamp, Arc<Receiving>)>>,
}

impl Adapters {
    pub(super) fn new(
        store: Store,
        keys: Arc<KeyFile>,
        clock: Clock,
        connections: Connections,
        public_url: ServiceUrl,
    ) -> Adapters {
        Adapters { store, keys, clock, connections, public_url, kept: Mutex::default() }
    }

    /// The adapters of the event `slug`; `None` when there is no such event.
    pub(super) async fn of(&self, slug: &str) -> Result<Option<Arc<Receiving>>, db::Error> {
        let now = self.clock.now();
        if let Some((read_at, receiving)) = self.kept().get(slug)
            && now.since(*read_at) < FRESH_FOR
        {
            return Ok(Some(Arc::clone(receiving)));
        }
        let Some(receiving) = self.read(slug).await? else {
            self.kept().remove(slug);
            return Ok(None);
        };
        let receiving = Arc::new(receiving);
        let mut kept = self.kept();
        if kept.len() >= EVENTS_MAX {
            kept.clear();
        }
        kept.insert(slug.to_owned(), (now, Arc::clone(&receiving)));
        Ok(Some(receiving))
    }

    async fn read(&self, slug: &str) -> Result<Option<Receiving>, db::Error> {
        let mut session = self.store.read().await?;
        let Some(event) = events::store::by_slug(&mut session, slug).await? else {
            return Ok(None);
        };
        let profiles = events::store::profiles(&mut session, &self.keys, event.id).await?;
        let adapters = profiles.into_iter().map(|profile| self.adapter(slug, profile)).collect();
        Ok(Some(Receiving { event, adapters }))
    }

    /// Adapters share connections and key sets, so that making one anew costs nothing.
    fn adapter(&self, slug: &str, profile: Profile) -> Adapter {
        let callback_url = callback_url(&self.public_url, profile.provider, slug);
        let Profile { profile_id: profile, endpoints, api_key, .. } = profile;
        Adapter::Bancontact(Bancontact::new(
            Settings { profile, endpoints, callback_url, api_key },
            &self.connections,
        ))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Timestamp, Arc<Receiving>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a provider sends the callbacks of an event: what it is told, and what it signs.
#[must_use]
pub fn callback_url(public_url: &ServiceUrl, provider: ProviderName, slug: &str) -> String {
    format!("{public_url}/callbacks/{}/{slug}", provider.as_str())
}
