//! The page a payer is sent to, and the same for programs.

use super::{
    Finish, House, MULTISAFEPAY_SITE, Notify, OrderFaults, Orders, Outcome, Payment, Refusal,
    WOOSHPAY_ACCOUNT,
};
use crate::money::Cents;
use crate::sandbox::page::{Tone, html};
use crate::sandbox::problem::Problem;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::pin;
use url::{Url, form_urlencoded};

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/pay/{order}", get(page))
        .route("/pay/{order}/{outcome}", post(choose))
        .route("/sandbox/orders/{order}", post(finish))
        .route("/sandbox/orders/{order}/refunds", post(refund))
        .route("/sandbox/orders", post(faults))
        .route("/sandbox/multisafepay/key", post(renew_key))
}

/// What a payer can choose, and what their bank can do once they have paid.
const CHOICES: [(&str, Outcome, &str); 4] = [
    ("paid", Outcome::Paid, "Pay"),
    ("declined", Outcome::Declined, "Let the bank decline"),
    ("cancelled", Outcome::Cancelled, "Cancel"),
    ("charged-back", Outcome::ChargedBack, "Let the bank take it back"),
];

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Unknown => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-order", "there is no such order")
            }
            Refusal::Impossible => Problem::new(
                StatusCode::CONFLICT,
                "impossible",
                "it is not paid, or not that much is left of it, or its provider does no such thing",
            ),
            Refusal::NoWebhook => Problem::new(
                StatusCode::CONFLICT,
                "no-webhook",
                "it is done; WooshPay has no webhook to tell of it",
            ),
        }
    }
}

/// What becomes of the notification, as a person chooses it.
const NOTICES: [(&str, &str, Notify); 5] = [
    ("deliver", "On time", Notify::Deliver),
    ("twice", "Sent twice", Notify::Twice),
    ("drop", "Lost", Notify::Drop),
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
        // Only MultiSafepay has notifications that nobody signs.
        let is_sent = |notify: Notify| notify != Notify::Unsigned || payment.house == House::MultiSafepay;
        let notices = NOTICES.into_iter().filter(|(_, _, notify)| is_sent(*notify));
        PayPage {
            tone,
            headline,
            is_to_pay: payment.outcome == Outcome::Open,
            amount: Cents(payment.amount),
            merchant: match payment.house {
                House::MultiSafepay => format!("Site {MULTISAFEPAY_SITE} at MultiSafepay"),
                House::WooshPay => format!("Account {WOOSHPAY_ACCOUNT} at WooshPay"),
            },
            description: payment.description.clone(),
            order: payment.order.clone(),
            refunded: Some(Cents(payment.refunded())).filter(|cents| cents.is_positive()),
            actions: actions.map(|(word, _, label)| Action { word, label }).collect(),
            notices: notices.map(|(word, label, _)| (word, label)).collect(),
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
    let chosen = form_urlencoded::parse(&body).find(|(name, _)| name == "notify");
    let notify = match chosen {
        None => Notify::default(),
        Some((_, word)) => match NOTICES.into_iter().find(|(known, ..)| *known == word) {
            Some((_, _, notify)) => notify,
            None => {
                let detail = "the form takes notify, one of the words it offers";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-form", detail));
            }
        },
    };
    orders.finish_and_send(&order, &Finish { outcome, notify, amount_cents: None }).await?;
    let back = orders.return_url(&order).unwrap_or_default();
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}

async fn finish(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    Json(finish): Json<Finish>,
) -> Result<Json<Value>, Problem> {
    let answers = orders.finish_and_send(&order, &finish).await?;
    Ok(Json(json!({ "callbacks": answers })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    amount_cents: i64,
}

async fn refund(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    Json(by_hand): Json<ByHand>,
) -> Result<Json<Value>, Problem> {
    let notice = orders.refund_by_hand(&order, by_hand.amount_cents);
    let answers = orders.send_all(notice, 1).await?;
    Ok(Json(json!({ "callbacks": answers })))
}

async fn faults(State(orders): State<Orders>, Json(faults): Json<OrderFaults>) -> Json<OrderFaults> {
    orders.change_faults(faults);
    Json(faults)
}

async fn renew_key(State(orders): State<Orders>) -> Json<Value> {
    Json(json!({ "api_key": orders.renew_key() }))
}

/// Holds a request for as long as the providers say nothing.
pub(super) async fn keeps_silent(State(orders): State<Orders>, request: Request, next: Next) -> Response {
    loop {
        let mut changed = pin!(orders.0.faults_changed.notified());
        changed.as_mut().enable();
        if !orders.state().faults.silent {
            return next.run(request).await;
        }
        changed.await;
    }
}
