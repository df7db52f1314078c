//! What people say is to become of a matter, while it waits for two of them to say the same.

use crate::audit_log::store::{Search, Written, search};
use crate::codes::Reference;
use crate::db::Store;
use crate::media::{Found, Scanner};
use crate::payments::parked::ParkedKind;
use crate::payments::parked::store::ParkedView;
use crate::web::console::at::AtFestival;
use crate::web::console::words;
use crate::web::page::belgian_second;
use crate::web::problem::Problem;

/// Entries of the log that are looked through: few people change their mind more often.
const ENTRIES_MAX: u32 = 50;

/// A decision in words: what stands before the medium it names, if it names one.
pub(super) struct Said {
    pub(super) what: String,
    /// `Wristband 4A4D-0JBH` and its page.
    pub(super) medium: Option<(String, String)>,
}

/// Who wants what, and why.
pub(super) struct Saying {
    pub(super) by: String,
    pub(super) said: Said,
    /// Empty where the log no longer tells.
    pub(super) why: String,
    pub(super) at: String,
}

/// What was proposed last, and the last thing that somebody else wants instead.
pub(super) async fn sayings<R>(
    at: &AtFestival<R>,
    store: &Store,
    scanner: &Scanner,
    matter: &ParkedView,
) -> Result<(Option<Saying>, Option<Saying>), Problem> {
    let (Some(proposal), Some(by)) = (&matter.proposal, &matter.proposed_by) else { return Ok((None, None)) };
    let wanted = Search { actor: None, subject: Some(format!("parked:{}", matter.id)) };
    let mut log = search(&mut *store.read().await?, &wanted, None, ENTRIES_MAX).await?;
    log.retain(|entry| entry.event_id == Some(at.event.id) && entry.action == "parked matter proposed");
    let told = |entry: Option<&Written>| {
        let why = entry.and_then(|entry| entry.reason.clone()).unwrap_or_default();
        (why, entry.map(|entry| belgian_second(entry.at)).unwrap_or_default())
    };
    let (why, when) = told(log.iter().find(|entry| entry.actor == *by));
    let said = decision(at, scanner, proposal, &matter.kind).await?;
    let first = Saying { by: words::who(by), said, why, at: when };
    let other = log.iter().find(|entry| entry.actor != *by);
    let Some((other, differs)) = other.and_then(|other| Some((other, said_in(other)?))) else {
        return Ok((Some(first), None));
    };
    if differs == proposal {
        return Ok((Some(first), None));
    }
    let (why, when) = told(Some(other));
    let said = decision(at, scanner, differs, &matter.kind).await?;
    Ok((Some(first), Some(Saying { by: words::who(&other.actor), said, why, at: when })))
}

/// `to REFERENCE` or `return`, as it ends the detail of an entry.
fn said_in(entry: &Written) -> Option<&str> {
    entry.detail.as_deref()?.rsplit_once(": ").map(|(_, said)| said)
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
        return Ok(Said { what: what.to_owned(), medium: None });
    };
    let what = if kind == Some(ParkedKind::Counterfeit) { "keep it on" } else { "credit" };
    let name = match scanner.find(reference.as_str()).await? {
        Found::Medium(view) => words::medium(&view.medium),
        Found::Unknown | Found::Foreign(_) => reference.to_string(),
    };
    Ok(Said { what: what.to_owned(), medium: Some((name, at.path(&format!("/media/{reference}")))) })
}
