//! Follows orders to their end: asks for those nobody reported, ends those nobody paid, and looks back a few times at
//! those that may have been paid as they ended.

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
/// When an order that ended with its time is asked for again, counted from that time. What a list shows hours later is
/// left to reconciling.
const LOOKS_BACK: [Duration; 5] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(25 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(120 * 60),
];

/// Asks for an order's payment now: somebody came back from the provider and waits, or opened the page of one that
/// expired. Of one that no money is expected of nobody is asked.
///
/// # Errors
/// The database's.
pub async fn look(orders: &Orders, event: &Event, order: &Order) -> Result<(), db::Error> {
    if !order.may_be_paid(orders.clock.now()) {
        return Ok(());
    }
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
        let look_at = match adapter(orders, event, order).await? {
            Some(adapter) => follow(orders, &adapter, order, now).await?,
            None => next_look(order, now).map(|at| at.max(order.expires_at)),
        };
        put_off(orders, order, look_at).await?;
    }
    Ok(due.len())
}

/// Asks for one; answers when to ask again.
async fn follow(
    orders: &Orders,
    adapter: &Adapter,
    order: &Order,
    now: Timestamp,
) -> Result<Option<Timestamp>, db::Error> {
    if !order.may_be_paid(now) {
        return Ok(None);
    }
    orders.find(adapter, order).await;
    let order = orders.by_id(order.id).await?.unwrap_or_else(|| order.clone());
    if !order.state.is_under_way() || now < order.expires_at.after(GRACE) {
        return Ok(next_look(&order, now));
    }
    if let Some(payment) = order.payment.as_ref().filter(|_| adapter.capabilities().cancels) {
        if let Err(error) = adapter.cancel(payment, now).await {
            tracing::info!(order = %order.id, %error, "a payment nobody finished can't be ended");
        }
        // It may have been paid in this very moment.
        orders.find(adapter, &order).await;
    }
    orders.end(&order, OrderState::Expired).await?;
    let order = orders.by_id(order.id).await?.unwrap_or(order);
    Ok(next_look(&order, now))
}

/// When an order is asked for next; `None` when nothing more is expected of it.
fn next_look(order: &Order, now: Timestamp) -> Option<Timestamp> {
    if order.state.is_under_way() {
        return Some(now.after(ASKED_EVERY));
    }
    let mut looks = LOOKS_BACK.iter().map(|after| order.expires_at.after(*after)).filter(|at| *at > now);
    looks.next().filter(|_| order.may_be_paid(now))
}

/// The adapter of the account that an order was written for, if the event still has it.
pub(super) async fn adapter(
    orders: &Orders,
    event: &Event,
    order: &Order,
) -> Result<Option<Adapter>, db::Error> {
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
