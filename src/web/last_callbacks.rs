//! When each open event's last genuine callback of each of its providers came: what an alarm watches, after a restart as well.

use crate::clock::Timestamp;
use crate::db::{self, Session, Store};
use crate::events::store::EVENTS_MAX;
use crate::events::{self, Event, accounts};
use crate::ids::EventId;
use crate::payments;
use crate::providers::ProviderName;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whose callbacks, and for which event.
type Whose = (EventId, ProviderName);

/// An event and one of its providers, when that called back last, and since when the event has it.
type Measured = (Event, ProviderName, Option<Timestamp>, Timestamp);

/// Remembers the last callbacks. What came before this process started, the payments tell.
pub(in crate::web) struct LastCallbacks {
    store: Store,
    kept: Mutex<HashMap<Whose, Timestamp>>,
}

impl LastCallbacks {
    pub(in crate::web) fn new(store: Store) -> LastCallbacks {
        LastCallbacks { store, kept: Mutex::default() }
    }

    /// A genuine callback came.
    pub(in crate::web) fn note(&self, whose: Whose, at: Timestamp) {
        let mut kept = self.kept();
        let last = kept.entry(whose).or_insert(at);
        *last = at.max(*last);
    }

    /// As gauges in Prometheus's text, a line for each provider of each open event. Where no callback has come yet the age
    /// counts from when the event was given the provider, so that an alarm goes off there too.
    pub(in crate::web) async fn measured(&self, now: Timestamp) -> Result<String, db::Error> {
        let events = self.of_open_events().await?;
        let mut text = String::new();
        let mut gauge = |name: &str, words: &str, lines: Vec<(&Event, ProviderName, Duration)>| {
            if !lines.is_empty() {
                let _ = writeln!(text, "# HELP {name} {words}\n# TYPE {name} gauge");
            }
            for (event, provider, time) in lines {
                let labels = format!("event=\"{}\",provider=\"{}\"", event.slug, provider.as_str());
                let (seconds, millis) = (time.as_secs(), time.subsec_millis());
                let _ = writeln!(text, "{name}{{{labels}}} {seconds}.{millis:03}");
            }
        };
        let came = events.iter().filter_map(|(event, provider, at, _)| {
            Some((event, *provider, at.as_ref()?.since(Timestamp(0))))
        });
        gauge(
            "polsband_last_callback_timestamp_seconds",
            "When a provider's last genuine callback for an open event came",
            came.collect(),
        );
        let aged = events
            .iter()
            .map(|(event, provider, at, added_at)| (event, *provider, now.since(at.unwrap_or(*added_at))));
        gauge(
            "polsband_last_callback_age_seconds",
            "How long ago that was, or that the event was given the provider where none came yet",
            aged.collect(),
        );
        Ok(text)
    }

    /// The last one of each provider of an event. Another process may have heard it.
    pub(in crate::web) async fn of(
        &self,
        session: &mut Session,
        event: EventId,
    ) -> Result<Vec<(ProviderName, Option<Timestamp>)>, db::Error> {
        let mut last = Vec::new();
        for (provider, _) in accounts::store::added(session, event).await? {
            let told = payments::store::last_callback_at(session, event, provider).await?;
            last.push((provider, told.max(self.kept().get(&(event, provider)).copied())));
        }
        Ok(last)
    }

    async fn of_open_events(&self) -> Result<Vec<Measured>, db::Error> {
        let mut session = self.store.read().await?;
        let mut events = events::store::list(&mut session, None, EVENTS_MAX).await?;
        events.retain(Event::is_open);
        let open: HashSet<EventId> = events.iter().map(|event| event.id).collect();
        self.kept().retain(|(event, _), _| open.contains(event));
        let mut measured = Vec::with_capacity(events.len());
        for event in events {
            for (provider, added_at) in accounts::store::added(&mut session, event.id).await? {
                let whose = (event.id, provider);
                let known = self.kept().get(&whose).copied();
                let last = match known {
                    Some(at) => Some(at),
                    None => payments::store::last_callback_at(&mut session, event.id, provider).await?,
                };
                if let Some(at) = last {
                    self.note(whose, at);
                }
                measured.push((event.clone(), provider, last, added_at.unwrap_or(event.created_at)));
            }
        }
        Ok(measured)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Whose, Timestamp>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
