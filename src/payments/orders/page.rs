//! The orders of a batch: whose wallet a report is for, and what became of it.

use super::make::count;
use super::{Order, OrderState, store};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ledger::{Page, Touches};
use crate::money::Cents;
use crate::payments::Outcome;
use crate::providers::{OrderId, PaymentReport, PaymentStatus};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};

/// The orders a batch touches.
#[derive(Default)]
pub(in crate::payments) struct OrderPage {
    known: BTreeMap<OrderId, Order>,
    changed: BTreeSet<OrderId>,
    /// Those that were under way until now.
    ended: BTreeSet<OrderId>,
}

impl OrderPage {
    /// The order that a report names, if it is one of ours.
    pub(in crate::payments) fn named(&self, id: OrderId) -> Option<&Order> {
        self.known.get(&id)
    }

    /// Has an order follow its payment.
    pub(in crate::payments) fn follow(
        &mut self,
        (id, now): (OrderId, Timestamp),
        report: &PaymentReport,
        outcome: &Outcome,
    ) {
        let Some(order) = self.known.get_mut(&id) else { return };
        let (state, paid) = match outcome {
            Outcome::Credited { amount, .. } => (OrderState::Credited, Some(*amount)),
            Outcome::Suspended(_) => (OrderState::Parked, report.cents().map(Cents)),
            Outcome::NeedsReview => (OrderState::Parked, None),
            Outcome::Recorded => (recorded(order, &report.status, now), order.paid),
            Outcome::AlreadyKnown | Outcome::Mismatch => (order.state, order.paid),
        };
        let payment = order.payment.clone().or_else(|| Some(report.payment_id.clone()));
        // One order, one credit: a second payment of it that goes astray takes nothing away from the first.
        let state = if order.state == OrderState::Credited { OrderState::Credited } else { state };
        let link = order.link.clone().or_else(|| report.link.clone());
        if order.state.is_under_way() && !state.is_under_way() {
            self.ended.insert(id);
        }
        if (order.state, order.paid, &order.payment, &order.link) != (state, paid, &payment, &link) {
            (order.state, order.paid, order.payment, order.link) = (state, paid, payment, link);
            self.changed.insert(id);
        }
    }
}

/// What a state that is not money makes of an order. What has ended stays ended; only money changes that.
fn recorded(order: &Order, status: &PaymentStatus, now: Timestamp) -> OrderState {
    match (order.state, status) {
        (OrderState::Asked | OrderState::Open, PaymentStatus::Expired) => OrderState::Expired,
        // Some have no word for that, and what nobody paid in time is cancelled there, by them or by us.
        (OrderState::Asked | OrderState::Open, PaymentStatus::Cancelled) if now >= order.expires_at => {
            OrderState::Expired
        }
        (OrderState::Asked | OrderState::Open, status) if status.is_final() => OrderState::Failed,
        (OrderState::Asked, _) => OrderState::Open,
        (state, _) => state,
    }
}

impl Page for OrderPage {
    type Key = OrderId;

    fn begin(&mut self, _gate_moved: bool) {
        *self = OrderPage::default();
    }

    fn load<'a>(
        &'a mut self,
        session: &'a mut Session,
        keys: Vec<OrderId>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            for order in store::by_ids(session, keys).await? {
                self.known.insert(order.id, order);
            }
            Ok(())
        })
    }

    fn touches(&self, touches: &mut Touches) {
        for order in self.known.values() {
            touches.event(order.event_id);
            touches.code(order.hash);
        }
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, _now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            store::follow(tx, self.changed.iter().filter_map(|id| self.known.get(id)));
            Ok(())
        })
    }

    fn committed(&self) {
        for order in self.ended.iter().filter_map(|id| self.known.get(id)) {
            count(order.provider, order.state.as_str());
        }
    }
}
