//! Makes an order, and has its provider make the payment.

use super::{Order, OrderState, PAYABLE_FOR, store};
use crate::clock::{Clock, Timestamp};
use crate::codes::Reference;
use crate::db::{self, Store};
use crate::events::Event;
use crate::events::top_up_limits::{self, TopUpLimits};
use crate::ledger::LaneHandle;
use crate::money::Cents;
use crate::payments::{Adapters, Settle};
use crate::providers::{Adapter, CallError, NewPayment, OrderId, Provider};
use crate::secrets::{CodeHash, KeyFile};
use std::sync::Arc;
use std::time::Duration;

/// When a provider that did not answer is asked what it has made.
const LOOKED_AT_AFTER: Duration = Duration::from_secs(60);

/// Makes orders. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    /// The database.
    pub store: Store,
    /// To look references up.
    pub keys: Arc<KeyFile>,
    /// Where settlements go.
    pub lane: LaneHandle,
    /// Who is asked.
    pub adapters: Adapters,
    /// The time.
    pub clock: Clock,
}

/// What a provider answers when it is asked for an order's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is one.
    Payment,
    /// It knows none.
    Nothing,
    /// Nothing that could be understood.
    Silence,
    /// Nothing at all, or that it can't answer now.
    Away,
}

/// What somebody wants to pay.
#[derive(Clone, Copy, Debug)]
pub struct NewOrder<'a> {
    /// Drawn for the form: sending the form twice makes one order.
    pub id: OrderId,
    /// What is topped up, and as the directory knows it.
    pub reference: (&'a Reference, CodeHash),
    /// How much.
    pub amount: Cents,
    /// Shown to the payer; 1 to 100 characters.
    pub description: &'a str,
    /// The payer's language.
    pub language: &'a str,
    /// Where our pages of orders are: the payer of each comes back to its own, `{orders_url}/{id}`.
    pub orders_url: &'a str,
}

/// Why no order was made.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The event has no provider that makes payments.
    #[error("this event has no provider that makes payments")]
    NoProvider,
    /// Outside what the event allows.
    #[error("from {} to {} can be paid", .0.min, .0.max)]
    Amount(TopUpLimits),
    /// Somebody's order has this id already, and it was for something else.
    #[error("this order was made for something else")]
    IdTaken,
    /// The provider did not make the payment.
    #[error(transparent)]
    Provider(CallError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for OrderError {
    fn is_retryable(&self) -> bool {
        matches!(self, OrderError::Database(error) if error.is_retryable())
    }
}

impl Orders {
    /// The provider that makes an event's payments; `None` where there is only the printed code. Of several the first.
    ///
    /// # Errors
    /// The database's.
    pub async fn provider(&self, event: &Event) -> Result<Option<Adapter>, db::Error> {
        let adapters = self.adapters.of(event).await?;
        Ok(adapters.iter().find(|adapter| adapter.capabilities().creates).cloned())
    }

    /// Makes an order, or answers the one of this id: the second tap on a button waits for nothing and makes nothing.
    /// What comes back may still be `asked`: whether the payment was made will be known later.
    ///
    /// A provider that refuses has made nothing, and the next one is asked, for an order of its own. One that doesn't
    /// answer may have made it: nobody else is asked.
    ///
    /// # Errors
    /// [`OrderError`]. After a refusal the order is kept, as failed.
    pub async fn make(&self, event: &Event, new: &NewOrder<'_>) -> Result<Order, OrderError> {
        let mut makers = self.adapters.of(event).await?.to_vec();
        makers.retain(|adapter| adapter.capabilities().creates);
        let last = makers.len().checked_sub(1).ok_or(OrderError::NoProvider)?;
        let limits = top_up_limits::of(&mut *self.store.read().await?, event.id).await?;
        if !limits.allow(new.amount) {
            return Err(OrderError::Amount(limits));
        }
        let mut new = *new;
        for (number, adapter) in makers.iter().enumerate() {
            let made = self.make_at(adapter, event, &new).await;
            let was_refused = match &made {
                Ok(known) => known.was_refused(),
                Err(error) => matches!(error, OrderError::Provider(CallError::Refused { .. })),
            };
            if !was_refused || number == last {
                return made;
            }
            tracing::warn!(order = %new.id, provider = adapter.name().as_str(), "refused; the next one is asked");
            new.id = new.id.at_next_provider();
        }
        Err(OrderError::NoProvider)
    }

    async fn make_at(
        &self,
        adapter: &Adapter,
        event: &Event,
        new: &NewOrder<'_>,
    ) -> Result<Order, OrderError> {
        // Of this call: whoever was asked before may have taken long to refuse.
        let now = self.clock.now();
        let order = Order {
            event_id: event.id,
            id: new.id,
            provider: adapter.name(),
            profile: adapter.profile().clone(),
            reference: new.reference.0.as_str().to_owned(),
            hash: new.reference.1,
            amount: new.amount,
            state: OrderState::Asked,
            payment: None,
            paid: None,
            link: None,
            qr: None,
            created_at: now,
            expires_at: now.after(PAYABLE_FOR),
        };
        let is_new = self
            .store
            .transact(|tx| {
                let order = order.clone();
                Box::pin(async move { store::insert(tx, &order, now.after(LOOKED_AT_AFTER)).await })
            })
            .await?;
        if is_new {
            return self.have_made(adapter, order, new, now).await;
        }
        let known = self.by_id(new.id).await?.ok_or(OrderError::IdTaken)?;
        let is_same = known.event_id == event.id && known.hash == order.hash && known.amount == order.amount;
        if is_same { Ok(known) } else { Err(OrderError::IdTaken) }
    }

    /// The order of an id.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_id(&self, id: OrderId) -> Result<Option<Order>, db::Error> {
        Ok(store::by_ids(&mut *self.store.read().await?, [id]).await?.pop())
    }

    pub(super) async fn have_made(
        &self,
        adapter: &Adapter,
        order: Order,
        new: &NewOrder<'_>,
        now: Timestamp,
    ) -> Result<Order, OrderError> {
        // The order's own: whoever goes on with it sends the same, and a payer who comes back asks for what they paid.
        let return_url = format!("{}/{}", new.orders_url, order.id);
        let payment = NewPayment {
            order: order.id,
            amount: order.amount,
            description: new.description,
            language: new.language,
            return_url: &return_url,
            payable_for: order.expires_at.since(now),
        };
        let created = match adapter.create(&payment, now).await {
            Ok(created) => created,
            Err(error @ CallError::Refused { .. }) => {
                self.end(&order, OrderState::Failed).await?;
                return Err(OrderError::Provider(error));
            }
            // It may have been made all the same. If so, it has our id, and is found by it.
            Err(error) => {
                tracing::warn!(order = %order.id, %error, "whether a payment was made is not known");
                self.find(adapter, &order).await;
                return Ok(self.by_id(order.id).await?.unwrap_or(order));
            }
        };
        self.store
            .transact(|tx| {
                let (order, created) = (order.clone(), created.clone());
                Box::pin(async move { store::made(tx, &order, &created).await })
            })
            .await?;
        Ok(self.by_id(order.id).await?.unwrap_or(order))
    }

    /// Asks the provider for the payment of an order, and settles what it says.
    pub(super) async fn find(&self, adapter: &Adapter, order: &Order) -> Found {
        let now = self.clock.now();
        let found = match &order.payment {
            Some(payment) => adapter.details(payment, now).await,
            None => adapter.find_order(&order.id, now).await,
        };
        match found {
            Ok(Some(report)) => {
                let settle = Settle::new(&self.keys, order.event_id, report);
                let settled = self.lane.submit(settle).await;
                if let Err(error) = settled {
                    tracing::warn!(order = %order.id, %error, "not settled");
                }
                Found::Payment
            }
            Ok(None) => Found::Nothing,
            Err(error) => {
                tracing::info!(order = %order.id, %error, "an order can't be asked for now");
                if matches!(error, CallError::Retry { .. }) { Found::Away } else { Found::Silence }
            }
        }
    }

    pub(super) async fn end(&self, order: &Order, state: OrderState) -> Result<(), db::Error> {
        self.store
            .transact(|tx| {
                let order = order.clone();
                Box::pin(async move { store::end(tx, &order, state).await })
            })
            .await
    }
}
