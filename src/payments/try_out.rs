//! Asks a provider of an event for the payments of a day, to see whether it answers to what is kept of it.

use super::Adapters;
use crate::clock::Timestamp;
use crate::db;
use crate::events::Event;
use crate::providers::{Provider, ProviderName, Window};
use std::time::Duration;

/// What is asked for.
const WINDOW: Duration = Duration::from_hours(24);

/// How many payments the provider lists of the last day; or a sentence saying why it doesn't, for whoever set it up.
/// Nothing is recorded or settled.
///
/// # Errors
/// The database's.
pub async fn try_out(
    adapters: &Adapters,
    event: &Event,
    provider: ProviderName,
    now: Timestamp,
) -> Result<Result<u64, String>, db::Error> {
    adapters.forget(event.id);
    let window = Window { from: now.before(WINDOW), to: now };
    let Some(adapter) = adapters.one(event, provider).await? else {
        return Ok(Err(format!("the event has no account of {}", provider.title())));
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
