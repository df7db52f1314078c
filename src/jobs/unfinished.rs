//! Asks for payments that were last seen under way.

use super::{Jobs, Next};
use crate::payments::Rounds;

pub(super) async fn step(jobs: &Jobs, rounds: &mut Rounds) -> Next {
    let events = match jobs.watched_events().await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "the events can't be read");
            return Next::Retry;
        }
    };
    let Jobs { store, lane, keys, adapters, clock, .. } = jobs;
    let mut next = Next::Idle;
    for event in &events {
        if let Err(error) = rounds.look_up_unfinished(store, lane, keys, adapters, event, clock.now()).await {
            tracing::info!(event = %event.slug, %error, "unfinished payments can't be asked for now");
            next = Next::Retry;
        }
    }
    next
}
