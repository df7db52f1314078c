//! Follows orders to their end: asks for those nobody reported, and ends those nobody paid.

use super::{Order, OrderState, Orders, store};
use crate::clock::Timestamp;
use crate::db;
use crate::events::Event;
use crate::providers::{Adapter, Provider};
use std::time::Duration;

/// Most orders asked for in one round.
const ASKED_MAX: i64 = 50;
/// How long an order that is under way is left alone before it is asked for again.
const ASKED_EVERY: Duration = Duration::from_secs(120);
/// How long a payment may be on its way after the time to pay is over.
const GRACE: Duration = Duration::from_secs(120);

/// Asks for an order's payment now: somebody came back from the provider and waits.
///
/// # Errors
/// The database's.
pub async fn look(orders: &Orders, event: &Event, order: &Order) -> Result<(), db::Error> {
    if let Some(adapter) = adapter(orders, event, order).await? {
        orders.find(&adapter, order).await;
    }
    Ok(())
}

/// Asks for the orders of an event whose turn it is, and ends those whose time is over. Answers how many there were.
/// One that is paid all the same is credited whenever it is reported.
///
/// # Errors
/// The database's.
pub async fn finish(orders: &Orders, event: &Event) -> Result<usize, db::Error> {
    let now = orders.clock.now();
    let due = store::due(&mut *orders.store.read().await?, event.id, now, ASKED_MAX).await?;
    for order in &due {
        let look_at = if order.state.is_under_way() {
            match adapter(orders, event, order).await? {
                Some(adapter) => follow(orders, &adapter, order, now).await?,
                None => now.after(ASKED_EVERY).max(order.expires_at),
            }
            .into()
        } else {
            None
        };
        put_off(orders, order, look_at.filter(|at: &Timestamp| *at > now)).await?;
    }
    Ok(due.len())
}

/// Asks for one; answers when to ask again, which is now for one that has ended.
async fn follow(
    orders: &Orders,
    adapter: &Adapter,
    order: &Order,
    now: Timestamp,
) -> Result<Timestamp, db::Error> {
    orders.find(adapter, order).await;
    let order = orders.by_id(order.id).await?.unwrap_or_else(|| order.clone());
    if !order.state.is_under_way() {
        return Ok(now);
    }
    if now < order.expires_at.after(GRACE) {
        return Ok(now.after(ASKED_EVERY));
    }
    if let Some(payment) = order.payment.as_ref().filter(|_| adapter.capabilities().cancels) {
        if let Err(error) = adapter.cancel(payment, now).await {
            tracing::info!(order = %order.id, %error, "a payment nobody finished can't be ended");
        }
        // It may have been paid in this very moment.
        orders.find(adapter, &order).await;
    }
    orders.end(&order, OrderState::Expired).await?;
    Ok(now)
}

async fn adapter(orders: &Orders, event: &Event, order: &Order) -> Result<Option<Adapter>, db::Error> {
    let adapters = orders.adapters.of(event).await?;
    let is_its = |adapter: &&Adapter| adapter.name() == order.provider && *adapter.profile() == order.profile;
    Ok(adapters.iter().find(is_its).cloned())
}

async fn put_off(orders: &Orders, order: &Order, look_at: Option<Timestamp>) -> Result<(), db::Error> {
    orders
        .store
        .transact(|tx| {
            let order = order.clone();
            Box::pin(async move { store::put_off(tx, &order, look_at).await })
        })
        .await
}
