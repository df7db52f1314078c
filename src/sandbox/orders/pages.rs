//! The page a payer is sent to.

use super::{Finish, House, MULTISAFEPAY_SITE, Notify, Orders, Outcome, Payment, WOOSHPAY_ACCOUNT};
use crate::money::Cents;
use crate::sandbox::page::{Tone, html};
use crate::sandbox::problem::Problem;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use url::{Url, form_urlencoded};

pub(super) fn routes() -> Router<Orders> {
    Router::new().route("/pay/{order}", get(page)).route("/pay/{order}/{outcome}", post(choose))
}

/// What a payer can choose, and what their bank can do once they have paid.
const CHOICES: [(&str, Outcome, &str); 4] = [
    ("paid", Outcome::Paid, "Pay"),
    ("declined", Outcome::Declined, "Let the bank decline"),
    ("cancelled", Outcome::Cancelled, "Cancel"),
    ("charged-back", Outcome::ChargedBack, "Let the bank take it back"),
];

/// What becomes of the notification, as a person chooses it.
const NOTICES: [(&str, &str, Notify); 6] = [
    ("deliver", "On time", Notify::Deliver),
    ("twice", "Sent twice", Notify::Twice),
    ("drop", "Lost", Notify::Drop),
    ("hold", "Held back", Notify::Hold),
    ("bad-signature", "Broken signature", Notify::BadSignature),
    ("unsigned", "Without a signature", Notify::Unsigned),
];

#[derive(Template)]
#[template(path = "sandbox/pay.html")]
struct PayPage {
    tone: Tone,
    headline: &'static str,
    is_to_pay: bool,
    amount: Cents,
    /// What came in, where that is another amount.
    received: Option<Cents>,
    /// Whether the payer may say that another amount comes in.
    takes_received: bool,
    merchant: String,
    description: String,
    order: String,
    /// What has gone back.
    refunded: Option<Cents>,
    actions: Vec<Action>,
    notices: Vec<(&'static str, &'static str)>,
    /// Where the payer came from.
    shop: String,
}

/// A button.
struct Action {
    word: &'static str,
    label: &'static str,
}

impl PayPage {
    fn of(payment: &Payment) -> PayPage {
        let (tone, headline) = match payment.outcome {
            Outcome::Open => (Tone::Waiting, "To pay"),
            Outcome::Processing | Outcome::Unheard => (Tone::Waiting, "Not finished"),
            Outcome::Paid => (Tone::Good, "Paid"),
            Outcome::ChargedBack => (Tone::Bad, "Taken back by the bank"),
            Outcome::Declined | Outcome::Cancelled | Outcome::Expired => (Tone::Bad, "Not paid"),
        };
        let is_paid = matches!(payment.outcome, Outcome::Paid | Outcome::ChargedBack);
        let is_possible = |outcome: Outcome| match outcome {
            Outcome::ChargedBack => payment.outcome == Outcome::Paid && payment.can_be_charged_back(),
            _ => !is_paid,
        };
        let actions = CHOICES.into_iter().filter(|(_, outcome, _)| is_possible(*outcome));
        PayPage {
            tone,
            headline,
            is_to_pay: payment.outcome == Outcome::Open,
            amount: Cents(payment.amount),
            received: payment.received.map(Cents),
            takes_received: payment.house == House::WooshPay && !is_paid,
            merchant: match payment.house {
                House::MultiSafepay => format!("Site {MULTISAFEPAY_SITE} at MultiSafepay"),
                House::WooshPay => format!("Account {WOOSHPAY_ACCOUNT} at WooshPay"),
            },
            description: payment.description.clone(),
            order: payment.order.clone(),
            refunded: Some(Cents(payment.refunded())).filter(|cents| cents.is_positive()),
            actions: actions.map(|(word, _, label)| Action { word, label }).collect(),
            notices: NOTICES.map(|(word, label, _)| (word, label)).to_vec(),
            shop: payment.return_url.clone(),
        }
    }
}

async fn page(State(orders): State<Orders>, Path(order): Path<String>) -> Response {
    let found = orders.state_now().payments.iter().find(|payment| payment.order == order).cloned();
    let Some(payment) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A browser takes the way back to the shop for a part of what was sent.
    let shop = Url::parse(&payment.return_url).ok().filter(|shop| matches!(shop.scheme(), "http" | "https"));
    let elsewhere = shop.map(|shop| shop.origin().ascii_serialization()).unwrap_or_default();
    html(StatusCode::OK, &PayPage::of(&payment), &elsewhere)
}

async fn choose(
    State(orders): State<Orders>,
    Path((order, word)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let Some((_, outcome, _)) = CHOICES.into_iter().find(|(choice, ..)| *choice == word) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let chosen =
        |wanted: &str| form_urlencoded::parse(&body).find(|(name, _)| name == wanted).map(|(_, text)| text);
    let invalid = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-form", detail);
    let notify = match chosen("notify") {
        None => Notify::default(),
        Some(word) => match NOTICES.into_iter().find(|(known, ..)| *known == word) {
            Some((_, _, notify)) => notify,
            None => return Err(invalid("the form takes notify, one of the words it offers".to_owned())),
        },
    };
    // What was typed and not paid never comes in.
    let typed = chosen("received").filter(|text| outcome == Outcome::Paid && !text.trim().is_empty());
    let received = typed.map(|text| text.parse::<Cents>()).transpose();
    let received = received.map_err(|error| invalid(format!("received: {error}")))?;
    let received_cents = received.map(|cents| cents.0);
    let finish = Finish { received_cents, ..Finish::as_ordered(outcome, notify) };
    orders.notify(orders.finish(&order, &finish), notify).await?;
    let back = orders.return_url(&order).unwrap_or_default();
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}
