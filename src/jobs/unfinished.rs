//! Asks for payments that were last seen under way, and follows orders to their end.

use super::{Jobs, Next};
use crate::payments::Rounds;
use crate::payments::orders::{self, Orders};

pub(super) async fn step(jobs: &Jobs, rounds: &mut Rounds) -> Next {
    let events = match jobs.watched_events().await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "the events can't be read");
            return Next::Retry;
        }
    };
    let Jobs { store, lane, keys, adapters, clock, .. } = jobs;
    let making = Orders {
        store: store.clone(),
        keys: keys.clone(),
        lane: lane.clone(),
        adapters: adapters.clone(),
        clock: clock.clone(),
    };
    let mut next = Next::Idle;
    for event in &events {
        if let Err(error) = rounds.look_up_unfinished(store, lane, keys, adapters, event, clock.now()).await {
            tracing::info!(event = %event.slug, %error, "unfinished payments can't be asked for now");
            next = Next::Retry;
        }
        if let Err(error) = orders::finish(&making, event).await {
            tracing::warn!(event = %event.slug, %error, "orders can't be followed now");
            next = Next::Retry;
        }
    }
    next
}
