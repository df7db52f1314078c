//! Money that went back to its payer, or is to go: what that means for a matter, in words.

use crate::db::Store;
use crate::ids::EventId;
use crate::payments::Suspended;
use crate::payments::parked::store::{ParkedView, by_ids};
use crate::payments::parked::{Closing, MoneyBack, Parked, WayBack};
use crate::providers::{Adapter, Provider, Refunds};
use crate::web::problem::Problem;

/// What it means that money of a payment went back, where it did. What a bank took is not sent as well.
pub(super) fn gone(back: Option<MoneyBack>, matter: &ParkedView) -> Option<String> {
    let went = match back {
        Some(MoneyBack { by: WayBack::Chargeback, amount }) => {
            return Some(format!(
                "The payer's bank took {amount} of this payment back. It can't be credited any more: mark it for return, \
                 and don't send it back as well."
            ));
        }
        Some(MoneyBack { by: WayBack::Refund, amount }) => {
            format!("The provider sent {amount} of this payment back to the payer")
        }
        None if matter.reason == Suspended::RefundedAtProvider.as_str() => {
            "Money of this payment went back to the payer, and the provider did not say how much".to_owned()
        }
        None => return None,
    };
    Some(format!(
        "{went}. It can't be credited any more: mark it for return, and send what has not gone yet back in the \
         provider's own pages."
    ))
}

/// How a provider sends money back, or that a bank took it. No provider is asked to by Polsband.
pub(super) fn sent_back(adapter: Option<&Adapter>, back: Option<MoneyBack>) -> String {
    if back.is_some_and(|back| back.by == WayBack::Chargeback) {
        return "the payer's bank took it, so nobody else sends it as well.".to_owned();
    }
    let known = adapter.map(|adapter| (adapter.name().title(), adapter.capabilities().refunds));
    match known {
        Some((title, Refunds::Once)) => format!(
            "the refund is made in {title}'s own pages, once for a payment: all of it, or a part, and then the organiser \
             transfers the rest."
        ),
        Some((title, Refunds::Several)) => {
            format!("the refund is made in {title}'s own pages, at once or in parts.")
        }
        Some((_, Refunds::None)) | None => "the transfer is made by the organiser.".to_owned(),
    }
}

/// What closing an open matter does in the books.
pub(super) async fn closing(store: &Store, event: EventId, matter: &ParkedView) -> Result<Closing, Problem> {
    if matter.went_back_by.is_none() {
        return Ok(Closing::Nothing);
    }
    // With what was marked for return of its payment.
    let found = by_ids(&mut *store.read().await?, &[(event, matter.id)]).await?;
    Ok(found.first().map_or(Closing::Nothing, Parked::closing))
}

/// The same in words; empty where there is nothing to say.
pub(super) fn closes(closing: Closing) -> String {
    match closing {
        Closing::Nothing => String::new(),
        Closing::Books(MoneyBack { by, amount }) => {
            let how = match by {
                WayBack::Chargeback => "taken back by the payer's bank",
                WayBack::Refund => "sent back",
            };
            format!("{amount} of this payment is marked for return here: closing this books it as {how}.")
        }
        Closing::Leaves(amount) => format!(
            "Nothing is booked: “Collected by the provider” on Books goes on counting {amount} that went back, so it is that \
             much above what the provider holds. Only money that is marked for return here is booked as gone."
        ),
    }
}
