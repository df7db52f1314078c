//! How much: amounts to tap, and one to type.

use super::chips::chips;
use super::payable::Payable;
use super::{Place, nothing, place};
use crate::clock::Timestamp;
use crate::events::Behaviour;
use crate::events::top_up_limits::holds;
use crate::money::{Cents, NotEuros};
use crate::payments::orders::store::by_ids;
use crate::payments::orders::{NewOrder, Order, OrderError, Orders};
use crate::print::Language;
use crate::providers::{OrderId, ProviderName};
use crate::web::app::{Limits, PublicUrl};
use crate::web::body;
use crate::web::client::Client;
use crate::web::in_path::InPath;
use crate::web::page::{page, see_other};
use crate::web::problem::Problem;
use crate::web::visitor::language::Wanted;
use crate::web::visitor::unknown::in_language;
use crate::web::visitor::wallet::{TopUp, leads_here};
use crate::web::visitor::words::Words;
use crate::web::visitor::{Apology, Turn};
use askama::Template;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Longest description that a provider is given.
const DESCRIPTION_CHARS_MAX: usize = 100;
/// How long a provider is waited for before its payer is shown the page of their order, which waits on. Others ask for
/// pages meanwhile: see [`Turn`].
const MADE_WITHIN: Duration = Duration::from_secs(4);
/// Orders of one amount that a form makes one after the other, each when the one before has ended. After so many they have
/// ids of nobody's choosing, and tapping twice makes two.
const ORDERS_OF_FORM_MAX: u32 = 8;
/// Digits of an amount with one sign in it that may stand before thousands or decimals: `999.999`.
const THOUSANDS_DIGITS_MAX: usize = 6;
/// Longest amount that is repeated in the form.
const TYPED_CHARS_MAX: usize = 20;

#[derive(Template)]
#[template(path = "web/visitor/top_up.html")]
struct LinkPage {
    words: &'static Words,
    here: &'static str,
    top_up: TopUp,
    is_replaced: bool,
    /// As on the form.
    room: Option<Cents>,
    most: Option<Cents>,
    is_full: bool,
}

#[derive(Template)]
#[template(path = "web/visitor/top_up_form.html")]
struct FormPage {
    words: &'static Words,
    here: &'static str,
    event: String,
    last_four: String,
    is_replaced: bool,
    path: String,
    order: OrderId,
    chips: Vec<Cents>,
    /// Nothing can be typed: there is one amount.
    is_fixed: bool,
    typed: String,
    mistake: Option<String>,
    bounds: String,
    /// The mistake says what the bounds are.
    says_bounds: bool,
    /// How much more fits, where that is less than may be paid at once and may be told.
    room: Option<Cents>,
    /// The most that a wallet holds, where what is on this one is told to nobody here.
    most: Option<Cents>,
    /// Nothing that can be paid fits.
    is_full: bool,
}

/// `GET /t/{reference}`
pub(super) async fn get(
    Wanted(language): Wanted,
    State(limits): State<Limits>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    headers: HeaderMap,
    reference: Result<InPath<String>, Problem>,
) -> Result<Response, Apology> {
    let InPath(text) = reference?;
    let Some(place) = place(&orders, &limits, &text).await? else { return Ok(nothing(language)) };
    let Some(code) = place.printed.clone() else { return Ok(place.no_more(language)) };
    let words = place.words(language);
    if orders.makers(&place.event).await?.is_empty() {
        if leads_here(&code.text, &place.reference) {
            return Ok(place.without_makers(language));
        }
        let allowed = code.payable(&place.event).within(holds(&place.event.rules));
        let payable = Payable::onto(&orders, &public_url, &place, &headers, allowed).await?;
        let shown = LinkPage::of(words, &place, payable, TopUp::of(code.text)?);
        return Ok(in_language(words, page(StatusCode::OK, &shown)));
    }
    let payable = Payable::of(&orders, &public_url, &place, &headers).await?;
    let form = FormPage::of(words, &place, payable, String::new(), None);
    Ok(in_language(words, page(StatusCode::OK, &form)))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    order: String,
    /// A tapped amount in cents.
    #[serde(default)]
    cents: String,
    /// A typed one in euros.
    #[serde(default)]
    amount: String,
    /// Who alone is asked, where a provider did not answer.
    #[serde(default)]
    provider: String,
}

/// `POST /t/{reference}`
pub(super) async fn post(
    Wanted(language): Wanted,
    State(limits): State<Limits>,
    State(orders): State<Orders>,
    (State(public_url), State(background)): (State<PublicUrl>, State<TaskTracker>),
    (Extension(turn), client, headers): (Extension<Turn>, Client, HeaderMap),
    reference: Result<InPath<String>, Problem>,
    sent: Request,
) -> Result<Response, Apology> {
    let InPath(text) = reference?;
    limits.count_order(&client)?;
    let chosen = body::form::<Chosen>(sent).await?;
    let Some(place) = place(&orders, &limits, &text).await? else { return Ok(nothing(language)) };
    if place.printed.is_none() {
        return Ok(place.no_more(language));
    }
    let words = place.words(language);
    let payable = Payable::of(&orders, &public_url, &place, &headers).await?;
    let again = |status, typed: String, mistake: String| {
        let form = FormPage::of(words, &place, payable, typed, Some(mistake));
        Ok(in_language(words, page(status, &form)))
    };
    let refuse = |typed: String, mistake: String| again(StatusCode::UNPROCESSABLE_ENTITY, typed, mistake);
    let pay = &words.pay;
    let Ok(chosen) = chosen else {
        return refuse(String::new(), pay.not_an_amount.to_owned());
    };
    let typed: String = chosen.amount.chars().take(TYPED_CHARS_MAX).collect();
    let Some(amount) = amount(&chosen, &place) else {
        return refuse(typed, pay.not_an_amount.to_owned());
    };
    let allowed = payable.allowed;
    if payable.room.is_some() && !allowed.allow(amount) {
        return refuse(typed, pay.refused(amount, allowed));
    }
    let Ok(id) = chosen.order.parse::<OrderId>() else {
        return anew(&orders, (words, language), &place, payable, amount).await;
    };
    let at_work = {
        let (orders, public_url, place) = (orders.clone(), public_url.clone(), place.clone());
        let (only, now) = (chosen.provider, orders.clock.now());
        background.spawn(async move {
            make(&orders, &public_url, &place, (id, amount, words.lang), &only, now).await
        })
    };
    turn.ends();
    let made = match tokio::time::timeout(MADE_WITHIN, at_work).await {
        Ok(made) => made.map_err(Problem::internal)?,
        // It was written before the provider was asked. What becomes of it stands on its page.
        Err(_) => match latest(&orders, &place, (id, amount)).await? {
            Some(order) => Ok(order),
            None => return again(StatusCode::BAD_GATEWAY, typed, pay.provider_refuses.to_owned()),
        },
    };
    match made {
        Ok(order) => {
            limits.knows_order(order.id);
            Ok(see_other(&format!("{}?go", path_of(&place, &order))))
        }
        Err(OrderError::Amount(allowed)) => refuse(typed, pay.refused(amount, allowed)),
        Err(OrderError::NoProvider) => Ok(place.without_makers(language)),
        Err(OrderError::NotOffered) => refuse(amount.typed(), pay.provider_gone.to_owned()),
        Err(OrderError::Provider(error)) => {
            tracing::warn!(event = %place.event.slug, %error, "a provider made no payment");
            again(StatusCode::BAD_GATEWAY, typed, pay.provider_refuses.to_owned())
        }
        Err(OrderError::Database(error)) => Err(error.into()),
        Err(error @ OrderError::IdTaken) => Err(Apology(Problem::internal(error))),
    }
}

/// The form with an amount that came without one: by its order's id, tapping it twice makes one payment.
async fn anew(
    orders: &Orders,
    (words, language): (&'static Words, Option<Language>),
    place: &Place,
    payable: Payable,
    amount: Cents,
) -> Result<Response, Apology> {
    if orders.makers(&place.event).await?.is_empty() {
        return Ok(place.without_makers(language));
    }
    let allowed = payable.allowed;
    let mistake = (!allowed.allow(amount)).then(|| words.pay.refused(amount, allowed));
    let form = FormPage::of(words, place, payable, amount.typed(), mistake);
    Ok(in_language(words, page(StatusCode::UNPROCESSABLE_ENTITY, &form)))
}

/// The ids of the orders that a form makes of an amount: its own, and those that follow when it was sent before for something
/// else or for a payment that ended. They are the same each time, so that tapping twice makes one order.
fn ids_of_form(id: OrderId, amount: Cents) -> impl Iterator<Item = OrderId> {
    let others = (1..ORDERS_OF_FORM_MAX).map(move |before| id.next_of_form(before, amount));
    std::iter::once(id).chain(others)
}

/// The order that a form made last of an amount.
async fn latest(
    orders: &Orders,
    place: &Place,
    (id, amount): (OrderId, Cents),
) -> Result<Option<Order>, Problem> {
    let known = by_ids(&mut *orders.store.read().await?, ids_of_form(id, amount)).await?;
    let its = known.into_iter().filter(|order| order.hash == place.hash && order.amount == amount);
    Ok(its.max_by_key(|order| order.created_at))
}

/// The order of a form that is under way, or else the next one that it makes.
async fn make(
    orders: &Orders,
    public_url: &PublicUrl,
    place: &Place,
    (id, amount, language): (OrderId, Cents, &'static str),
    only: &str,
    now: Timestamp,
) -> Result<Order, OrderError> {
    let only: Option<ProviderName> = match only {
        "" => None,
        name => Some(name.parse().map_err(|_| OrderError::NotOffered)?),
    };
    // Whoever asked for another provider wished for one payment, and has it.
    let leads_on = |order: &Order| {
        order.state.is_under_way() && now < order.expires_at || only.is_some() && order.state.is_paid()
    };
    for id in ids_of_form(id, amount).chain([OrderId::draw()]) {
        let is_known = orders.by_id(id).await?.is_some();
        let wish = Wish::of(place, public_url, (id, amount, language));
        match orders.make(&place.event, &NewOrder { only, ..wish.order(place) }).await {
            Err(OrderError::IdTaken) => {}
            Ok(order) if is_known && !leads_on(&order) => {}
            made => return made,
        }
    }
    Err(OrderError::IdTaken)
}

/// What somebody wants to pay, as its provider is told.
pub(super) struct Wish {
    id: OrderId,
    amount: Cents,
    language: &'static str,
    description: String,
    orders_url: String,
}

impl Wish {
    /// Says the same whenever it is made.
    pub(super) fn of(
        place: &Place,
        public_url: &PublicUrl,
        (id, amount, language): (OrderId, Cents, &'static str),
    ) -> Wish {
        let description = format!("{} {}", place.event.merchant, place.medium.serial.last_four());
        let description = description.chars().take(DESCRIPTION_CHARS_MAX).collect();
        let orders_url = format!("{}/t/{}", public_url.0, place.reference.as_str());
        Wish { id, amount, language, description, orders_url }
    }

    pub(super) fn order<'w>(&'w self, place: &'w Place) -> NewOrder<'w> {
        NewOrder {
            id: self.id,
            reference: (&place.reference, place.hash),
            amount: self.amount,
            only: None,
            description: &self.description,
            language: self.language,
            orders_url: &self.orders_url,
        }
    }
}

pub(super) fn path_of(place: &Place, order: &Order) -> String {
    format!("/t/{}/{}", place.reference.as_str(), order.id)
}

/// What was tapped or typed. An event with a fixed amount takes no other.
fn amount(chosen: &Chosen, place: &Place) -> Option<Cents> {
    let amount = match chosen.cents.as_str() {
        "" => match chosen.amount.parse::<Cents>() {
            // That it is too large is said then.
            Err(NotEuros::TooLarge { .. }) => Cents(i64::MAX),
            // However it reads: millions, or more.
            Err(NotEuros::Doubtful { digits, .. }) if digits.len() > THOUSANDS_DIGITS_MAX => Cents(i64::MAX),
            typed => typed.ok()?,
        },
        cents => Cents(cents.parse().ok()?),
    };
    let rules = &place.event.rules;
    let is_free = rules.behaviour != Behaviour::Fixed || rules.amount == Some(amount);
    is_free.then_some(amount)
}

impl LinkPage {
    fn of(
        words: &'static Words,
        place: &Place,
        Payable { allowed, room, most }: Payable,
        top_up: TopUp,
    ) -> LinkPage {
        let (is_replaced, is_full) = (place.is_replaced(), allowed.min > allowed.max);
        LinkPage { words, here: "", top_up, is_replaced, room, most, is_full }
    }
}

impl FormPage {
    fn of(
        words: &'static Words,
        place: &Place,
        Payable { allowed, room, most }: Payable,
        typed: String,
        mistake: Option<String>,
    ) -> FormPage {
        let rules = &place.event.rules;
        let is_fixed = rules.behaviour == Behaviour::Fixed;
        let usual = if is_fixed { Vec::new() } else { chips(allowed) };
        let is_fixed = is_fixed || allowed.min == allowed.max;
        let mut chips: Vec<Cents> =
            rules.amount.into_iter().filter(|amount| allowed.allow(*amount)).chain(usual).collect();
        chips.sort_unstable();
        chips.dedup();
        let bounds = words.pay.bounds(allowed.min, allowed.max);
        FormPage {
            here: "",
            event: place.event.name.clone(),
            last_four: place.medium.serial.last_four().to_owned(),
            is_replaced: place.is_replaced(),
            path: format!("/t/{}", place.reference.as_str()),
            order: OrderId::draw(),
            is_full: chips.is_empty(),
            room,
            most,
            chips,
            is_fixed,
            typed,
            says_bounds: mistake.as_ref().is_some_and(|mistake| mistake.ends_with(&bounds)),
            mistake,
            bounds,
            words,
        }
    }
}
