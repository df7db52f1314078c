//! Writes entries and reads them back in pages.

use super::Entry;
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Store, Tx, Value};
use crate::ids::EventId;
use crate::values;
use sqlx::FromRow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most entries of one page.
pub const PAGE_MAX: u32 = 200;

/// Writes one entry in the transaction of what it tells of.
///
/// # Errors
/// The database's.
pub async fn write(tx: &mut Tx, now: Timestamp, entry: &Entry) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO audit_log (id, event_id, at, actor, action, subject, reason, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            Uuid::now_v7(),
            entry.event,
            now,
            entry.actor.to_string(),
            entry.action,
            entry.subject.as_str(),
            entry.reason.clone(),
            entry.detail.clone(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes one entry of something that changes nothing else: somebody looked.
///
/// # Errors
/// The database's.
pub async fn write_alone(store: &Store, now: Timestamp, entry: &Entry) -> Result<(), Error> {
    store
        .transact(|tx| {
            let entry = entry.clone();
            Box::pin(async move { write(tx, now, &entry).await })
        })
        .await
}

/// A page of entries, newest first: of one event, or of everything when `event` is none. `after` is the id of
/// the last entry of the page before; `limit` is cut to [`PAGE_MAX`].
///
/// # Errors
/// The database's.
pub async fn page(
    session: &mut Session,
    event: Option<EventId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Written>, Error> {
    let before = after.unwrap_or(Uuid::max());
    let limit = i64::from(limit.min(PAGE_MAX));
    match event {
        Some(event) => page_of_event(session, event, before, limit).await,
        None => page_of_everything(session, before, limit).await,
    }
}

async fn page_of_event(
    session: &mut Session,
    event: EventId,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Written>, Error> {
    session
        .all(
            "SELECT id, event_id, at, actor, action, subject, reason, detail FROM audit_log
             WHERE event_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            values![event, before, limit],
        )
        .await
}

async fn page_of_everything(session: &mut Session, before: Uuid, limit: i64) -> Result<Vec<Written>, Error> {
    session
        .all(
            "SELECT id, event_id, at, actor, action, subject, reason, detail FROM audit_log
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
            values![before, limit],
        )
        .await
}

/// What entries are looked for; nothing: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Whose doing, in their stored form: any of these; none of them: whoever it was.
    pub actors: Vec<String>,
    /// Done to any of these; nothing here and below: to whatever it was.
    pub subjects: Vec<String>,
    /// Or to one of these, to which little is done, where the detail ends like this.
    pub small: Vec<(String, String)>,
}

impl Search {
    fn finds_small(&self, entry: &Written) -> bool {
        let detail = entry.detail.as_deref().unwrap_or_default();
        (self.actors.is_empty() || self.actors.contains(&entry.actor))
            && self.small.iter().any(|(subject, end)| *subject == entry.subject && detail.ends_with(end))
    }
}

/// A page of the entries that are looked for, newest first, as [`page`] has them.
///
/// # Errors
/// The database's.
pub async fn search(
    session: &mut Session,
    search: &Search,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Written>, Error> {
    let before = after.unwrap_or(Uuid::max());
    let limit = i64::from(limit.min(PAGE_MAX));
    let Search { actors, subjects, small } = search;
    if subjects.is_empty() && small.is_empty() {
        if actors.is_empty() {
            return page_of_everything(session, before, limit).await;
        }
        let mut found = Vec::new();
        for actor in actors {
            found.extend(page_of_actor(session, actor, before, limit).await?);
        }
        return Ok(newest_of(found, limit));
    }
    let mut found = of_small(session, search, before).await?;
    let whose: Vec<Option<&str>> = match actors.as_slice() {
        [] => vec![None],
        actors => actors.iter().map(|actor| Some(actor.as_str())).collect(),
    };
    for subject in subjects {
        for actor in &whose {
            found.extend(page_of_subject(session, *actor, subject, before, limit).await?);
        }
    }
    Ok(newest_of(found, limit))
}

/// The newest entries of several lists, newest first and each once.
fn newest_of(mut found: Vec<Written>, limit: i64) -> Vec<Written> {
    found.sort_unstable_by_key(|entry| Reverse(entry.id));
    found.dedup_by_key(|entry| entry.id);
    found.truncate(usize::try_from(limit).unwrap_or_default());
    found
}

/// The newest entries that say one of these was done to something of an event, of the last [`PAGE_MAX`] about it.
///
/// # Errors
/// The database's.
pub async fn done_to(
    session: &mut Session,
    (event, subject): (EventId, &str),
    actions: &[&str],
) -> Result<Vec<Written>, Error> {
    let mut entries = page_of_subject(session, None, subject, Uuid::max(), i64::from(PAGE_MAX)).await?;
    entries.retain(|entry| entry.event_id == Some(event) && actions.contains(&entry.action.as_str()));
    Ok(entries)
}

async fn page_of_actor(
    session: &mut Session,
    actor: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Written>, Error> {
    session
        .all(
            "SELECT id, event_id, at, actor, action, subject, reason, detail FROM audit_log
             WHERE actor = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            values![actor, before, limit],
        )
        .await
}

/// Of all that was done to one thing, or of what one actor did to it.
async fn page_of_subject(
    session: &mut Session,
    actor: Option<&str>,
    subject: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<Written>, Error> {
    session
        .all(
            "SELECT id, event_id, at, actor, action, subject, reason, detail FROM audit_log
             WHERE subject = $1 AND id < $2 AND ($3 = '' OR actor = $3) ORDER BY id DESC LIMIT $4",
            values![subject, before, actor.unwrap_or_default(), limit],
        )
        .await
}

/// All entries of what little is done to, as far as they are looked for.
async fn of_small(session: &mut Session, search: &Search, before: Uuid) -> Result<Vec<Written>, Error> {
    let subjects: BTreeSet<&String> = search.small.iter().map(|(subject, _)| subject).collect();
    let rows = subjects.into_iter().map(|subject| [Value::from(subject.as_str())]);
    let mut found: Vec<Written> = session
        .all_rows(
            "SELECT a.id, a.event_id, a.at, a.actor, a.action, a.subject, a.reason, a.detail
             FROM {rows} JOIN audit_log a ON a.subject = r.subject",
            Rows::new(["subject"], rows),
        )
        .await?;
    found.retain(|entry| entry.id < before && search.finds_small(entry));
    Ok(found)
}

/// An entry as it is read back.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Written {
    /// Orders entries in time; the cursor of a page.
    pub id: Uuid,
    /// See [`super::Entry::event`].
    pub event_id: Option<EventId>,
    /// When.
    pub at: Timestamp,
    /// See [`super::Actor`].
    pub actor: String,
    /// See [`super::Entry::action`].
    pub action: String,
    /// See [`super::Entry::subject`].
    pub subject: String,
    /// See [`super::Entry::reason`].
    pub reason: Option<String>,
    /// See [`super::Entry::detail`].
    pub detail: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_log::Actor;
    use crate::db::testing::on_both_engines;
    use crate::ids::{OperatorId, TerminalId};

    fn anna() -> Actor {
        Actor::Operator { id: OperatorId::new(), email: "anna@bar.example".to_owned() }
    }

    #[tokio::test]
    async fn what_was_written_is_read_back_newest_first_and_page_by_page() {
        on_both_engines(async |store| {
            let event = EventId::new();
            let mut tx = store.begin().await.unwrap();
            for (number, subject) in ["a", "b", "c"].into_iter().enumerate() {
                let entry = Entry {
                    event: Some(event),
                    reason: Some("lost at the gate".to_owned()),
                    ..Entry::new(&anna(), "medium.freeze", subject)
                };
                write(&mut tx, Timestamp(i64::try_from(number).unwrap()), &entry).await.unwrap();
            }
            tx.commit().await.unwrap();

            let mut session = store.read().await.unwrap();
            let first = page(&mut session, Some(event), None, 2).await.unwrap();
            let rest = page(&mut session, Some(event), Some(first[1].id), 2).await.unwrap();
            let subjects: Vec<&str> = first.iter().chain(&rest).map(|entry| entry.subject.as_str()).collect();
            assert_eq!(subjects, ["c", "b", "a"]);
            assert_eq!(first[0].actor, "operator:anna@bar.example");
            assert_eq!(first[0].reason.as_deref(), Some("lost at the gate"));
            assert_eq!((first[0].at, first[0].event_id), (Timestamp(2), Some(event)));
        })
        .await;
    }

    #[tokio::test]
    async fn an_event_sees_only_its_own_entries() {
        on_both_engines(async |store| {
            let mine = EventId::new();
            let mut tx = store.begin().await.unwrap();
            for event in [Some(mine), Some(EventId::new()), None] {
                let entry = Entry { event, ..Entry::new(&Actor::Visitor, "medium.freeze", "a") };
                write(&mut tx, Timestamp(1), &entry).await.unwrap();
            }
            tx.commit().await.unwrap();
            let mut session = store.read().await.unwrap();
            assert_eq!(page(&mut session, Some(mine), None, PAGE_MAX).await.unwrap().len(), 1);
            assert_eq!(page(&mut session, None, None, PAGE_MAX).await.unwrap().len(), 3);
        })
        .await;
    }

    #[tokio::test]
    async fn what_somebody_did_and_what_was_done_to_something_is_found_page_by_page() {
        on_both_engines(async |store| {
            let mut tx = store.begin().await.unwrap();
            for (number, subject) in ["a", "b", "a", "a"].into_iter().enumerate() {
                let actor = if number == 3 { Actor::Visitor } else { anna() };
                let entry = Entry::new(&actor, "medium.freeze", subject);
                write(&mut tx, Timestamp(i64::try_from(number).unwrap()), &entry).await.unwrap();
            }
            tx.commit().await.unwrap();
            let mut session = store.read().await.unwrap();
            let mut found = async |actor: Option<&str>, subjects: &[&str], after| {
                let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
                let actors = actor.map(str::to_owned).into_iter().collect();
                let wanted = Search { actors, subjects, small: Vec::new() };
                search(&mut session, &wanted, after, 2).await.unwrap()
            };
            let at = |entries: &[Written]| entries.iter().map(|entry| entry.at.0).collect::<Vec<_>>();
            let hers = found(Some("operator:anna@bar.example"), &[], None).await;
            assert_eq!(at(&hers), [2, 1]);
            let rest = found(Some("operator:anna@bar.example"), &[], Some(hers[1].id)).await;
            assert_eq!(at(&rest), [0]);
            assert_eq!(at(&found(None, &["a"], None).await), [3, 2]);
            assert_eq!(at(&found(Some("visitor"), &["a"], None).await), [3]);
            assert_eq!(at(&found(None, &[], None).await), [3, 2]);
            assert_eq!(found(Some("nobody"), &[], None).await, []);
            assert_eq!(found(Some("visitor"), &["b"], None).await, []);
            let both = found(None, &["a", "b", "c"], None).await;
            assert_eq!(at(&both), [3, 2]);
            assert_eq!(at(&found(None, &["a", "b", "c"], Some(both[1].id)).await), [1, 0]);
            assert_eq!(at(&found(Some("visitor"), &["b", "a"], None).await), [3]);
            let all = |actors: &[&str]| Search {
                actors: actors.iter().map(|actor| (*actor).to_owned()).collect(),
                ..Search::default()
            };
            let both = all(&["visitor", "operator:anna@bar.example", "nobody"]);
            assert_eq!(at(&search(&mut session, &both, None, 3).await.unwrap()), [3, 2, 1]);
            // Of what little is done to, all that ends so; and each entry once.
            let mut small = async |actors: &[&str], end: &str| {
                let small = ["a", "b"].map(|subject| (subject.to_owned(), end.to_owned())).to_vec();
                let wanted = Search { subjects: vec!["b".to_owned()], small, ..all(actors) };
                search(&mut session, &wanted, None, 4).await.unwrap()
            };
            assert_eq!(at(&small(&[], "").await), [3, 2, 1, 0]);
            assert_eq!(at(&small(&["visitor"], "").await), [3]);
            assert_eq!(at(&small(&[], "to nobody").await), [1]);
        })
        .await;
    }

    #[tokio::test]
    async fn an_entry_of_a_transaction_that_fails_is_not_kept() {
        on_both_engines(async |store| {
            let mut tx = store.begin().await.unwrap();
            write(&mut tx, Timestamp(1), &Entry::new(&anna(), "operator.add", "b")).await.unwrap();
            drop(tx);
            let mut session = store.read().await.unwrap();
            assert_eq!(page(&mut session, None, None, 10).await.unwrap(), []);
        })
        .await;
    }

    #[test]
    fn actors_have_a_stored_form_that_names_them() {
        let terminal = TerminalId::new();
        assert_eq!(Actor::Terminal(terminal).to_string(), format!("terminal:{terminal}"));
        assert_eq!(Actor::CommandLine("root".to_owned()).to_string(), "command-line:root");
        assert_eq!(Actor::System("reconcile").to_string(), "system:reconcile");
        assert_eq!(Actor::Visitor.to_string(), "visitor");
    }
}
