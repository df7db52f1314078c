//! `/t/{reference}`: where money is added to a wristband, and nothing is told of it but the end of its number; only in the
//! browser in which its wallet is open, where less fits on it than may be paid at once, how much does.
//!
//! Where the printed code is a bank app's own, the page leads to it, and says what fits as the form does. Where the event has a provider that makes a payment
//! for each top-up, the page asks for an amount, writes an order and hands over to whoever takes the money. On a phone a button
//! opens the bank app where the provider has an address for that, and its page is gone to at once where not; on a larger
//! screen there is a code to scan, the provider's own or that of its page. `/t/{reference}/{order}` then follows the
//! payment to its end. Where a provider takes long, another one that the event has can be asked there; the same one
//! again where the others refused.
//!
//! Everything is a plain form and a plain link, so that it works on any phone. The form carries the order's id, drawn
//! when the page was made: tapping twice makes one order, going back and sending it again leads to the same payment or,
//! where that has ended, to the next one, and coming back to a payment that ended offers a new one. What somebody leaves
//! unfinished a job ends; late money is credited all the same.
//!
//! Where nothing can be added any more, because the festival is closed or the wristband is lost, the page of a payment
//! stays for whoever was paying at that moment, and invites nobody to pay. Where all accounts are paused, the page says so.

mod chips;
mod form;
mod order;
mod payable;

use super::unknown::{no_more, not_now, unknown};
use super::wallet::{PrintedCode, event_of, has_ended, last_status, leads_here, payment_link};
use super::words::Words;
use crate::codes::Reference;
use crate::events::Event;
use crate::media::reference_hash;
use crate::media::store::by_code;
use crate::media::{Medium, MediumStatus};
use crate::payments::orders::Orders;
use crate::print::Language;
use crate::providers::OrderId;
use crate::secrets::CodeHash;
use crate::web::App;
use crate::web::app::Limits;
use crate::web::page::see_other;
use crate::web::problem::Problem;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/t/{reference}", get(form::get).post(form::post))
        .route("/T/{reference}", get(form::get))
        .route("/t/{reference}/{order}", get(order::get))
}

/// The order whose page is at an address.
pub(super) fn order_at(path: &str) -> Option<OrderId> {
    let (_, order) = path.strip_prefix("/t/")?.split_once('/')?;
    order.parse().ok()
}

/// What is topped up.
#[derive(Clone)]
struct Place {
    reference: Reference,
    hash: CodeHash,
    medium: Medium,
    event: Event,
    /// Where in its life is what has the medium's wallet now.
    last: MediumStatus,
    /// The printed code; `None` where money would reach no wallet.
    printed: Option<PrintedCode>,
}

/// The medium of a reference, of whatever state.
async fn place(orders: &Orders, limits: &Limits, text: &str) -> Result<Option<Place>, Problem> {
    let Some(reference) = Reference::parse(text) else { return Ok(None) };
    let hash = reference_hash(&orders.keys, &reference);
    limits.count_wallet(hash)?;
    let mut session = orders.store.read().await?;
    let Some(view) = by_code(&mut session, hash).await? else { return Ok(None) };
    let event = event_of(&mut session, &view.medium).await?;
    let last = last_status(&mut session, &view.medium).await?;
    let printed = payment_link(&mut session, &orders.keys, &event, &view.medium, last).await?;
    Ok(Some(Place { reference, hash, medium: view.medium, event, last, printed }))
}

impl Place {
    fn words(&self, wanted: Option<Language>) -> &'static Words {
        Words::about(self.medium.kind, wanted.unwrap_or(self.event.rules.visitor_language))
    }

    /// Money that is added goes onto the one that took its place.
    fn is_replaced(&self) -> bool {
        self.medium.status == MediumStatus::Replaced
    }

    /// Why nothing can be added any more.
    fn takes_none(&self, words: &Words) -> &'static str {
        words.takes_none(self.event.is_open(), self.medium.status)
    }

    /// The page that says so.
    fn no_more(&self, wanted: Option<Language>) -> Response {
        let words = self.words(wanted);
        let status = if has_ended(self.last) { self.last } else { self.medium.status };
        let left = (!self.event.is_open()).then(|| words.left_over(status));
        no_more(words, self.takes_none(words), left)
    }

    /// Where nobody makes payments now: the page that leads to the bank app that the printed code is of, or else one that
    /// says so.
    fn without_makers(&self, wanted: Option<Language>) -> Response {
        match &self.printed {
            Some(code) if !leads_here(&code.text, &self.reference) => {
                see_other(&format!("/t/{}", self.reference.as_str()))
            }
            _ => not_now(self.words(wanted)),
        }
    }
}

/// A reference that is none of ours.
fn nothing(wanted: Option<Language>) -> Response {
    unknown(wanted, StatusCode::NOT_FOUND)
}
