//! Goes on with an order whose provider has not said where to pay.

use super::finish::adapter;
use super::make::Found;
use super::{NewOrder, Order, OrderError, OrderState, Orders};
use crate::events::Event;
use crate::providers::Provider;

/// Asks for the payment of an order that somebody waits for. Where the provider answers and knows none, the payment is made
/// after all, under the same id: they take an id once, so that one which was made in the meantime is found and not made
/// again. `new` says the same as when the order was made; a provider may refuse an id that comes with anything else.
/// Whoever chose another one meanwhile waits for none.
/// Where there is one, and the provider does not say where it is paid, another takes its place: see [`Orders::successor`].
///
/// # Errors
/// [`OrderError`]. After a refusal the order has failed.
pub async fn resume(
    orders: &Orders,
    event: &Event,
    order: &Order,
    new: &NewOrder<'_>,
) -> Result<(), OrderError> {
    let now = orders.clock.now();
    let Some(adapter) = adapter(orders, event, order).await? else { return Ok(()) };
    let found = orders.find(&adapter, order).await;
    // The first call may still be under way until then. And nothing new is made where that is paused.
    if !order.is_unanswered(now) || !adapter.capabilities().creates {
        return Ok(());
    }
    let Some(known) = orders.by_id(order.id).await? else { return Ok(()) };
    let is_unmade = known.state == OrderState::Asked && known.payment.is_none();
    let is_wanted = orders.chosen_instead(&known).await?.is_none();
    match found {
        Found::Nothing if is_unmade && is_wanted => orders.have_made(&adapter, known, new, now).await?,
        Found::Payment => orders.made_again(&adapter, known, new).await?,
        _ => known,
    };
    Ok(())
}
