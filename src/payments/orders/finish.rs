//! Follows orders to their end: asks for those nobody reported, ends those nobody paid, and looks back a few times at
//! those that may have been paid as they ended.

use super::make::Found;
use super::{LOOKED_BACK_FOR, Order, OrderState, Orders, store};
use crate::clock::Timestamp;
use crate::db;
use crate::events::Event;
use crate::providers::{Adapter, PaymentId, PaymentStatus, Provider, ProviderName};
use std::collections::HashMap;
use std::time::Duration;

/// Most orders asked for in one round.
const ASKED_MAX: i64 = 50;
/// After so many calls in a row that a provider left unanswered it is asked no more in that round: each takes as long as a
/// call may take, and other festivals' orders wait meanwhile.
const UNANSWERED_MAX: u32 = 3;
/// How long an order that is under way is left alone before it is asked for again.
const ASKED_EVERY: Duration = Duration::from_secs(120);
/// How long one is that was passed over: its turn comes before that of those which were asked for.
const PASSED_OVER_FOR: Duration = Duration::from_secs(119);
/// How long a payment may be on its way after the time to pay is over.
const GRACE: Duration = Duration::from_secs(120);
/// When an order that ended with its time is asked for again, counted from that time. What a list shows hours later is
/// left to reconciling.
const LOOKS_BACK: [Duration; 5] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(25 * 60),
    Duration::from_secs(60 * 60),
    LOOKED_BACK_FOR,
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

/// Asks for the orders of an event whose turn it is, and ends those whose time is over, whether their provider answers or
/// not. Answers how many there were. One that is paid all the same is credited whenever it is reported.
///
/// # Errors
/// The database's.
pub async fn finish(orders: &Orders, event: &Event) -> Result<usize, db::Error> {
    let now = orders.clock.now();
    let due = store::due(&mut *orders.store.read().await?, event.id, now, ASKED_MAX).await?;
    let mut unanswered = Unanswered::default();
    for (place, order) in (0..).zip(&due) {
        let look_at = match adapter(orders, event, order).await? {
            Some(adapter) => follow(orders, &adapter, (order, place), now, &mut unanswered).await?,
            None => next_look(order, now).map(|at| at.max(order.expires_at)),
        };
        put_off(orders, order, look_at).await?;
    }
    Ok(due.len())
}

/// How many calls in a row each provider left unanswered in a round.
#[derive(Default)]
struct Unanswered(HashMap<ProviderName, u32>);

/// What came of an order's turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Answered,
    Unanswered,
    PassedOver,
}

impl Unanswered {
    /// Asks for an order, unless its provider left too many unanswered.
    async fn ask(&mut self, orders: &Orders, adapter: &Adapter, order: &Order) -> Turn {
        let count = self.0.entry(adapter.name()).or_default();
        if *count >= UNANSWERED_MAX {
            return Turn::PassedOver;
        }
        if orders.find(adapter, order).await == Found::Away {
            *count += 1;
            return Turn::Unanswered;
        }
        *count = 0;
        Turn::Answered
    }
}

/// Asks for one; answers when to ask again. One that is passed over keeps its place among those, and is asked for before
/// the ones that were not answered for: else the same few would keep all others from being asked for.
async fn follow(
    orders: &Orders,
    adapter: &Adapter,
    (order, place): (&Order, u64),
    now: Timestamp,
    unanswered: &mut Unanswered,
) -> Result<Option<Timestamp>, db::Error> {
    if !order.may_be_paid(now) {
        return Ok(None);
    }
    let turn = unanswered.ask(orders, adapter, order).await;
    let order = finished(orders, adapter, order, (now, turn), unanswered).await?;
    let next = next_look(&order, now);
    let soon = now.after(PASSED_OVER_FOR + Duration::from_micros(place));
    Ok(if turn == Turn::PassedOver { next.map(|at| at.min(soon)) } else { next })
}

/// The order as it is after its turn, ended where its time is over.
async fn finished(
    orders: &Orders,
    adapter: &Adapter,
    order: &Order,
    (now, turn): (Timestamp, Turn),
    unanswered: &mut Unanswered,
) -> Result<Order, db::Error> {
    let order = orders.by_id(order.id).await?.unwrap_or_else(|| order.clone());
    // One that ended with its time while its provider said nothing may still be payable there.
    let is_unfinished = order.state.is_under_way() || order.state == OrderState::Expired;
    if !is_unfinished || now < order.expires_at.after(GRACE) {
        return Ok(order);
    }
    let can_be_ended = turn == Turn::Answered
        && adapter.capabilities().cancels
        && waits_for_its_payer(orders, &order).await?;
    if let Some(payment) = order.payment.as_ref().filter(|_| can_be_ended) {
        cancel(adapter, &order, payment, now).await;
        // It may have been paid in this very moment.
        unanswered.ask(orders, adapter, &order).await;
    }
    orders.end(&order, OrderState::Expired).await?;
    Ok(orders.by_id(order.id).await?.unwrap_or(order))
}

/// Ends a payment that nobody finished, where its provider lets us.
pub(super) async fn cancel(adapter: &Adapter, order: &Order, payment: &PaymentId, now: Timestamp) {
    if let Err(error) = adapter.cancel(payment, now).await {
        tracing::info!(order = %order.id, %error, "a payment nobody finished can't be ended");
    }
}

/// True where the provider said no more of an order's payment than that its payer may confirm it. One that was confirmed is
/// on its way, and is left to the bank.
pub(super) async fn waits_for_its_payer(orders: &Orders, order: &Order) -> Result<bool, db::Error> {
    let Some(payment) = &order.payment else { return Ok(false) };
    let known = store::payment(&mut *orders.store.read().await?, order, payment).await?;
    Ok(known.is_none_or(|known| {
        let status = PaymentStatus::from_wire(&known.status);
        matches!(status, PaymentStatus::Pending | PaymentStatus::Identified)
    }))
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
