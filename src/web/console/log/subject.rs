//! What something was done to, as people call it, with the page where it is.

use super::super::batches::title as batch_title;
use super::super::shell::festival_path;
use super::super::words;
use crate::audit_log::store::Written;
use crate::codes::Reference;
use crate::db::Store;
use crate::events::{self, Event};
use crate::ids::{EventId, ParkedId, TerminalId};
use crate::media::store::batch_with_key;
use crate::media::{Found, Scanner};
use crate::money::Cents;
use crate::payments::parked::store::story;
use crate::terminals::{self, TerminalView};
use crate::web::problem::Problem;
use std::collections::HashMap;
use std::sync::Arc;

/// A thing.
pub(super) struct Subject {
    pub(super) name: String,
    /// Empty where it has no page.
    pub(super) path: String,
}

impl Subject {
    fn new(name: impl Into<String>, path: impl Into<String>) -> Subject {
        Subject { name: name.into(), path: path.into() }
    }
}

/// What is known of the things of a page of the log.
pub(super) struct Known {
    store: Store,
    scanner: Arc<Scanner>,
    events: HashMap<EventId, Event>,
    /// Media by their reference.
    media: HashMap<String, Option<String>>,
    /// Terminals by their id.
    terminals: HashMap<String, Option<String>>,
}

impl Known {
    pub(super) async fn of(
        store: &Store,
        scanner: Arc<Scanner>,
        entries: &[Written],
    ) -> Result<Known, Problem> {
        let mut ids: Vec<EventId> = entries.iter().filter_map(|entry| entry.event_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let events = events::store::by_ids(&mut *store.read().await?, ids).await?;
        let events = events.into_iter().map(|event| (event.id, event)).collect();
        let (media, terminals) = (HashMap::new(), HashMap::new());
        Ok(Known { store: store.clone(), scanner, events, media, terminals })
    }

    /// Whoever the log writes like this.
    pub(super) async fn who(&mut self, written: &str) -> Result<String, Problem> {
        let terminal = match written.strip_prefix("terminal:") {
            Some(id) => self.terminal(id).await?,
            None => None,
        };
        Ok(terminal.unwrap_or_else(|| words::who(written)))
    }

    /// The thing that the log writes like this in an entry of this action; what is not known stays as it is written.
    pub(super) async fn subject(
        &mut self,
        (event, action): (Option<EventId>, &str),
        written: &str,
    ) -> Result<Subject, Problem> {
        if let Some(name) = self.medium(written).await? {
            let path = event.and_then(|id| self.events.get(&id)).map(festival_path);
            return Ok(Subject::new(
                name,
                path.map_or_else(String::new, |path| format!("{path}/media/{written}")),
            ));
        }
        let is_terminal = action.starts_with("terminal ");
        let terminal = if is_terminal { self.terminal(written).await? } else { None };
        let Some(event) = event.and_then(|id| self.events.get(&id)) else {
            return Ok(Subject::new(written.replacen(':', " ", 1), ""));
        };
        let path = festival_path(event);
        if let Some(name) = terminal {
            return Ok(Subject::new(name, format!("{path}/set-up/terminals")));
        }
        Ok(match written.split_once(':') {
            Some(("batch", id)) => {
                let name = batch_name(&self.store, id).await?;
                Subject::new(name, format!("{path}/batches/{id}"))
            }
            Some(("parked", id)) => {
                let name = matter_name(&self.store, event.id, id).await?;
                Subject::new(name, format!("{path}/waiting/{id}"))
            }
            Some(("event", _)) => Subject::new(event.name.as_str(), path),
            Some((kind @ ("layout" | "printer"), name)) => Subject::new(format!("{kind} {name}"), ""),
            _ if written == event.slug.as_str() => Subject::new(event.name.as_str(), path),
            _ if action == "charge voided" => Subject::new("a charge", ""),
            _ => Subject::new(written, ""),
        })
    }

    /// The festival that an entry belongs to, where its subject doesn't say it.
    pub(super) fn festival(&self, event: Option<EventId>, subject: &Subject) -> Option<String> {
        let name = &event.and_then(|id| self.events.get(&id))?.name;
        (*name != subject.name).then(|| name.clone())
    }

    /// What else an entry says: of a medium that was replaced by which, and of money in suspense how much went where, and not
    /// how the provider names its payment, which stands on the matter's own page.
    pub(super) async fn detail(&mut self, entry: &Written) -> Result<Option<String>, Problem> {
        let as_written = || Ok(entry.detail.clone());
        if let Some(by) = entry.detail.as_deref().and_then(|detail| detail.strip_prefix("by ")) {
            let name = self.medium(by).await?;
            return name.map_or_else(as_written, |name| Ok(Some(format!("by {name}"))));
        }
        let is_decided = matches!(entry.action.as_str(), "parked matter proposed" | "parked matter resolved");
        let said = entry.detail.as_deref().filter(|detail| is_decided && detail.starts_with("suspense of "));
        let Some((_, said)) = said.and_then(|detail| detail.rsplit_once(": ")) else { return as_written() };
        let id = entry.subject.strip_prefix("parked:").and_then(|id| id.parse().ok()).map(ParkedId);
        let Some((event, id)) = entry.event_id.zip(id) else { return as_written() };
        let matter = story(&mut *self.store.read().await?, event, id).await?;
        let Some(amount) = matter.and_then(|found| found.matter.amount_cents) else { return as_written() };
        let to = match said.strip_prefix("to ") {
            Some(reference) => self.medium(reference).await?.unwrap_or_else(|| reference.to_owned()),
            None if said == "return" => "whoever paid".to_owned(),
            None => return as_written(),
        };
        Ok(Some(format!("{} to {to}", Cents(amount))))
    }

    /// `Wristband 4A4D-0JBH`, where it is one.
    async fn medium(&mut self, written: &str) -> Result<Option<String>, Problem> {
        if Reference::parse(written).is_none() {
            return Ok(None);
        }
        if let Some(known) = self.media.get(written) {
            return Ok(known.clone());
        }
        let name = match self.scanner.find(written).await? {
            Found::Medium(view) => Some(words::medium(&view.medium)),
            _ => None,
        };
        self.media.insert(written.to_owned(), name.clone());
        Ok(name)
    }

    /// `Samsung A52, Main bar`, where it is a terminal.
    async fn terminal(&mut self, id: &str) -> Result<Option<String>, Problem> {
        if let Some(known) = self.terminals.get(id) {
            return Ok(known.clone());
        }
        let view = match id.parse() {
            Ok(id) => terminals::by_id(&mut *self.store.read().await?, TerminalId(id)).await?,
            Err(_) => None,
        };
        let name = view.as_ref().map(terminal_name);
        self.terminals.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

/// `Samsung A52, Main bar`.
pub(super) fn terminal_name(view: &TerminalView) -> String {
    format!("{}, {}", view.device_name.as_deref().unwrap_or("a terminal"), view.point_of_sale)
}

/// `30 wristbands of 23/11/2026 04:50`.
async fn batch_name(store: &Store, id: &str) -> Result<String, Problem> {
    let found = match id.parse() {
        Ok(id) => batch_with_key(&mut *store.read().await?, id).await?,
        Err(_) => None,
    };
    Ok(found.map_or_else(|| "a batch".to_owned(), |(batch, _)| batch_title(&batch)))
}

/// `€ 60,00: paid onto a misprint`.
async fn matter_name(store: &Store, event: EventId, id: &str) -> Result<String, Problem> {
    let found = match id.parse() {
        Ok(id) => story(&mut *store.read().await?, event, ParkedId(id)).await?,
        Err(_) => None,
    };
    let Some(matter) = found.map(|found| found.matter) else { return Ok("a matter that waited".to_owned()) };
    let amount = matter.amount_cents.map(|cents| format!("{}: ", Cents(cents))).unwrap_or_default();
    Ok(format!("{amount}{}", words::waits_because(&matter.reason)))
}
