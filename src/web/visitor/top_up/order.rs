//! A payment on its way: where to pay it, and how it ended.
//!
//! The page follows its payment with a script that looks from time to time and loads it again when there is news. Without
//! scripts the browser loads it again and again, which would tear whoever listens to a page out of it.

use super::form::path_of;
use super::{Place, nothing, place};
use crate::clock::Timestamp;
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::payments::orders::{Order, OrderState, Orders, look};
use crate::print::qr_svg;
use crate::providers::OrderId;
use crate::web::app::Limits;
use crate::web::page::{page, with_script};
use crate::web::problem::Problem;
use crate::web::visitor::Apology;
use crate::web::visitor::language::Wanted;
use crate::web::visitor::unknown::in_language;
use crate::web::visitor::words::Words;
use askama::Template;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tokio_util::task::TaskTracker;

/// A page that waits looks again after so many seconds, and after one more for each minute that it has waited.
const LOOKS_AFTER_SECONDS: u64 = 3;

#[derive(Template)]
#[template(path = "web/visitor/top_up_order.html")]
struct OrderPage {
    words: &'static Words,
    event: String,
    last_four: String,
    amount: Cents,
    state: Shown,
    /// The bank, where a phone goes at once the first time.
    to_the_bank: Option<String>,
    /// This page again, and after how many seconds.
    next: Option<(u64, String)>,
    /// What was paid can be spent now: the wristband isn't frozen meanwhile.
    can_pay: bool,
    form: String,
    /// This page.
    here: String,
}

/// What there is to see.
enum Shown {
    /// Not known yet whether there is something to pay.
    Preparing,
    /// To be paid: where, and a picture of what a bank app scans.
    ToPay {
        link: String,
        qr: Option<String>,
        is_phone: bool,
    },
    Credited,
    Parked,
    Failed,
    Expired,
}

/// `GET /t/{reference}/{order}`. Whoever has the address may look: it has 74 random bits, and tells little.
pub(super) async fn get(
    Wanted(language): Wanted,
    State(limits): State<Limits>,
    State(orders): State<Orders>,
    State(background): State<TaskTracker>,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Apology> {
    let Ok(parameters) = parameters else { return Ok(nothing(language)) };
    let named = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, text)| text);
    let id: Option<OrderId> = named("order").and_then(|text| text.parse().ok());
    let (Some(id), Some(reference)) = (id, named("reference")) else { return Ok(nothing(language)) };
    let Some(place) = place(&orders, &limits, reference).await? else { return Ok(nothing(language)) };
    let found = orders.by_id(id).await?.filter(|order| order.hash == place.hash);
    let Some(order) = found else { return Ok(nothing(language)) };
    let now = orders.clock.now();
    let is_under_way = order.state.is_under_way() && now < order.expires_at;
    // Nobody is sent to pay for what can't be topped up any more.
    if is_under_way && place.printed.is_none() {
        return Ok(nothing(language));
    }
    let query = query.unwrap_or_default();
    // Whoever comes back from paying has been told something; the callback may take longer.
    if order.may_be_paid(now) && query != "go" && limits.count_look_up(id).is_ok() {
        let (orders, event, order) = (orders.clone(), place.event.clone(), order.clone());
        background.spawn(async move {
            if let Err(error) = look(&orders, &event, &order).await {
                tracing::warn!(order = %order.id, %error, "an order can't be asked for");
            }
        });
    }
    let is_phone = is_phone(&headers);
    let words = Words::of(language);
    let shown = OrderPage {
        words,
        last_four: place.medium.serial.last_four().to_owned(),
        amount: order.paid.unwrap_or(order.amount),
        state: shown(&order, is_under_way, is_phone)?,
        to_the_bank: to_the_bank(&order, &query, is_phone && is_under_way),
        next: next(&place, &order, now),
        can_pay: place.medium.status == MediumStatus::Active,
        form: format!("/t/{}", place.reference.as_str()),
        here: path_of(&place, &order),
        event: place.event.name,
    };
    let page = page(StatusCode::OK, &shown);
    Ok(in_language(words, if shown.next.is_some() { with_script(page) } else { page }))
}

/// What phones say of themselves, of 2018 as of today.
fn is_phone(headers: &HeaderMap) -> bool {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    said.is_some_and(|said| said.contains("Mobi") || said.contains("Android"))
}

fn shown(order: &Order, is_under_way: bool, is_phone: bool) -> Result<Shown, Problem> {
    Ok(match order.state {
        OrderState::Credited => Shown::Credited,
        OrderState::Parked => Shown::Parked,
        OrderState::Failed => Shown::Failed,
        OrderState::Expired => Shown::Expired,
        OrderState::Asked | OrderState::Open if !is_under_way => Shown::Expired,
        OrderState::Asked | OrderState::Open => match &order.link {
            None => Shown::Preparing,
            Some(link) => {
                let qr = order.qr.as_ref().filter(|_| !is_phone);
                let qr = qr.map(|qr| qr_svg(qr.as_str())).transpose().map_err(Problem::internal)?;
                Shown::ToPay { link: link.as_str().to_owned(), qr, is_phone }
            }
        },
    })
}

fn to_the_bank(order: &Order, query: &str, is_ready: bool) -> Option<String> {
    let link = order.link.as_ref().filter(|_| query == "go" && is_ready);
    link.map(|link| link.as_str().to_owned())
}

/// The same address each time, so that the way back from it stays short; more rarely the longer it takes, until there is
/// nothing to pay any more.
fn next(place: &Place, order: &Order, now: Timestamp) -> Option<(u64, String)> {
    let minutes = now.since(order.created_at).as_secs() / 60;
    let goes_on = order.state.is_under_way() && now < order.expires_at;
    goes_on.then(|| (LOOKS_AFTER_SECONDS + minutes, path_of(place, order)))
}
