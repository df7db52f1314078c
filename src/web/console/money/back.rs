//! Money that went back to its payer, or is to go, and money that two reports disagree on: what that means for a matter, in
//! words.

use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::{EventId, ParkedId};
use crate::payments::parked::store::{ParkedView, by_ids, of_payment};
use crate::payments::parked::{Closing, DISAGREE, MoneyBack, Parked, WayBack};
use crate::payments::{PaymentKey, Suspended};
use crate::providers::{Adapter, Provider, Refunds};
use crate::web::console::at::AtFestival;
use crate::web::problem::Problem;
use uuid::Uuid;

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
            "Money of this payment went back to the payer, or was reserved to, before it came here".to_owned()
        }
        None => return None,
    };
    let provider = PaymentKey::named(&matter.payment).map(|key| key.provider);
    let rest = match provider.filter(|provider| provider.refunds_once()) {
        Some(provider) => {
            let title = provider.title();
            format!(". {title} refunds a payment once, so the organiser transfers what has not gone yet.")
        }
        None => ", and send what has not gone yet back in the provider's own pages.".to_owned(),
    };
    Some(format!("{went}. It can't be credited any more: mark it for return{rest}"))
}

/// How a provider sends money back of which any `is_gone` or not, or that a bank took it. No provider is asked to by Polsband.
pub(super) fn sent_back(adapter: Option<&Adapter>, back: Option<MoneyBack>, is_gone: bool) -> String {
    if back.is_some_and(|back| back.by == WayBack::Chargeback) {
        return "the payer's bank took it, so nobody else sends it as well.".to_owned();
    }
    let known = adapter.map(|adapter| (adapter.name().title(), adapter.capabilities().refunds));
    match known {
        Some((title, Refunds::Once)) if is_gone => format!(
            "{title} refunds a payment once, and a refund of this one was made: the organiser transfers what has not gone yet."
        ),
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

/// What closing a matter does in the books: one that is open and tells of a contradiction.
pub(super) async fn closing(store: &Store, event: EventId, matter: ParkedId) -> Result<Closing, Problem> {
    let found = by_ids(&mut *store.read().await?, &[(event, matter)]).await?;
    Ok(found.first().map_or(Closing::Nothing, Parked::closing))
}

/// The page of an open matter that tells of two reports of a matter's payment that disagree; none for a matter that tells of
/// such itself, because of two of them neither is to be read first.
pub(super) async fn contradiction<R>(
    at: &AtFestival<R>,
    store: &Store,
    matter: &ParkedView,
    payment: Option<Uuid>,
) -> Result<Option<String>, Problem> {
    let Some(payment) = payment.filter(|_| matter.reason != DISAGREE) else { return Ok(None) };
    let raised = of_payment(&mut *store.read().await?, at.event.id, payment).await?;
    let is_open = |(_, _, reason, resolved): &(ParkedId, String, String, Option<Timestamp>)| {
        reason == DISAGREE && resolved.is_none()
    };
    Ok(raised.into_iter().find(is_open).map(|(id, ..)| at.path(&format!("/waiting/{id}"))))
}
