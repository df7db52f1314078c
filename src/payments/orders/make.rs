//! Makes an order, and has its provider make the payment.

use super::{Order, OrderState, PAYABLE_FOR, store};
use crate::clock::{Clock, Timestamp};
use crate::codes::Reference;
use crate::db::{self, Store};
use crate::events::Event;
use crate::events::accounts::hanging;
use crate::events::top_up_limits::{self, TopUpLimits};
use crate::ledger::LaneHandle;
use crate::money::Cents;
use crate::payments::{Adapters, Settle};
use crate::providers::{Adapter, CallError, Created, NewPayment, OrderId, Provider, ProviderName};
use crate::secrets::{CodeHash, KeyFile};
use std::sync::Arc;
use std::time::Duration;

/// When a provider that did not answer is asked what it has made.
pub(super) const LOOKED_AT_AFTER: Duration = Duration::from_secs(60);

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
    /// Who alone is asked, where the payer said so.
    pub only: Option<ProviderName>,
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
    /// The provider that alone is to be asked makes no payments for the event, or none for now.
    #[error("the provider that was asked for makes no payments here now")]
    NotOffered,
    /// Outside what the event allows, or more than a wallet of it holds.
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

/// What came of asking a provider for a payment, in a word.
fn result(answer: &Result<Created, CallError>) -> &'static str {
    match answer {
        Ok(_) => "made",
        Err(CallError::Refused { .. }) => "refused",
        Err(CallError::Unsent { .. }) => "unreached",
        Err(CallError::Retry { .. }) => "unanswered",
        Err(CallError::Invalid { .. }) => "unreadable",
    }
}

/// Counts what came of asking for an order, and how it ended.
pub(super) fn count(provider: ProviderName, result: &'static str) {
    let labels = [("provider", provider.as_str()), ("result", result)];
    metrics::counter!("polsband_orders_total", &labels).increment(1);
}

impl Orders {
    /// The providers that make an event's payments, the first to be asked first; none that is paused. Where there are
    /// none, there is only the printed code.
    ///
    /// # Errors
    /// The database's.
    pub async fn makers(&self, event: &Event) -> Result<Vec<ProviderName>, db::Error> {
        let adapters = self.adapters.of(event).await?;
        Ok(adapters.iter().filter(|adapter| adapter.capabilities().creates).map(Provider::name).collect())
    }

    /// Who may be asked where an order's provider doesn't answer: another one that makes the event's payments, unless it
    /// refused this top-up or couldn't be reached for it; where that is so of each other one, the same one again, alone.
    /// `None` where there is no other. As long as the order's own may still be making it, only one that was not asked for this
    /// top-up at all: at each time one is asked at most.
    ///
    /// # Errors
    /// The database's.
    pub async fn way_on(
        &self,
        event: &Event,
        order: &Order,
        now: Timestamp,
    ) -> Result<Option<ProviderName>, db::Error> {
        let makers = self.makers(event).await?;
        let others: Vec<ProviderName> =
            makers.iter().copied().filter(|name| *name != order.provider).collect();
        if others.is_empty() {
            return Ok(None);
        }
        let tries = store::by_ids(&mut *self.store.read().await?, order.id.other_tries()).await?;
        let tries_at = |name: ProviderName| {
            tries.iter().filter(move |tried| tried.provider == name && tried.hash == order.hash)
        };
        if !order.is_unanswered(now) {
            return Ok(others.into_iter().find(|name| tries_at(*name).next().is_none()));
        }
        let made_none = |name: &ProviderName| tries_at(*name).any(Order::was_unmade);
        let same = makers.contains(&order.provider).then_some(order.provider);
        Ok(others.into_iter().find(|name| !made_none(name)).or(same))
    }

    /// Makes an order, or answers the one of this id: the second tap on a button waits for nothing and makes nothing.
    /// What comes back may still be `asked`: whether the payment was made will be known later.
    ///
    /// A provider that refuses or can't be reached has made nothing, and the next one is asked, for an order of its own. One
    /// that doesn't answer may have made it: nobody else is asked, unless the payer asks for that. The one the payer names is
    /// asked alone: whoever was asked before it refused, or has not answered. Where it makes none, nobody is asked in its place.
    ///
    /// # Errors
    /// [`OrderError`]. Where nothing was made the order is kept, as failed.
    pub async fn make(&self, event: &Event, new: &NewOrder<'_>) -> Result<Order, OrderError> {
        if let Some(known) = self.known(event, new).await?
            && (new.only.is_some() || !known.was_unmade())
        {
            return Ok(known);
        }
        if let Some(made) = self.make_in_turn(event, new).await? {
            return Ok(made);
        }
        // Another process changed an account since its adapter was made here.
        self.adapters.forget(event.id);
        self.make_in_turn(event, new).await?.ok_or(OrderError::NotOffered)
    }

    /// Asks one provider after the other; `None` where the event has not, any more, the account of one of them.
    async fn make_in_turn(&self, event: &Event, new: &NewOrder<'_>) -> Result<Option<Order>, OrderError> {
        let mut makers = self.adapters.of(event).await?.to_vec();
        makers.retain(|adapter| adapter.capabilities().creates);
        if makers.is_empty() {
            return Err(OrderError::NoProvider);
        }
        makers.retain(|maker| new.only.is_none_or(|only| maker.name() == only));
        let last = makers.len().checked_sub(1).ok_or(OrderError::NotOffered)?;
        let limits = top_up_limits::payable(&mut *self.store.read().await?, event).await?;
        if !limits.allow(new.amount) {
            return Err(OrderError::Amount(limits));
        }
        let mut new = *new;
        for (number, adapter) in makers.iter().enumerate() {
            let made = self.make_at(adapter, event, &new).await;
            let was_unmade = match &made {
                Ok(None) => return Ok(None),
                Ok(Some(known)) => known.was_unmade(),
                Err(error) => matches!(error, OrderError::Provider(error) if error.did_nothing()),
            };
            if !was_unmade || number == last {
                return made;
            }
            let why = made.as_ref().err().map(ToString::to_string);
            let (provider, why) = (adapter.name().as_str(), why.as_deref());
            tracing::warn!(order = %new.id, provider, why, "nothing was made; the next one is asked");
            new.id = new.id.at_next_provider();
        }
        Err(OrderError::NoProvider)
    }

    async fn make_at(
        &self,
        adapter: &Adapter,
        event: &Event,
        new: &NewOrder<'_>,
    ) -> Result<Option<Order>, OrderError> {
        // Of this call: whoever was asked before may have taken long to refuse.
        let now = self.clock.now();
        let order = Order {
            event_id: event.id,
            id: new.id,
            provider: adapter.name(),
            profile: adapter.profile().clone(),
            profile_there: Some(adapter.profile_there().clone()).filter(|there| there != adapter.profile()),
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
                Box::pin(async move {
                    // Under an id that the event's account has no more nobody would look for its money.
                    if !hanging::keep(tx, order.event_id, (order.provider, &order.profile)).await? {
                        return Ok(None);
                    }
                    store::insert(tx, &order, now.after(LOOKED_AT_AFTER)).await.map(Some)
                })
            })
            .await?;
        match is_new {
            None => Ok(None),
            Some(true) => self.have_made(adapter, order, new, now).await.map(Some),
            Some(false) => self.known(event, new).await?.ok_or(OrderError::IdTaken).map(Some),
        }
    }

    /// The order of this id, or the one that took its place.
    async fn known(&self, event: &Event, new: &NewOrder<'_>) -> Result<Option<Order>, OrderError> {
        let Some(known) = self.by_id(new.id).await? else { return Ok(None) };
        let is_same =
            known.event_id == event.id && known.hash == new.reference.1 && known.amount == new.amount;
        if !is_same {
            return Err(OrderError::IdTaken);
        }
        Ok(Some(self.successor(&known).await?.unwrap_or(known)))
    }

    /// The order of an id.
    ///
    /// # Errors
    /// The database's.
    pub async fn by_id(&self, id: OrderId) -> Result<Option<Order>, db::Error> {
        Ok(store::by_ids(&mut *self.store.read().await?, [id]).await?.pop())
    }

    /// Has a provider make the payment of an order, and a second one where nobody can be told where to pay the first.
    pub(super) async fn have_made(
        &self,
        adapter: &Adapter,
        order: Order,
        new: &NewOrder<'_>,
        now: Timestamp,
    ) -> Result<Order, OrderError> {
        let made = self.ask_for(adapter, order, new, now).await?;
        self.made_again(adapter, made, new).await
    }

    pub(super) async fn ask_for(
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
        let answer = adapter.create(&payment, now).await;
        count(order.provider, result(&answer));
        let created = match answer {
            Ok(created) => created,
            Err(error) if error.did_nothing() => {
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
                if error.may_pass() { Found::Away } else { Found::Silence }
            }
        }
    }

    pub(super) async fn end(&self, order: &Order, state: OrderState) -> Result<(), db::Error> {
        let is_ended = self
            .store
            .transact(|tx| {
                let order = order.clone();
                Box::pin(async move { store::end(tx, &order, state).await })
            })
            .await?;
        if is_ended {
            count(order.provider, state.as_str());
        }
        Ok(())
    }
}
