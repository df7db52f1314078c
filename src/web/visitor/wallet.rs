//! `/w`: what is on my wristband, what happened to it, and what I can do.

use super::Apology;
use super::history::{History, history};
use super::holder::Holder;
use super::unknown::in_language;
use super::waits::{Waits, waits};
use super::words::Words;
use crate::codes::Reference;
use crate::db::Session;
use crate::events::{self, Event};
use crate::helpdesk::story::chain;
use crate::media::store::batch_with_key;
use crate::media::{Medium, MediumStatus, TopUpCodes};
use crate::money::Cents;
use crate::payments::orders::Orders;
use crate::print::qr_svg;
use crate::secrets::KeyFile;
use crate::web::page::{belgian_time, page};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "web/visitor/wallet.html")]
pub(super) struct WalletPage {
    words: &'static Words,
    here: &'static str,
    event: String,
    serial: String,
    /// None where this medium has no say over the wallet any more.
    balance: Option<Cents>,
    remark: Option<&'static str>,
    /// Money that is added goes onto its successor.
    is_replaced: bool,
    top_up: Option<TopUp>,
    /// Our own page, where the event has a provider that makes payments.
    top_up_page: Option<String>,
    can_freeze: bool,
    /// Frozen by whoever holds it, who may undo that while the event lasts.
    can_unfreeze: bool,
    tried: Option<Tried>,
    leftover: &'static str,
    /// What was paid and is on no wallet yet.
    waits: Vec<Waits>,
    history: History,
    /// An older page of the history.
    is_older: bool,
    as_of: String,
}

/// A code that did not unfreeze, as it was typed.
pub(super) struct Tried(pub(super) String);

/// A way to add money: the printed code.
pub(super) struct TopUp {
    /// For the bank app on this phone.
    pub(super) link: String,
    /// For one on another, as SVG.
    pub(super) code: String,
}

/// Which page of the history.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
}

/// `GET /w`
pub(super) async fn get(
    holder: Holder,
    State(orders): State<Orders>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Apology> {
    let before = asked.ok().and_then(|Query(asked)| asked.before);
    let page = WalletPage::of(&orders, holder, before, None).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// The page, and its language.
pub(super) fn shown(status: StatusCode, wallet: &WalletPage) -> Response {
    in_language(wallet.words, page(status, wallet))
}

impl WalletPage {
    /// What there is to show of a medium; `before` names an older page of the history, `tried` a wrong code.
    pub(super) async fn of(
        orders: &Orders,
        holder: Holder,
        before: Option<i64>,
        tried: Option<Tried>,
    ) -> Result<WalletPage, Problem> {
        let now = orders.clock.now();
        let mut session = orders.store.read().await?;
        let (can_freeze, holds_wallet) = (holder.can_freeze(), holder.holds_wallet());
        let waits = waits(&mut session, &holder).await?;
        let Holder { words, medium, balance, event, .. } = holder;
        let is_own = medium.own_freeze.is_some();
        let history = match holds_wallet {
            true => history(&mut session, words, &medium, before).await?,
            false => History { lines: Vec::new(), older: None },
        };
        let link = payment_link(&mut session, &orders.keys, &event, &medium).await?;
        drop(session);
        let has_page = link.is_some() && orders.provider(&event).await?.is_some();
        let top_up_page = has_page.then(|| format!("/t/{}", medium.reference.as_str()));
        let printed = link.filter(|link| !leads_here(link, &medium.reference));
        let remark = match event.is_open() {
            true if is_own => Some(words.frozen_own),
            true => words.status(medium.status),
            false => Some(words.closed),
        };
        Ok(WalletPage {
            words,
            here: "/w",
            serial: medium.serial.grouped(),
            balance: holds_wallet.then_some(balance),
            remark,
            is_replaced: medium.status == MediumStatus::Replaced,
            top_up: printed.map(TopUp::of).transpose()?,
            top_up_page,
            can_freeze,
            can_unfreeze: is_own && event.is_open(),
            tried,
            leftover: if event.is_open() { words.leftover_open } else { words.leftover_closed },
            waits,
            history,
            is_older: before.is_some(),
            as_of: belgian_time(now),
            event: event.name,
        })
    }
}

/// The event of a medium.
pub(super) async fn event_of(session: &mut Session, medium: &Medium) -> Result<Event, Problem> {
    let event = events::store::by_ids(session, [medium.event_id]).await?.pop();
    event.ok_or_else(|| Problem::internal("a medium without its event"))
}

/// What the medium's top-up code says; none where money paid onto it would reach no wallet.
pub(super) async fn payment_link(
    session: &mut Session,
    keys: &KeyFile,
    event: &Event,
    medium: &Medium,
) -> Result<Option<String>, Problem> {
    if !event.is_open() {
        return Ok(None);
    }
    // A replaced one adds to its successor's wallet, while that one takes any.
    let last = match medium.status {
        MediumStatus::Replaced => chain(session, event.id, medium.id).await?.1.last().map(|link| link.status),
        _ => None,
    };
    if matches!(
        last.unwrap_or(medium.status),
        MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined
    ) {
        return Ok(None);
    }
    let codes = TopUpCodes::of(session, keys, event.id).await?;
    let Some((batch, _)) = batch_with_key(session, medium.batch_id).await? else {
        return Err(Problem::internal("a medium without its batch"));
    };
    codes.text(&batch, medium).map(Some).map_err(Problem::internal)
}

/// True where the printed code is a link to our own page, whatever host it was printed with.
pub(super) fn leads_here(link: &str, reference: &Reference) -> bool {
    link.ends_with(&format!("/T/{}", reference.as_str()))
}

impl TopUp {
    pub(super) fn of(link: String) -> Result<TopUp, Problem> {
        let code = qr_svg(&link).map_err(Problem::internal)?;
        Ok(TopUp { link, code })
    }
}
