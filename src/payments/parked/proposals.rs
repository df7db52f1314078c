//! What people said is to become of a matter that takes two of them: of each the latest word counts.

use crate::audit_log::store::{PAGE_MAX, Search, search};
use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::ids::{EventId, ParkedId};

/// How the audit log calls that somebody said it.
pub(super) const PROPOSED: &str = "parked matter proposed";

/// The latest word of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Whose, in its stored form.
    pub by: String,
    /// `to REFERENCE` or `return`.
    pub said: String,
    /// And why; empty where the log no longer tells.
    pub why: String,
    /// When, where the log tells.
    pub at: Option<Timestamp>,
}

/// The latest word of each person about a matter, the newest first, as its last [`PAGE_MAX`] entries in the log have them.
/// `last` is what the matter itself says was proposed last, and by whom.
///
/// # Errors
/// The database's.
pub async fn said_by_each(
    session: &mut Session,
    event: EventId,
    matter: ParkedId,
    (last, by): (&str, &str),
) -> Result<Vec<Proposed>, Error> {
    let wanted = Search { actor: None, subject: Some(format!("parked:{matter}")) };
    let mut words: Vec<Proposed> = Vec::new();
    for entry in search(session, &wanted, None, PAGE_MAX).await? {
        if entry.event_id != Some(event) || entry.action != PROPOSED {
            continue;
        }
        let Some((_, said)) = entry.detail.as_deref().and_then(|detail| detail.rsplit_once(": ")) else {
            continue;
        };
        // Two processes may write within what their clocks differ by: then the matter itself knows which was the last.
        let is_older = entry.actor == by && said != last;
        if is_older || words.iter().any(|word| word.by == entry.actor) {
            continue;
        }
        let (said, why) = (said.to_owned(), entry.reason.unwrap_or_default());
        words.push(Proposed { by: entry.actor, said, why, at: Some(entry.at) });
    }
    if words.iter().all(|word| word.by != by) {
        let (by, said) = (by.to_owned(), last.to_owned());
        words.insert(0, Proposed { by, said, why: String::new(), at: None });
    }
    Ok(words)
}
