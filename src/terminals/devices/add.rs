//! Adds a terminal and draws the code with which a device becomes it.

use super::{ENROLMENT, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::codes::draw_enrolment_code;
use crate::db::{self, Store};
use crate::events::{Event, PointOfSale, Slug};
use crate::ids::TerminalId;
use crate::providers::ServiceUrl;
use crate::secrets::KeyFile;
use std::time::Duration;

/// How long an enrolment code works: 40 bits are short, so they are not left lying about.
pub const ENROLMENT_CODE_LIVES: Duration = Duration::from_secs(15 * 60);

/// A terminal that waits for its device.
#[derive(Clone)]
pub struct Added {
    /// What the device shows or types in; shown once and never stored.
    pub code: String,
    /// The terminal.
    pub terminal_id: TerminalId,
    /// When the code stops working.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub point_of_sale: PointOfSale,
}

/// Where a device opens the app and enrols. The code stands behind a `#`, which no browser sends anywhere.
#[must_use]
pub fn app_link(public_url: &ServiceUrl, code: &str) -> String {
    format!("{}/terminal#code={code}", public_url.as_str().trim_end_matches('/'))
}

/// Why no terminal was added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The event is closed.
    #[error("the event {0} is closed: nothing is charged there any more")]
    EventClosed(Slug),
    /// The event has no such bar.
    #[error("this event has no point of sale {0:?}: add it first, or write its name as listed")]
    UnknownPointOfSale(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for AddError {
    fn is_retryable(&self) -> bool {
        matches!(self, AddError::Database(error) if error.is_retryable())
    }
}

/// Adds a terminal at the bar `point_of_sale`, named by its name or its id.
///
/// # Errors
/// [`AddError`].
pub async fn add(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    point_of_sale: &str,
) -> Result<Added, AddError> {
    if !event.is_open() {
        return Err(AddError::EventClosed(event.slug.clone()));
    }
    let wanted = point_of_sale.trim();
    let bars = crate::events::store::points_of_sale(
        &mut *store.read().await?,
        event.id,
        "",
        crate::events::store::POINTS_OF_SALE_MAX,
    )
    .await?;
    let named = bars.iter().find(|bar| bar.name == wanted);
    let bar = named
        .or_else(|| bars.iter().find(|bar| wanted.parse() == Ok(bar.id)))
        .ok_or_else(|| AddError::UnknownPointOfSale(wanted.chars().take(80).collect()))?;
    let expires_at = now.after(ENROLMENT_CODE_LIVES);
    store
        .transact(|tx| {
            // Drawn anew each time, because a code that was drawn before is one reason to be here again.
            let code = draw_enrolment_code(&mut rand::rng());
            let hash = keys.short_code_hash(ENROLMENT, &code);
            let (actor, bar, terminal_id) = (actor.clone(), bar.clone(), TerminalId::new());
            Box::pin(async move {
                store::insert_terminal(tx, bar.event_id, terminal_id, bar.id, now).await?;
                store::insert_enrolment_code(tx, hash, bar.event_id, terminal_id, expires_at).await?;
                let entry = Entry {
                    event: Some(bar.event_id),
                    detail: Some(format!("at {}", bar.name)),
                    ..Entry::new(&actor, "terminal added", terminal_id.to_string())
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(Added { code, terminal_id, expires_at, point_of_sale: bar })
            })
        })
        .await
}
