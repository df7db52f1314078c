//! The events that are asked for all the time, by slug: read once, believed for moments.

use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::{self, Event};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an event is believed to be what it was. Whether it is open is decided in the lane, not here.
const KEPT: Duration = Duration::from_secs(5);

/// Most events kept. An installation has dozens.
const EVENTS_MAX: usize = 256;

type Kept = HashMap<String, (Timestamp, Arc<Event>)>;

/// Finds events. Cheap to clone; clones share what is kept.
#[derive(Clone)]
pub(in crate::web) struct EventsKnown {
    store: Store,
    clock: Clock,
    kept: Arc<Mutex<Kept>>,
}

impl EventsKnown {
    pub(in crate::web) fn new(store: Store, clock: Clock) -> EventsKnown {
        EventsKnown { store, clock, kept: Arc::default() }
    }

    /// The event `slug`, as it was a few seconds ago at most; `None` when there is none.
    pub(in crate::web) async fn by_slug(&self, slug: &str) -> Result<Option<Arc<Event>>, db::Error> {
        let now = self.clock.now();
        let kept = self.kept().get(slug).filter(|(at, _)| now.is_near(*at, KEPT)).cloned();
        if let Some((_, event)) = kept {
            return Ok(Some(event));
        }
        let found = events::store::by_slug(&mut *self.store.read().await?, slug).await?;
        let Some(event) = found.map(Arc::new) else { return Ok(None) };
        let mut kept = self.kept();
        if kept.len() >= EVENTS_MAX {
            kept.clear();
        }
        kept.insert(slug.to_owned(), (now, Arc::clone(&event)));
        Ok(Some(event))
    }

    /// True for an event that was found before, however long ago.
    pub(in crate::web) fn heard_of(&self, slug: &str) -> bool {
        self.kept().contains_key(slug)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
