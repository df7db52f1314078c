//! What the page of an order tells besides its state: a bank that has not decided yet, and what a person decided.

use super::store::Known;
use super::{Order, OrderState, Orders, store};
use crate::db::{self, Session};
use crate::money::Cents;
use crate::payments::parked::{MoneyBack, WayBack, gone};
use crate::payments::{PaymentKey, Suspended};
use crate::providers::{PaymentId, PaymentStatus};

/// Where an order's payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no more to tell than the order's state.
    AsItIs,
    /// It was confirmed by its payer, and is not money yet; its time may be over meanwhile.
    Checked,
    /// Money came of it, and no amount that could be credited.
    InReview,
    /// A person closed that, and nothing was credited.
    Reviewed,
    /// It was parked, and a person sends it back; or the provider sent all of it back before anybody here decided.
    Returned,
    /// It was parked, a person marked it for return, and all of it has gone.
    Gone,
    /// It was parked, a person marked it for return, and the payer's bank took all of it, booked as gone or not.
    Taken,
    /// It was parked, and the provider sent so much of it back before anybody here decided.
    ReturnedInPart(Cents),
    /// It was parked, and a person credited it to the wallet of this order.
    Credited,
    /// To another wallet.
    CreditedElsewhere,
    /// It is parked: the wallet would hold more than its event allows.
    OverBalance,
}

impl Orders {
    /// Where the payment of an order stands. It is read by keys, and only for orders that may have more to tell.
    ///
    /// # Errors
    /// The database's.
    pub async fn standing(&self, order: &Order) -> Result<Standing, db::Error> {
        let Some(payment) = &order.payment else { return Ok(Standing::AsItIs) };
        if matches!(order.state, OrderState::Credited | OrderState::Failed) {
            return Ok(Standing::AsItIs);
        }
        let mut session = self.store.read().await?;
        let Some(known) = store::payment(&mut session, order, payment).await? else {
            return Ok(Standing::AsItIs);
        };
        match (standing(order, &known), known.resolution.as_deref()) {
            (Standing::Returned, Some("return")) => marked(&mut session, order, payment, &known).await,
            (standing, _) => Ok(standing),
        }
    }
}

/// Where money stands that is marked for return: what the payer's bank took of it is not on its way, also while nobody here has
/// closed that.
async fn marked(
    session: &mut Session,
    order: &Order,
    payment: &PaymentId,
    known: &Known,
) -> Result<Standing, db::Error> {
    let (provider, profile) = (order.provider, order.profile.clone());
    let key = PaymentKey { provider, profile, payment: payment.clone() };
    let told = gone(session, order.event_id, &key.to_string()).await?;
    let [marked, booked] = [known.parked_cents, known.gone_cents].map(Option::unwrap_or_default);
    Ok(match told {
        Some(MoneyBack { by: WayBack::Chargeback, amount }) if amount >= marked => Standing::Taken,
        // The rest was sent.
        Some(MoneyBack { by: WayBack::Chargeback, amount }) if Some(amount) >= marked.minus(booked) => {
            Standing::Gone
        }
        _ => Standing::Returned,
    })
}

fn standing(order: &Order, known: &Known) -> Standing {
    if order.state != OrderState::Parked {
        return match PaymentStatus::from_wire(&known.status) {
            PaymentStatus::Authorized | PaymentStatus::PendingMerchantAcknowledgement => Standing::Checked,
            _ => Standing::AsItIs,
        };
    }
    let Some(parked) = known.parked_cents else {
        return if known.reviews_open > 0 { Standing::InReview } else { Standing::Reviewed };
    };
    match known.resolution.as_deref() {
        None => match known.back_cents {
            None if known.reason.as_deref() == Some(Suspended::OverBalance.as_str()) => Standing::OverBalance,
            None => Standing::AsItIs,
            Some(back) if back < parked => Standing::ReturnedInPart(back),
            Some(_) => Standing::Returned,
        },
        Some("return") if known.taken_cents >= Some(parked) => Standing::Taken,
        Some("return") if known.gone_cents >= Some(parked) => Standing::Gone,
        Some("return") => Standing::Returned,
        Some(to) if to.strip_prefix("to ") == Some(order.reference.as_str()) => Standing::Credited,
        Some(_) => Standing::CreditedElsewhere,
    }
}
