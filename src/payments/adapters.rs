//! The adapters of each event, made from its profiles and kept for a moment: a callback needs one each time.

use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::accounts::{self, callback_url};
use crate::events::store::profiles;
use crate::events::{Event, Profile};
use crate::ids::EventId;
use crate::providers::bancontact::{Bancontact, Settings};
use crate::providers::{Account, Adapter, Connections, Provider, ProviderName};
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
        let mut session = self.0.store.read().await?;
        let printed = profiles(&mut session, &self.0.keys, event.id).await?;
        let accounts = accounts::store::all(&mut session, &self.0.keys, event.id).await?;
        drop(session);
        let printed = printed.into_iter().map(|profile| self.printed(event, profile));
        let accounts = accounts.into_iter().filter_map(|account| self.account(event, account));
        let adapters: Arc<[Adapter]> = printed.chain(accounts).collect();
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= EVENTS_MAX {
            kept.clear();
        }
        kept.insert(event.id, (now, adapters.clone()));
        Ok(adapters)
    }

    /// The adapter of an event for one provider, if it has a profile there.
    ///
    /// # Errors
    /// The database's.
    pub async fn one(&self, event: &Event, provider: ProviderName) -> Result<Option<Adapter>, db::Error> {
        Ok(self.of(event).await?.iter().find(|adapter| adapter.name() == provider).cloned())
    }

    fn printed(&self, event: &Event, profile: Profile) -> Adapter {
        Adapter::Bancontact(Bancontact::new(
            Settings {
                profile: profile.profile_id,
                endpoints: profile.endpoints,
                callback_url: callback_url(&self.0.public_url, profile.provider, event),
                api_key: profile.api_key,
            },
            &self.0.connections,
        ))
    }

    fn account(&self, event: &Event, account: Account) -> Option<Adapter> {
        let callback_url = callback_url(&self.0.public_url, account.provider, event);
        Adapter::of_account(account, callback_url, &self.0.connections)
    }

    /// The connections that all adapters share.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.0.connections
    }

    /// Has the event's profiles and accounts read again: somebody changed them here.
    pub fn forget(&self, event: EventId) {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&event);
    }
}
