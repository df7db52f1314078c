//! What the log calls people and things, and how it writes them: whoever looks for a name that it shows finds what it is of.

use super::super::batches::title as batch_title;
use super::subject::terminal_name;
use crate::audit_log::store::Search;
use crate::audit_log::{Actor, JOBS};
use crate::codes::{Code, Reference};
use crate::db::Store;
use crate::events::Event;
use crate::events::store::{EVENTS_MAX, list as events, named_in_any_case, with_bar_named};
use crate::helpdesk::story::{self, store::logged_as};
use crate::ids::{EventId, TerminalId};
use crate::media::store::batches;
use crate::media::{Found, Medium, Scanner};
use crate::payments::parked::proposed;
use crate::terminals::{self, TERMINALS_PER_PAGE_MAX};
use crate::web::problem::Problem;
use uuid::Uuid;

/// Batches of a festival that are known by their names, the newest; it has dozens.
const BATCHES_MAX: i64 = 200;
/// Words about matters that name a medium, the newest.
const WORDS_MAX: i64 = 200;

/// Entries of these people about these things.
pub(super) async fn search(
    store: &Store,
    scanner: &Scanner,
    who: &str,
    what: &str,
) -> Result<Search, Problem> {
    let found = of_things(store, scanner, what).await?;
    Ok(Search { actors: actors(store, who).await?, ..found })
}

/// Who is meant; nobody in particular where nothing was typed.
async fn actors(store: &Store, typed: &str) -> Result<Vec<String>, Problem> {
    let lower = typed.to_lowercase();
    Ok(match lower.as_str() {
        "" => Vec::new(),
        "polsband itself" => JOBS.map(|job| Actor::System(job).to_string()).to_vec(),
        "its visitor" => vec![Actor::Visitor.to_string()],
        address if address.contains('@') && !address.contains(':') => vec![format!("operator:{address}")],
        _ => {
            let mut actors = vec![typed.to_owned()];
            let user = typed.strip_suffix(", at the server").map(str::to_owned);
            actors.extend(user.map(|user| Actor::CommandLine(user).to_string()));
            actors.extend(typed.strip_prefix("terminal ").map(|id| format!("terminal:{id}")));
            let named = terminals_named(store, typed).await?;
            actors.extend(named.into_iter().map(|id| Actor::Terminal(id).to_string()));
            actors
        }
    })
}

/// What is meant: a reference as it may be typed is found as it is written, and a serial by its reference, also behind the
/// word for its kind. With a medium is found what belongs to it, and with an id what is written with a word before it.
async fn of_things(store: &Store, scanner: &Scanner, typed: &str) -> Result<Search, Problem> {
    let is_kind = |word: &str| ["wristband", "card"].contains(&word.to_lowercase().as_str());
    let code = match typed.split_once(' ') {
        Some((word, rest)) if is_kind(word) => rest,
        _ => typed,
    };
    let read = match Code::parse(code) {
        Some(Code::Reference(reference)) => Some(reference.to_string()),
        Some(Code::Serial(serial)) => Some(serial.as_str().to_owned()),
        _ => None,
    };
    let found = match &read {
        Some(read) => scanner.find(read).await?,
        None => Found::Unknown,
    };
    let subjects = match (found, read) {
        (Found::Medium(view), _) => return of_medium(store, &view.medium).await,
        (_, Some(read)) if Reference::parse(&read).is_some() => vec![read],
        _ => called(store, typed).await?,
    };
    Ok(Search { subjects, ..Search::default() })
}

/// What was done to a medium and to what belongs to it, that it replaced another, and who wants to credit it.
async fn of_medium(store: &Store, medium: &Medium) -> Result<Search, Problem> {
    let (event, reference) = (medium.event_id, &medium.reference);
    let mut session = store.read().await?;
    let belongs = logged_as(&mut session, medium).await?.into_iter().map(|subject| (subject, String::new()));
    let before = story::before(&mut session, event, medium.id).await?;
    let replaced = before.last().map(|old| (old.reference.to_string(), format!("by {reference}")));
    let said = format!("to {reference}");
    let proposed = proposed(&mut session, event, &said, WORDS_MAX).await?.into_iter();
    let proposed = proposed.map(|(matter,)| (format!("parked:{matter}"), format!(": {said}")));
    let small = belongs.chain(replaced).chain(proposed).collect();
    Ok(Search { subjects: vec![reference.to_string()], small, ..Search::default() })
}

/// What is no code: an id as the log writes it, an address, or a name as the log shows it, in any case.
async fn called(store: &Store, typed: &str) -> Result<Vec<String>, Problem> {
    if let Ok(id) = typed.parse::<Uuid>() {
        return Ok(["", "batch:", "parked:", "event:"].map(|word| format!("{word}{id}")).to_vec());
    }
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let lower = typed.to_lowercase();
    let mut subjects = vec![typed.to_owned()];
    subjects.extend(typed.contains('@').then(|| lower.clone()));
    subjects.extend(named_in_any_case(&mut *store.read().await?, typed).await?);
    let is_kind = |kind: &str| ["layout", "printer"].contains(&kind);
    subjects.extend(
        lower.split_once(' ').filter(|(kind, _)| is_kind(kind)).map(|(kind, name)| format!("{kind}:{name}")),
    );
    let events = all_events(store).await?;
    for event in
        events.iter().filter(|event| event.name.to_lowercase() == lower || event.slug.as_str() == lower)
    {
        subjects.extend([event.slug.to_string(), format!("event:{}", event.id)]);
    }
    let terminals = terminals_named(store, typed).await?;
    subjects.extend(terminals.into_iter().map(|id| id.to_string()));
    if lower.contains(" of ") {
        for event in &events {
            let found = batches(&mut *store.read().await?, event.id, None, BATCHES_MAX).await?;
            let named = found.iter().filter(|batch| batch_title(batch) == lower);
            subjects.extend(named.map(|batch| format!("batch:{}", batch.id)));
        }
    }
    subjects.sort_unstable();
    subjects.dedup();
    Ok(subjects)
}

async fn all_events(store: &Store) -> Result<Vec<Event>, Problem> {
    Ok(events(&mut *store.read().await?, None, EVENTS_MAX).await?)
}

/// The terminals that the log calls like this: `Samsung A52, Main bar`. Either name may have a comma of its own.
async fn terminals_named(store: &Store, typed: &str) -> Result<Vec<TerminalId>, Problem> {
    let bars = typed.match_indices(", ").map(|(comma, sign)| &typed[comma + sign.len()..]);
    let bars: Vec<&str> = bars.collect();
    let events = with_bar_named(&mut *store.read().await?, &bars).await?;
    let mut found = Vec::new();
    for event in events {
        found.extend(terminals_of(store, event, typed).await?);
    }
    Ok(found)
}

async fn terminals_of(store: &Store, event: EventId, name: &str) -> Result<Vec<TerminalId>, Problem> {
    let (mut named, mut after, name) = (Vec::new(), None, name.to_lowercase());
    loop {
        let mut session = store.read().await?;
        let page = terminals::list(&mut session, Some(event), after, TERMINALS_PER_PAGE_MAX).await?;
        named.extend(
            page.iter().filter(|view| terminal_name(view).to_lowercase() == name).map(|view| view.id),
        );
        after = page.last().map(|view| view.id);
        if i64::try_from(page.len()).is_ok_and(|len| len < TERMINALS_PER_PAGE_MAX) {
            return Ok(named);
        }
    }
}
