//! What people say is to become of a matter, while it waits for two of them to say the same.

use crate::codes::Reference;
use crate::db::Store;
use crate::ids::{EventId, ParkedId};
use crate::media::{Found, Scanner};
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{ParkedKind, Proposed, latest_words};
use crate::web::console::at::AtFestival;
use crate::web::console::shell::Link;
use crate::web::console::words;
use crate::web::page::belgian_second;
use crate::web::problem::Problem;

/// A decision in words: what stands before the medium it names, if it names one.
pub(super) struct Said {
    pub(super) what: String,
    /// `Wristband 4A4D-0JBH` and its page.
    pub(super) medium: Option<Link>,
    /// The number of that, as it is printed.
    pub(super) serial: Option<String>,
}

/// Who wants what, and why.
pub(super) struct Saying {
    pub(super) by: String,
    /// By whoever looks.
    pub(super) is_own: bool,
    pub(super) said: Said,
    /// Empty where nobody kept it.
    pub(super) why: String,
    pub(super) at: String,
}

/// The latest word of each person about a matter, the first of them first.
pub(super) async fn words_about(
    store: &Store,
    event: EventId,
    matter: ParkedId,
) -> Result<Vec<Proposed>, Problem> {
    let words = latest_words(&mut *store.read().await?, &[(event, matter)]).await?;
    Ok(words.into_values().flatten().collect())
}

/// The same as its page tells it, without those of people who may not decide any more.
pub(super) async fn standing<R>(
    at: &AtFestival<R>,
    store: &Store,
    scanner: &Scanner,
    matter: &ParkedView,
) -> Result<Vec<Saying>, Problem> {
    let mut words = words_about(store, at.event.id, matter.id).await?;
    words.retain(|word| !word.is_lapsed);
    sayings(at, scanner, words, &matter.kind).await
}

/// Words about a matter of this kind as its page tells them.
pub(super) async fn sayings<R>(
    at: &AtFestival<R>,
    scanner: &Scanner,
    proposed: Vec<Proposed>,
    kind: &str,
) -> Result<Vec<Saying>, Problem> {
    let (mut sayings, looks) = (Vec::with_capacity(proposed.len()), at.actor().to_string());
    for word in proposed {
        let said = decision(at, scanner, &word.said, kind).await?;
        let when = word.said_at.map(belgian_second).unwrap_or_default();
        sayings.push(Saying {
            by: words::who(&word.person),
            is_own: word.person == looks,
            said,
            why: word.why.unwrap_or_default(),
            at: when,
        });
    }
    Ok(sayings)
}

/// Those who differ: `a, b and c`.
pub(super) fn names(sayings: &[Saying]) -> String {
    let names: Vec<&str> = sayings.iter().map(|saying| saying.by.as_str()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A decision as it is stored, in words.
pub(super) async fn decision<R>(
    at: &AtFestival<R>,
    scanner: &Scanner,
    stored: &str,
    kind: &str,
) -> Result<Said, Problem> {
    let kind = kind.parse::<ParkedKind>().ok();
    let Some(reference) = stored.strip_prefix("to ").and_then(Reference::parse) else {
        let what = match kind {
            _ if stored != "return" => stored,
            Some(ParkedKind::Counterfeit) => "take it back, for return to whoever paid",
            Some(ParkedKind::Suspense) => "return it to whoever paid",
            _ => "close it",
        };
        return Ok(Said { what: what.to_owned(), medium: None, serial: None });
    };
    let what = if kind == Some(ParkedKind::Counterfeit) { "keep it on" } else { "credit" };
    let (name, serial) = match scanner.find(reference.as_str()).await? {
        Found::Medium(view) => (words::medium(&view.medium), Some(view.medium.serial.grouped())),
        Found::Unknown | Found::Foreign(_) => (reference.to_string(), None),
    };
    let medium = Link::new(name, at.path(&format!("/media/{reference}")));
    Ok(Said { what: what.to_owned(), medium: Some(medium), serial })
}
