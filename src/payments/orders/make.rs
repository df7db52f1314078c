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

/// What somebody wants to pay.
#[derive(Clone, Debug)]
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
    /// Our page that the payer comes back to.
    pub return_url: &'a str,
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
    /// # Errors
    /// [`OrderError`]. After a refusal the order is kept, as failed.
    pub async fn make(&self, event: &Event, new: &NewOrder<'_>) -> Result<Order, OrderError> {
        let now = self.clock.now();
        let adapter = self.provider(event).await?.ok_or(OrderError::NoProvider)?;
        let limits = top_up_limits::of(&mut *self.store.read().await?, event.id).await?;
        if !limits.allow(new.amount) {
            return Err(OrderError::Amount(limits));
        }
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
            return self.have_made(&adapter, order, new, now).await;
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

    async fn have_made(
        &self,
        adapter: &Adapter,
        order: Order,
        new: &NewOrder<'_>,
        now: Timestamp,
    ) -> Result<Order, OrderError> {
        let payment = NewPayment {
            order: order.id,
            amount: order.amount,
            description: new.description,
            language: new.language,
            return_url: new.return_url,
            payable_for: PAYABLE_FOR,
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

    /// Asks the provider for the payment of an order, and settles what it says. True when there is one.
    pub(super) async fn find(&self, adapter: &Adapter, order: &Order) -> bool {
        let now = self.clock.now();
        let found = match &order.payment {
            Some(payment) => adapter.details(payment, now).await,
            None => adapter.find_order(&order.id, now).await,
        };
        match found {
            Ok(Some(report)) => {
                let settle = Settle::new(&self.keys, order.event_id, report);
                let settled = self.lane.submit(settle).await;
                settled.inspect_err(|error| tracing::warn!(order = %order.id, %error, "not settled")).is_ok()
            }
            Ok(None) => false,
            Err(error) => {
                tracing::info!(order = %order.id, %error, "an order can't be asked for now");
                false
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
