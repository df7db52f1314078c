//! Money that went back to its payer, or is to go, and money that two reports disagree on: what that means for a matter, in
//! words.

use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::{EventId, ParkedId};
use crate::money::Cents;
use crate::payments::listing::{Decided, by_own_id, since};
use crate::payments::parked::store::{ParkedView, by_ids, of_payment};
use crate::payments::parked::{Closing, DISAGREE, MoneyBack, Parked, ParkedKind, WayBack};
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
            "Money of this payment went back to the payer, and the provider did not say how much".to_owned()
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

/// What closing a matter does in the books.
#[derive(Default)]
pub(super) struct Closes {
    /// How much it books as gone.
    pub(super) books: Option<Cents>,
    /// All of it, with what there is to do, in words; empty where there is nothing to say.
    pub(super) words: String,
}

/// What closing an open matter does in the books: that of a contradiction about a payment.
pub(super) async fn closes(
    store: &Store,
    event: EventId,
    matter: &ParkedView,
    payment: Option<Uuid>,
) -> Result<Closes, Problem> {
    let is_contradiction = matches!(matter.kind.parse(), Ok(ParkedKind::Mismatch));
    let Some(payment) = payment.filter(|_| is_contradiction) else { return Ok(Closes::default()) };
    let mut session = store.read().await?;
    // With what was marked for return of its payment.
    let found = by_ids(&mut session, &[(event, matter.id)]).await?;
    Ok(match found.first().map_or(Closing::Nothing, Parked::closing) {
        Closing::Nothing => Closes::default(),
        Closing::Books(MoneyBack { by, amount }) => {
            let how = match by {
                WayBack::Chargeback => "taken back by the payer's bank",
                WayBack::Refund => "sent back",
            };
            let marked = format!("{amount} of this payment is marked for return here");
            Closes { books: Some(amount), words: format!("{marked}: closing this books it as {how}.") }
        }
        Closing::Leaves(amount) => Closes {
            books: None,
            words: format!(
                "Nothing is booked: “Collected by the provider” on Books goes on counting {amount} that went back, so it is \
                 that much above what the provider holds. Only money that is marked for return here is booked as gone."
            ),
        },
        Closing::Differs { booked, told } => {
            let row = by_own_id(&mut session, event, payment).await?.pop();
            let since = since(&mut session, event, &[payment]).await?.remove(&payment).unwrap_or_default();
            let stands = match since.decided {
                Some(Decided::Back { amount, gone }) => {
                    Stands::Marked(amount.minus(gone).unwrap_or_default())
                }
                None if row.is_some_and(|row| row.parked_because.is_some()) => Stands::InSuspense,
                Some(Decided::ToWallet) | None => Stands::OnWallet,
            };
            Closes { books: None, words: differs(booked, told, stands) }
        }
    })
}

/// Where the money is that two reports disagree on.
#[derive(Clone, Copy)]
enum Stands {
    OnWallet,
    InSuspense,
    /// Marked for return, and so much of it has not gone.
    Marked(Cents),
}

/// What closing a contradiction about an amount leaves in the books, and what there is to do if the later report is right.
fn differs(booked: Cents, told: Cents, stands: Stands) -> String {
    let came = told.max(Cents::ZERO);
    let is_more = came > booked;
    let [less, more] = if is_more { [booked, came] } else { [came, booked] };
    let apart = more.minus(less).unwrap_or_default();
    let todo = if is_more { came_more(booked, apart, stands) } else { came_less(booked, apart, stands) };
    let side = if is_more { "below" } else { "above" };
    let counted = match stands {
        Stands::OnWallet | Stands::InSuspense => booked.to_string(),
        Stands::Marked(left) if left.is_positive() => left.to_string(),
        Stands::Marked(_) => "nothing".to_owned(),
    };
    format!(
        "Nothing is booked: “Collected by the provider” on Books goes on counting {counted} of this payment. If {came} came, that \
         is {apart} {side} what the provider holds. {todo}"
    )
}

fn came_more(booked: Cents, apart: Cents, stands: Stands) -> String {
    let first = match stands {
        Stands::OnWallet => format!("{apart} is on no wallet then, and can't be put on one here."),
        Stands::InSuspense => format!("Decide first about the {booked} that waits in suspense."),
        Stands::Marked(left) if left.is_positive() => format!(
            "Send first the {left} that is on its way back: a refund of more than was marked for return books nothing."
        ),
        Stands::Marked(_) => "What was marked for return has gone.".to_owned(),
    };
    format!(
        "{first} Send the other {apart} back to whoever paid: the books count neither that it came nor that it goes."
    )
}

fn came_less(booked: Cents, apart: Cents, stands: Stands) -> String {
    match stands {
        Stands::OnWallet => format!(
            "{apart} too much was credited then, and nothing here takes it back: freeze the medium if what is left on it should \
             not be spent, and settle it with whoever paid."
        ),
        Stands::InSuspense => format!(
            "Don't credit the {booked} that waits in suspense then: mark it for return, and send back no more than came. The \
             rest stays on its way back in the books."
        ),
        Stands::Marked(left) if left.is_positive() => {
            let rest = "The rest stays on its way back in the books.";
            format!("Send back no more than came then, with what has gone already. {rest}")
        }
        Stands::Marked(_) => {
            "More has gone back then than came: ask the provider what moved there.".to_owned()
        }
    }
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
