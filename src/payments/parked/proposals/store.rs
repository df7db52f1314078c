//! Proposals in the database.

use super::say;
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::ids::{EventId, ParkedId};
use crate::operators::{Right, who_may};
use crate::payments::parked::store::MATTER;
use crate::values;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// A word of a person about a matter.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Proposed {
    /// Whose.
    pub event_id: EventId,
    /// About what.
    pub parked_id: ParkedId,
    /// How many words there are about the matter with this one.
    pub nth: i64,
    /// The person, in its stored form.
    pub person: String,
    /// `to REFERENCE` or `return`.
    pub said: String,
    /// And why; none where nobody kept it.
    pub why: Option<String>,
    /// When, where somebody kept it.
    pub said_at: Option<Timestamp>,
    /// Whoever said it may not decide any more: it counts no more.
    #[sqlx(skip)]
    pub is_lapsed: bool,
}

/// The latest word of each person about these matters, of each matter the last one last.
///
/// # Errors
/// The database's.
pub async fn latest_words(
    session: &mut Session,
    matters: &[(EventId, ParkedId)],
) -> Result<BTreeMap<ParkedId, Vec<Proposed>>, Error> {
    let rows = matters.iter().map(|(event, id)| [Value::from(*event), Value::from(*id)]);
    let mut rows: Vec<Proposed> = session
        .all_rows(
            "SELECT q.event_id, q.parked_id, q.nth, q.person, q.said, q.why, q.said_at
             FROM {rows} JOIN proposals q ON q.event_id = r.event_id AND q.parked_id = r.id",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let may = who_may(session, Right::ResolveParked).await?;
    for word in &mut rows {
        word.is_lapsed = word.person.starts_with("operator:") && !may.contains(&word.person);
    }
    rows.sort_by_key(|row| row.nth);
    let mut words: BTreeMap<ParkedId, Vec<Proposed>> = BTreeMap::new();
    for word in rows {
        say(words.entry(word.parked_id).or_default(), word);
    }
    Ok(words)
}

/// The matters of an event of which a person said this, whatever else was said of them; of many words the newest matters'.
///
/// # Errors
/// The database's.
pub async fn proposed(
    session: &mut Session,
    event: EventId,
    said: &str,
    limit: i64,
) -> Result<Vec<(ParkedId,)>, Error> {
    session
        .all(
            "SELECT parked_id FROM proposals WHERE event_id = $1 AND said = $2
             ORDER BY parked_id DESC, nth DESC LIMIT $3",
            values![event, said, limit],
        )
        .await
}

/// Writes what was said. Where another process had a word about the same matter meanwhile, its race is lost.
pub(in crate::payments::parked) fn insert(tx: &mut Tx, said: &[Proposed]) {
    let rows = said.iter().map(|word| {
        [
            Value::from(word.event_id),
            Value::from(word.parked_id),
            Value::from(word.nth),
            Value::from(word.person.as_str()),
            Value::from(word.said.as_str()),
            Value::from(word.why.as_deref()),
            Value::from(word.said_at),
        ]
    });
    tx.write(
        MATTER,
        "INSERT INTO proposals (event_id, parked_id, nth, person, said, why, said_at)
         SELECT r.event_id, r.parked_id, r.nth, r.person, r.said, r.why, r.said_at FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(["event_id", "parked_id", "nth", "person", "said", "why", "said_at"], rows),
    );
}
