//! Asks for payments that were last seen under way.

use super::{Jobs, Next};
use crate::payments::look_up_unfinished;

pub(super) async fn step(jobs: &Jobs) -> Next {
    let events = match jobs.open_events().await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "the open events can't be read");
            return Next::Retry;
        }
    };
    let Jobs { store, lane, keys, adapters, clock, .. } = jobs;
    let mut next = Next::Idle;
    for event in &events {
        if let Err(error) = look_up_unfinished(store, lane, keys, adapters, event, clock.now()).await {
            tracing::info!(event = %event.slug, %error, "unfinished payments can't be asked for now");
            next = Next::Retry;
        }
    }
    next
}
