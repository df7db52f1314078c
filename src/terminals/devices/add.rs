//! Adds a terminal and draws the code with which a device becomes it; draws another while none did.

use super::{ENROLMENT, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::codes::draw_enrolment_code;
use crate::db::{self, Store};
use crate::events::{Event, Slug, store as bars};
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
    /// The name of the bar where it stands.
    pub point_of_sale: String,
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
    /// The bar was retired.
    #[error("the point of sale {0:?} is retired: no terminal stands there any more")]
    PointOfSaleRetired(String),
    /// There is a terminal of this id.
    #[error("this terminal was added already, and its code was shown once")]
    AddedBefore,
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
    add_as(store, keys, actor, now, event, TerminalId::new(), point_of_sale).await
}

/// The same under an id that the caller made: the same id again adds no other.
///
/// # Errors
/// [`AddError`].
pub async fn add_as(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    terminal_id: TerminalId,
    point_of_sale: &str,
) -> Result<Added, AddError> {
    if !event.is_open() {
        return Err(AddError::EventClosed(event.slug.clone()));
    }
    let found = bars::point_of_sale_named(&mut *store.read().await?, event.id, point_of_sale).await?;
    let unknown = || AddError::UnknownPointOfSale(point_of_sale.trim().chars().take(80).collect());
    let bar = found.ok_or_else(unknown)?;
    let expires_at = now.after(ENROLMENT_CODE_LIVES);
    store
        .transact(|tx| {
            // Drawn anew each time, because a code that was drawn before is one reason to be here again.
            let code = draw_enrolment_code(&mut rand::rng());
            let hash = keys.short_code_hash(ENROLMENT, &code);
            let (actor, bar) = (actor.clone(), bar.clone());
            Box::pin(async move {
                if !bars::hold_point_of_sale(tx, bar.event_id, bar.id).await? {
                    return Err(AddError::PointOfSaleRetired(bar.name));
                }
                // Ids are looked for without their event.
                let is_known = store::by_id(tx, terminal_id).await?.is_some();
                if is_known || !store::insert_terminal(tx, bar.event_id, terminal_id, bar.id, now).await? {
                    return Err(AddError::AddedBefore);
                }
                store::insert_enrolment_code(tx, hash, bar.event_id, terminal_id, expires_at).await?;
                let entry = Entry {
                    event: Some(bar.event_id),
                    detail: Some(format!("at {}", bar.name)),
                    ..Entry::new(&actor, "terminal added", terminal_id.to_string())
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(Added { code, terminal_id, expires_at, point_of_sale: bar.name })
            })
        })
        .await
}

/// Draws a new code for a terminal that waits for its device: the code it had works no more. Nothing when the event has no
/// such terminal, or it waits no longer.
///
/// # Errors
/// [`AddError`].
pub async fn renew_code(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    terminal_id: TerminalId,
) -> Result<Option<Added>, AddError> {
    if !event.is_open() {
        return Err(AddError::EventClosed(event.slug.clone()));
    }
    let expires_at = now.after(ENROLMENT_CODE_LIVES);
    store
        .transact(|tx| {
            let code = draw_enrolment_code(&mut rand::rng());
            let hash = keys.short_code_hash(ENROLMENT, &code);
            let (actor, event) = (actor.clone(), event.id);
            Box::pin(async move {
                if !store::hold_waiting(tx, event, terminal_id).await? {
                    return Ok(None);
                }
                let Some(terminal) = store::by_id(tx, terminal_id).await? else { return Ok(None) };
                store::forget_codes(tx, event, terminal_id).await?;
                store::insert_enrolment_code(tx, hash, event, terminal_id, expires_at).await?;
                let entry = Entry {
                    event: Some(event),
                    detail: Some(format!("at {}", terminal.point_of_sale)),
                    ..Entry::new(&actor, "terminal code renewed", terminal_id.to_string())
                };
                audit_log::store::write(tx, now, &entry).await?;
                let point_of_sale = terminal.point_of_sale;
                Ok(Some(Added { code, terminal_id, expires_at, point_of_sale }))
            })
        })
        .await
}
