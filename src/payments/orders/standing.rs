//! What the page of an order tells besides its state: a bank that has not decided yet, and what a person decided.

use super::store::Known;
use super::{Order, OrderState, Orders, store};
use crate::db;
use crate::money::Cents;
use crate::payments::Suspended;
use crate::providers::PaymentStatus;

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
    /// The same, and the payer's bank took all of it.
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
        let known = store::payment(&mut *self.store.read().await?, order, payment).await?;
        Ok(known.map_or(Standing::AsItIs, |known| standing(order, &known)))
    }
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
