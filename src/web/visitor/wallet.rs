//! `/w`: what is on my wristband, and what moved on it lately.

use super::language::Wanted;
use super::ticket;
use super::unknown::{expired, in_language, unknown};
use super::words::Words;
use crate::db::Session;
use crate::events::{self, Event};
use crate::ledger::movements::{Movement, store::newest};
use crate::ledger::{Code, Side};
use crate::media::store::{MediumView, batch_with_key, by_code};
use crate::media::{Medium, MediumStatus, top_up_text};
use crate::money::Cents;
use crate::payments::orders::Orders;
use crate::secrets::KeyFile;
use crate::web::app::{Limits, PublicUrl};
use crate::web::page::{ICON_PATH, STYLE_PATH, Sorry, belgian_time, cookie, page};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Movements shown.
const MOVEMENTS_MAX: i64 = 20;

#[derive(Template)]
#[template(path = "web/wallet.html")]
struct WalletPage {
    words: &'static Words,
    event: String,
    serial: String,
    /// None where this medium has no say over the wallet any more.
    balance: Option<Cents>,
    remark: Option<&'static str>,
    top_up: Option<String>,
    /// Our own page, where the event has a provider that makes payments.
    top_up_page: Option<String>,
    movements: Vec<Line>,
    as_of: String,
}

struct Line {
    what: &'static str,
    where_: String,
    amount: String,
    comes: bool,
    at: String,
}

impl Line {
    fn of(words: &Words, movement: Movement) -> Line {
        let comes = movement.code.wallet_side() == Some(Side::Credit);
        let sign = if comes { "+" } else { "−" };
        let paid = matches!(movement.code, Code::Charge | Code::Void);
        Line {
            what: words.movement(movement.code),
            where_: movement.vendor.filter(|_| paid).unwrap_or_default(),
            amount: format!("{sign}\u{a0}{}", movement.amount),
            comes,
            at: belgian_time(movement.at),
        }
    }
}

/// `GET /w`
pub(super) async fn get(
    Wanted(language): Wanted,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    State(orders): State<Orders>,
    headers: HeaderMap,
) -> Result<Response, Sorry> {
    let Orders { store, keys, clock, .. } = &orders;
    let (words, now) = (Words::of(language), clock.now());
    let ticket = cookie(&headers, ticket::cookie_name(&public_url));
    let Some(code) = ticket.and_then(|ticket| ticket::open(keys, ticket, now)) else {
        return Ok(expired(language));
    };
    limits.count_wallet(code)?;
    let mut session = store.read().await?;
    let Some(MediumView { medium, balance, .. }) = by_code(&mut session, code).await? else {
        return Ok(unknown(language, StatusCode::NOT_FOUND));
    };
    let event = event_of(&mut session, &medium).await?;
    let is_holder =
        matches!(medium.status, MediumStatus::Issued | MediumStatus::Active | MediumStatus::Frozen);
    let movements = match is_holder {
        true => newest(&mut session, medium.event_id, medium.wallet_id, None, MOVEMENTS_MAX).await?,
        false => Vec::new(),
    };
    let top_up = payment_link(&mut session, keys, &event, &medium).await?;
    drop(session);
    let printed_page = format!("/T/{}", medium.reference.as_str());
    let leads_elsewhere = top_up.as_ref().is_some_and(|link| !link.ends_with(&printed_page));
    let has_page = leads_elsewhere && orders.provider(&event).await?.is_some();
    let shown = WalletPage {
        top_up_page: has_page.then(|| format!("/t/{}", medium.reference.as_str())),
        words,
        serial: medium.serial.grouped(),
        balance: is_holder.then_some(balance),
        remark: if event.is_open() { words.status(medium.status) } else { Some(words.closed) },
        top_up,
        movements: movements.into_iter().map(|movement| Line::of(words, movement)).collect(),
        as_of: belgian_time(now),
        event: event.name,
    };
    Ok(in_language(words, page(StatusCode::OK, &shown)))
}

/// The event of a medium.
pub(super) async fn event_of(session: &mut Session, medium: &Medium) -> Result<Event, Problem> {
    let event = events::store::by_ids(session, [medium.event_id]).await?.pop();
    event.ok_or_else(|| Problem::internal("a medium without its event"))
}

/// The link inside the medium's top-up code; none where money paid onto it would reach no wallet.
pub(super) async fn payment_link(
    session: &mut Session,
    keys: &KeyFile,
    event: &Event,
    medium: &Medium,
) -> Result<Option<String>, Problem> {
    let takes_none =
        matches!(medium.status, MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined);
    if takes_none || !event.is_open() {
        return Ok(None);
    }
    let profile = events::store::profiles(session, keys, event.id).await?.into_iter().next();
    let batch = batch_with_key(session, medium.batch_id).await?;
    let (Some(profile), Some((batch, _))) = (profile, batch) else {
        return Err(Problem::internal("a medium without its batch or profile"));
    };
    top_up_text(&batch, &profile.profile_id, medium).map(Some).map_err(Problem::internal)
}
