//! When each open event's last genuine callback came: what an alarm watches, after a restart as well.

use crate::clock::Timestamp;
use crate::db::{self, Session, Store};
use crate::events::store::EVENTS_MAX;
use crate::events::{self, Event};
use crate::ids::EventId;
use crate::payments;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Remembers the last callbacks. What came before this process started, the payments tell.
pub(in crate::web) struct LastCallbacks {
    store: Store,
    kept: Mutex<HashMap<EventId, Timestamp>>,
}

impl LastCallbacks {
    pub(in crate::web) fn new(store: Store) -> LastCallbacks {
        LastCallbacks { store, kept: Mutex::default() }
    }

    /// A genuine callback came.
    pub(in crate::web) fn note(&self, event: EventId, at: Timestamp) {
        let mut kept = self.kept();
        let last = kept.entry(event).or_insert(at);
        *last = at.max(*last);
    }

    /// As gauges in Prometheus's text, a line for each open event. Where no callback has come yet the age counts from
    /// the event's making, so that an alarm goes off there too.
    pub(in crate::web) async fn measured(&self, now: Timestamp) -> Result<String, db::Error> {
        let events = self.of_open_events().await?;
        let mut text = String::new();
        let mut gauge = |name: &str, words: &str, lines: Vec<(&Event, Duration)>| {
            if !lines.is_empty() {
                let _ = writeln!(text, "# HELP {name} {words}\n# TYPE {name} gauge");
            }
            for (event, time) in lines {
                let (seconds, millis) = (time.as_secs(), time.subsec_millis());
                let _ = writeln!(text, "{name}{{event=\"{}\"}} {seconds}.{millis:03}", event.slug);
            }
        };
        let came = events.iter().filter_map(|(event, at)| Some((event, at.as_ref()?.since(Timestamp(0)))));
        gauge(
            "polsband_last_callback_timestamp_seconds",
            "When an open event's last genuine callback came",
            came.collect(),
        );
        let aged = events.iter().map(|(event, at)| (event, now.since(at.unwrap_or(event.created_at))));
        gauge(
            "polsband_last_callback_age_seconds",
            "How long ago that was, or how old the event is where none came yet",
            aged.collect(),
        );
        Ok(text)
    }

    /// The last one of an event. Another process may have heard it.
    pub(in crate::web) async fn of(
        &self,
        session: &mut Session,
        event: EventId,
    ) -> Result<Option<Timestamp>, db::Error> {
        let told = payments::store::last_callback_at(session, event).await?;
        Ok(told.max(self.kept().get(&event).copied()))
    }

    async fn of_open_events(&self) -> Result<Vec<(Event, Option<Timestamp>)>, db::Error> {
        let mut session = self.store.read().await?;
        let mut events = events::store::list(&mut session, None, EVENTS_MAX).await?;
        events.retain(Event::is_open);
        let open: HashSet<EventId> = events.iter().map(|event| event.id).collect();
        self.kept().retain(|event, _| open.contains(event));
        let mut measured = Vec::with_capacity(events.len());
        for event in events {
            let known = self.kept().get(&event.id).copied();
            let last = match known {
                Some(at) => Some(at),
                None => payments::store::last_callback_at(&mut session, event.id).await?,
            };
            if let Some(at) = last {
                self.note(event.id, at);
            }
            measured.push((event, last));
        }
        Ok(measured)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<EventId, Timestamp>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
