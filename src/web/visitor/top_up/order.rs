//! A payment on its way: where to pay it, and how it ended.
//!
//! The page follows its payment with a script that looks from time to time and loads it again when there is news, also once
//! the time to pay is over, as long as money of the last moment may come. Without scripts the browser loads it again and
//! again, which would tear whoever listens to a page out of it.

use super::form::{Wish, path_of};
use super::{Place, nothing, place};
use crate::clock::Timestamp;
use crate::events::Event;
use crate::events::top_up_limits::holds;
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::payments::orders::{Order, OrderError, OrderState, Orders, Standing, look, resume};
use crate::print::qr_svg;
use crate::providers::{OrderId, PaymentLink, ProviderName};
use crate::web::app::{Limits, PublicUrl};
use crate::web::page::{page, see_other, with_script};
use crate::web::problem::Problem;
use crate::web::visitor::Apology;
use crate::web::visitor::holder::is_open_in;
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
/// And after so many once the time to pay is over: money of the last moment is asked for ever more rarely.
const LATE_LOOKS_AFTER_SECONDS: u64 = 30;
/// What such a look says.
const LATE: &str = "late";
/// Longest address of a page that is drawn as a code: a longer one is too fine to be scanned from a screen.
const SCANNED_BYTES_MAX: usize = 500;

#[derive(Template)]
#[template(path = "web/visitor/top_up_order.html")]
struct OrderPage {
    words: &'static Words,
    event: String,
    last_four: String,
    amount: Cents,
    state: Shown,
    /// The provider's page, where a phone goes at once the first time, unless there is an address that opens the bank app:
    /// phones follow such a one only when it is tapped.
    to_the_bank: Option<String>,
    /// This page again, and after how many seconds.
    next: Option<(u64, String)>,
    /// What was paid can be spent now: the wristband isn't frozen meanwhile.
    can_pay: bool,
    /// What is paid goes onto the one that took its place.
    is_replaced: bool,
    /// Where another payment is begun; none where the wristband can't be topped up any more.
    form: Option<String>,
    /// Why it can't.
    takes_none: &'static str,
    /// Who helps with money that a person decides about.
    helps: &'static str,
    /// It ended, and its wallet is open in this browser.
    to_wallet: bool,
    /// This page.
    here: String,
    /// Where the page goes on when there is news.
    then: String,
}

/// What there is to see.
enum Shown {
    /// Not known yet whether there is something to pay; another provider may be asked.
    Preparing {
        way_on: Option<WayOn>,
    },
    /// The provider takes too long to say so; another one may be asked, or this one again. Whether it is still asked for.
    Unanswered {
        way_on: Option<WayOn>,
        goes_on: bool,
    },
    /// To be paid: on which page, what opens the bank app of this phone, and what a phone scans from a larger screen.
    ToPay {
        page: String,
        app: Option<String>,
        code: Option<ToScan>,
        is_phone: bool,
    },
    /// Paid, and its bank has not decided yet.
    Checked,
    Credited,
    /// And the most that a wallet holds, where that is why.
    Parked(Option<Cents>),
    /// Nobody knows yet how much came.
    InReview,
    /// A person found out that nothing can be credited.
    Reviewed,
    /// Parked, and being sent back.
    Returned,
    /// Parked, and sent back.
    Gone,
    /// Parked, and taken back by the payer's bank.
    Taken,
    /// The same of so much of it.
    ReturnedInPart(Cents),
    /// Parked, and credited to another wristband.
    CreditedElsewhere,
    Failed,
    Expired,
}

/// A provider that may be asked now, and under which id: always the same, so that asking twice makes one payment.
struct WayOn {
    provider: ProviderName,
    order: OrderId,
}

/// A picture of a code.
struct ToScan {
    svg: String,
    /// A bank app scans it; otherwise any phone does, and comes to the page.
    is_banks: bool,
}

/// `GET /t/{reference}/{order}`. Whoever has the address may look: it has 74 random bits, and tells little.
pub(super) async fn get(
    Wanted(language): Wanted,
    State(limits): State<Limits>,
    State(orders): State<Orders>,
    (State(public_url), State(background)): (State<PublicUrl>, State<TaskTracker>),
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Apology> {
    let Ok(parameters) = parameters else { return Ok(nothing(language)) };
    let named = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, text)| text);
    let id: Option<OrderId> = named("order").and_then(|text| text.parse().ok());
    let (Some(id), Some(reference)) = (id, named("reference")) else { return Ok(nothing(language)) };
    // The wristband after its order: the payment that is credited may be what activates it.
    let found = orders.by_id(id).await?;
    let Some(place) = place(&orders, &limits, reference).await? else { return Ok(nothing(language)) };
    let Some(order) = found.filter(|order| order.hash == place.hash) else { return Ok(nothing(language)) };
    let query = query.unwrap_or_default();
    limits.knows_order(id);
    if let Some(next) = led_on(&orders, &order).await? {
        limits.knows_order(next.id);
        // Whoever comes back from paying is not sent to pay again.
        let go = if query == "go" { "?go" } else { "" };
        return Ok(see_other(&format!("{}{go}", path_of(&place, &next))));
    }
    let now = orders.clock.now();
    // Nobody is sent to pay for what can't be topped up any more; whoever is paying at this moment still learns how it ends.
    let is_open = place.printed.is_some();
    let is_payable = is_open && order.state.is_under_way() && now < order.expires_at;
    let words = place.words(language);
    // Whoever comes back from paying has been told something; the callback may take longer. Whoever was just sent here asks
    // nobody, unless the provider owes the answer. A page that was left open asks nobody once the time to pay is over: a job
    // does.
    let is_asked = query != LATE && (query != "go" || order.is_unanswered(now));
    if order.may_be_paid(now) && is_asked && limits.count_look_up(id).is_ok() {
        let wish = Wish::of(&place, &public_url, (order.id, order.amount, words.lang));
        let is_found = !(is_payable && order.link.is_none());
        background.spawn(ask(orders.clone(), place.clone(), order.clone(), wish, is_found));
    }
    let is_phone = is_phone(&headers);
    let here = path_of(&place, &order);
    let state = standing(&orders, &place.event, &order, (is_phone, is_open), now).await?;
    let next = next(&place, &order, now);
    let to_wallet =
        is_over(&order, now) && is_open_in(&headers, &public_url, &orders, place.medium.wallet_id).await?;
    let shown = OrderPage {
        words,
        last_four: place.medium.serial.last_four().to_owned(),
        amount: order.paid.unwrap_or(order.amount),
        to_the_bank: to_the_bank(&state, &query),
        state,
        next,
        can_pay: place.medium.status == MediumStatus::Active,
        is_replaced: place.is_replaced(),
        takes_none: place.takes_none(words),
        helps: words.helps(place.event.is_open()),
        to_wallet,
        form: is_open.then(|| format!("/t/{}", place.reference.as_str())),
        // Whoever waited for something to pay is sent on to it, as they would have been at once.
        then: if is_payable && order.link.is_none() { format!("{here}?go") } else { here.clone() },
        here,
        event: place.event.name,
    };
    let page = page(StatusCode::OK, &shown);
    Ok(in_language(words, if shown.next.is_some() { with_script(page) } else { page }))
}

/// Asks the provider what became of an order; where it has not said yet where to pay, for that.
async fn ask(orders: Orders, place: Place, order: Order, wish: Wish, is_found: bool) {
    let asked = match is_found {
        true => look(&orders, &place.event, &order).await.map_err(OrderError::from),
        false => resume(&orders, &place.event, &order, &wish.order(&place)).await,
    };
    if let Err(error) = asked {
        tracing::warn!(order = %order.id, %error, "an order can't be asked for");
    }
}

/// What phones say of themselves, of 2018 as of today.
fn is_phone(headers: &HeaderMap) -> bool {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    said.is_some_and(|said| said.contains("Mobi") || said.contains("Android"))
}

/// The order that whoever comes to this one is led on to: the next provider's where the first one made nothing; the one that
/// its payer chose in its place, as long as there is nothing to pay for this one or the other one is paid; and the one that took
/// its place where nobody could be told where to pay it.
async fn led_on(orders: &Orders, order: &Order) -> Result<Option<Order>, Problem> {
    if order.was_unmade() {
        let next = orders.by_id(order.id.at_next_provider()).await?;
        return Ok(next.filter(|next| next.hash == order.hash));
    }
    let chosen = if order.state.is_paid() { None } else { orders.chosen_instead(order).await? };
    if let Some(chosen) = chosen.filter(|chosen| order.link.is_none() || chosen.state.is_paid())
        && orders.standing(order).await? == Standing::AsItIs
    {
        return Ok(Some(chosen));
    }
    Ok(orders.successor(order).await?.filter(|next| next.hash == order.hash))
}

/// What there is to see, with what a bank and a person made of it.
async fn standing(
    orders: &Orders,
    event: &Event,
    order: &Order,
    (is_phone, is_open): (bool, bool),
    now: Timestamp,
) -> Result<Shown, Problem> {
    Ok(match orders.standing(order).await? {
        Standing::AsItIs => match shown(order, is_phone, is_open, now)? {
            Shown::Preparing { .. } => Shown::Preparing { way_on: way_on(orders, event, order, now).await? },
            Shown::Unanswered { .. } => Shown::Unanswered {
                way_on: way_on(orders, event, order, now).await?,
                goes_on: orders.makers(event).await?.contains(&order.provider),
            },
            shown => shown,
        },
        Standing::Checked => Shown::Checked,
        Standing::InReview => Shown::InReview,
        Standing::Reviewed => Shown::Reviewed,
        Standing::Returned => Shown::Returned,
        Standing::Gone => Shown::Gone,
        Standing::Taken => Shown::Taken,
        Standing::ReturnedInPart(part) => Shown::ReturnedInPart(part),
        Standing::Credited => Shown::Credited,
        Standing::CreditedElsewhere => Shown::CreditedElsewhere,
        Standing::OverBalance => Shown::Parked(holds(&event.rules)),
    })
}

async fn way_on(
    orders: &Orders,
    event: &Event,
    order: &Order,
    now: Timestamp,
) -> Result<Option<WayOn>, Problem> {
    let provider = orders.way_on(event, order, now).await?;
    Ok(provider.map(|provider| WayOn { provider, order: order.id.at_next_provider() }))
}

fn shown(order: &Order, is_phone: bool, is_open: bool, now: Timestamp) -> Result<Shown, Problem> {
    Ok(match order.state {
        OrderState::Credited => Shown::Credited,
        OrderState::Parked => Shown::Parked(None),
        OrderState::Failed => Shown::Failed,
        OrderState::Expired => Shown::Expired,
        OrderState::Asked | OrderState::Open if !is_open || now >= order.expires_at => Shown::Expired,
        OrderState::Asked | OrderState::Open => match &order.link {
            None if order.is_unanswered(now) => Shown::Unanswered { way_on: None, goes_on: true },
            None => Shown::Preparing { way_on: None },
            Some(link) => Shown::ToPay {
                page: link.as_str().to_owned(),
                app: order.qr.as_ref().filter(|_| is_phone).map(|qr| qr.as_str().to_owned()),
                code: if is_phone { None } else { to_scan(order, link)? },
                is_phone,
            },
        },
    })
}

/// What the provider has for bank apps; and where it has nothing, the address of its page, which any phone opens.
fn to_scan(order: &Order, page: &PaymentLink) -> Result<Option<ToScan>, Problem> {
    let text = order.qr.as_ref().unwrap_or(page).as_str();
    let is_banks = order.qr.is_some();
    if !is_banks && text.len() > SCANNED_BYTES_MAX {
        return Ok(None);
    }
    let svg = qr_svg(text).map_err(Problem::internal)?;
    Ok(Some(ToScan { svg, is_banks }))
}

fn to_the_bank(state: &Shown, query: &str) -> Option<String> {
    match state {
        Shown::ToPay { page, app: None, is_phone: true, .. } if query == "go" => Some(page.clone()),
        _ => None,
    }
}

/// True when it was paid, or nothing can be paid any more; late money may still come.
fn is_over(order: &Order, now: Timestamp) -> bool {
    !order.state.is_under_way() || now >= order.expires_at
}

/// The same address each time, so that the way back from it stays short; more rarely the longer it takes, and rarely once
/// the time to pay is over, until nobody asks for its money any more.
fn next(place: &Place, order: &Order, now: Timestamp) -> Option<(u64, String)> {
    let path = path_of(place, order);
    let next = match is_over(order, now) {
        true => (LATE_LOOKS_AFTER_SECONDS, format!("{path}?{LATE}")),
        false => (LOOKS_AFTER_SECONDS + now.since(order.created_at).as_secs() / 60, path),
    };
    order.is_followed(now).then_some(next)
}
