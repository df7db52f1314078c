//! Reads scanned texts for a whole installation: knows our addresses and our profiles, and finds the medium.

use super::store::{self, MediumView};
use super::{Scanned, reference_hash, scan};
use crate::codes::{Reference, Serial};
use crate::db::{Error, Store};
use crate::ids::EventId;
use crate::providers::{ProfileId, ServiceUrl};
use crate::secrets::{CodeHash, KeyFile};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

/// What whoever scanned a top-up code with a profile that is not ours is told.
pub(super) const COUNTERFEIT: &str =
    "this top-up code is a counterfeit: money paid onto it goes to somebody else";

/// Reads scanned texts. Bare codes cost one keyed hash; only links need to know our addresses, which are read
/// from the database once and again whenever a link is not recognised: addresses come, and none ever goes.
pub struct Scanner {
    store: Store,
    keys: Arc<KeyFile>,
    public_url: ServiceUrl,
    known: RwLock<Arc<Addresses>>,
}

/// Where our printed links and codes lead, and to whom each event's top-up codes may pay.
#[derive(Default)]
struct Addresses {
    hosts: Vec<ServiceUrl>,
    profiles: Vec<(EventId, ProfileId)>,
}

/// What stands behind a scanned text.
#[derive(Debug)]
pub enum Found {
    /// A medium of one of our events.
    Medium(Box<MediumView>),
    /// In the shape of one of our codes, but there is no such medium.
    Unknown,
    /// Not a code of ours, with a sentence for the person who scanned it.
    Foreign(&'static str),
}

impl Scanner {
    /// A scanner for the codes of this database. `public_url` is our own address, now.
    #[must_use]
    pub fn new(store: Store, keys: Arc<KeyFile>, public_url: ServiceUrl) -> Scanner {
        Scanner { store, keys, public_url, known: RwLock::default() }
    }

    /// Reads a text. A top-up code that pays to another profile than those of `event` (of any event where none is
    /// named) is foreign: a counterfeit.
    ///
    /// # Errors
    /// The database's.
    pub async fn scan(&self, event: Option<EventId>, text: &str) -> Result<Scanned, Error> {
        if !text.contains("://") {
            return Ok(scan(&self.keys, text, &[]));
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        match self.read(&known, event, text) {
            Scanned::Foreign(_) => {
                let fresh = Arc::new(self.load().await?);
                self.known.write().unwrap_or_else(PoisonError::into_inner).clone_from(&fresh);
                Ok(self.read(&fresh, event, text))
            }
            scanned => Ok(scanned),
        }
    }

    /// Reads a text and finds the medium behind it, of whichever event.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, text: &str) -> Result<Found, Error> {
        let (hash, profile) = match self.scan(None, text).await? {
            Scanned::Code { hash, profile, .. } => (hash, profile),
            Scanned::Mistyped => return Ok(Found::Unknown),
            Scanned::Foreign(why) => return Ok(Found::Foreign(why)),
        };
        let Some(view) = store::by_code(&mut *self.store.read().await?, hash).await? else {
            return Ok(Found::Unknown);
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        match profile {
            Some(profile) if !known.is_ours(Some(view.medium.event_id), &profile) => {
                Ok(Found::Foreign(COUNTERFEIT))
            }
            _ => Ok(Found::Medium(Box::new(view))),
        }
    }

    /// The serials that an event printed beside these references; a reference that it printed nowhere has none.
    ///
    /// # Errors
    /// The database's.
    pub async fn serials(
        &self,
        event: EventId,
        references: &BTreeSet<Reference>,
    ) -> Result<BTreeMap<Reference, Serial>, Error> {
        let hashes: Vec<CodeHash> =
            references.iter().map(|reference| reference_hash(&self.keys, reference)).collect();
        let printed = store::printed(&mut *self.store.read().await?, event, hashes.into_iter()).await?;
        Ok(printed.into_iter().collect())
    }

    fn read(&self, known: &Addresses, event: Option<EventId>, text: &str) -> Scanned {
        match scan(&self.keys, text, &known.hosts) {
            Scanned::Code { profile: Some(profile), .. } if !known.is_ours(event, &profile) => {
                Scanned::Foreign(COUNTERFEIT)
            }
            scanned => scanned,
        }
    }

    async fn load(&self) -> Result<Addresses, Error> {
        let mut session = self.store.read().await?;
        let printed = store::printed_addresses(&mut session).await?;
        let profiles = store::profile_addresses(&mut session).await?;
        let stored = printed.into_iter().chain(profiles.iter().filter_map(|(_, _, url)| url.clone()));
        let mut hosts = vec![self.public_url.clone()];
        for url in stored.filter_map(|url| ServiceUrl::parse(&url).ok()) {
            if !hosts.contains(&url) {
                hosts.push(url);
            }
        }
        let profiles = profiles.into_iter().map(|(event, id, _)| (event, ProfileId(id))).collect();
        Ok(Addresses { hosts, profiles })
    }
}

impl Addresses {
    fn is_ours(&self, event: Option<EventId>, profile: &ProfileId) -> bool {
        self.profiles.iter().any(|(whose, id)| id == profile && event.is_none_or(|event| event == *whose))
    }
}
