//! Asks the provider of an event's printed codes for the payments of a day, to see whether it answers to a key.

use super::Adapters;
use crate::clock::Timestamp;
use crate::events::{Event, EventError, ProfileChange};
use crate::providers::{Provider, ProviderName, Window};
use std::time::Duration;

/// What is asked for.
const WINDOW: Duration = Duration::from_hours(24);

/// How many payments the provider lists of the last day to whoever has the profile as it is after a change; or a sentence
/// saying why it doesn't, for whoever sets it up. Nothing is changed, recorded or settled.
///
/// # Errors
/// [`EventError::Invalid`] naming the field, or the database's.
pub async fn try_out(
    adapters: &Adapters,
    event: &Event,
    change: &ProfileChange,
    now: Timestamp,
) -> Result<Result<u64, String>, EventError> {
    let window = Window { from: now.before(WINDOW), to: now };
    let Some(adapter) = adapters.printed_after(event, change).await? else {
        return Ok(Err(format!("the event has no account of {}", ProviderName::Bancontact.title())));
    };
    if !adapter.capabilities().list {
        let why = "there is no API key yet: without one callbacks work, and nothing can be looked up";
        return Ok(Err(why.to_owned()));
    }
    Ok(match adapter.list(window, None, now).await {
        Ok(page) => {
            let shown = u64::try_from(page.reports.len()).unwrap_or(u64::MAX);
            Ok(page.total.unwrap_or(shown))
        }
        Err(why) => Err(why.to_string()),
    })
}
