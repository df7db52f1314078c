//! Makes a payment again that nobody can be led to: its provider has made it, and the answer that said where it is paid got
//! lost on its way.

use super::finish::{cancel, waits_for_its_payer};
use super::make::{LOOKED_AT_AFTER, count};
use super::{NewOrder, Order, OrderError, OrderState, Orders, store};
use crate::clock::Timestamp;
use crate::db;
use crate::providers::{Adapter, Provider};

impl Orders {
    /// The order that took the place of this one; of several, one after the other, the last.
    ///
    /// # Errors
    /// The database's.
    pub async fn successor(&self, order: &Order) -> Result<Option<Order>, db::Error> {
        let mut last = order.clone();
        // Each was made while the first could be paid, and most of them twenty seconds after the one before.
        while last.state == OrderState::Failed && last.payment.is_some() {
            let Some(next) = self.by_id(last.id.made_again()).await? else { break };
            last = next;
        }
        Ok((last.id != order.id).then_some(last))
    }

    /// The order that the payer of this one chose in its place, at another provider or once more at the same one: one that can
    /// still be paid, or was.
    ///
    /// # Errors
    /// The database's.
    pub async fn chosen_instead(&self, order: &Order) -> Result<Option<Order>, db::Error> {
        let next = self.by_id(order.id.at_next_provider()).await?;
        let stands = |state: OrderState| state.is_under_way() || state.is_paid();
        Ok(next.filter(|next| next.hash == order.hash && stands(next.state)))
    }

    /// Has another order take the place of one that waits for its payer where its provider has not said where to pay, and
    /// has the same provider make its payment. No call that makes the first one may be under way any more. Answers the order
    /// that can be paid; the same one where nothing is to be done, or its payer chose another one.
    ///
    /// The first one is over here before it is ended there: whoever was told where to pay meanwhile keeps it. Should it be
    /// paid all the same, it is credited as any late money.
    ///
    /// # Errors
    /// [`OrderError`]. After a refusal the second order has failed, too.
    pub(super) async fn made_again(
        &self,
        adapter: &Adapter,
        order: Order,
        new: &NewOrder<'_>,
    ) -> Result<Order, OrderError> {
        let now = self.clock.now();
        let is_lost = order.state == OrderState::Open && order.link.is_none() && now < order.expires_at;
        if !is_lost
            || !waits_for_its_payer(self, &order).await?
            || self.chosen_instead(&order).await?.is_some()
        {
            return Ok(order);
        }
        let next = Order {
            id: order.id.made_again(),
            state: OrderState::Asked,
            payment: None,
            created_at: now,
            ..order.clone()
        };
        let is_replaced = self
            .store
            .transact(|tx| {
                let (order, next) = (order.clone(), next.clone());
                Box::pin(async move { store::replace(tx, &order, &next, now.after(LOOKED_AT_AFTER)).await })
            })
            .await?;
        if !is_replaced {
            return Ok(self.by_id(order.id).await?.unwrap_or(order));
        }
        count(order.provider, OrderState::Failed.as_str());
        tracing::warn!(order = %order.id, next = %next.id, "where to pay it was not heard: it is made again");
        let ((), made) =
            tokio::join!(self.give_up(adapter, &order, now), self.ask_for(adapter, next, new, now));
        made
    }

    /// Ends a payment that nobody was led to, as far as its provider lets us, and keeps what became of it.
    async fn give_up(&self, adapter: &Adapter, order: &Order, now: Timestamp) {
        if let Some(payment) = order.payment.as_ref().filter(|_| adapter.capabilities().cancels) {
            cancel(adapter, order, payment, now).await;
            self.find(adapter, order).await;
        }
    }
}
