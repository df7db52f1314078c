//! `/w`: what is on my wristband, what happened to it, and what I can do.

use super::Apology;
use super::history::{History, history};
use super::holder::Holder;
use super::unknown::in_language;
use super::words::Words;
use crate::clock::Clock;
use crate::db::{Session, Store};
use crate::events::{self, Event};
use crate::media::store::batch_with_key;
use crate::media::{Medium, MediumStatus, top_up_text};
use crate::money::Cents;
use crate::print::qr_svg;
use crate::secrets::KeyFile;
use crate::web::App;
use crate::web::page::{belgian_time, page};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

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
    top_up: Option<TopUp>,
    can_freeze: bool,
    /// Frozen by whoever holds it, who may undo that.
    can_unfreeze: bool,
    tried: Option<Tried>,
    leftover: &'static str,
    history: History,
    /// An older page of the history.
    is_older: bool,
    as_of: String,
}

/// A code that did not unfreeze, as it was typed.
pub(super) struct Tried(pub(super) String);

/// A way to add money.
pub(super) struct TopUp {
    /// For the bank app on this phone.
    pub(super) link: String,
    /// For one on another, as SVG.
    pub(super) code: String,
}

/// What the page is read with.
#[derive(Clone)]
pub(super) struct Reading {
    store: Store,
    pub(super) keys: Arc<KeyFile>,
    clock: Clock,
}

impl FromRef<App> for Reading {
    fn from_ref(app: &App) -> Reading {
        Reading { store: Store::from_ref(app), keys: Arc::from_ref(app), clock: Clock::from_ref(app) }
    }
}

/// Which page of the history.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
}

/// `GET /w`
pub(super) async fn get(
    holder: Holder,
    State(reading): State<Reading>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Apology> {
    let before = asked.ok().and_then(|Query(asked)| asked.before);
    let page = WalletPage::of(&reading, holder, before, None).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// The page, and its language.
pub(super) fn shown(status: StatusCode, wallet: &WalletPage) -> Response {
    in_language(wallet.words, page(status, wallet))
}

impl WalletPage {
    /// What there is to show of a medium; `before` names an older page of the history, `tried` a wrong code.
    pub(super) async fn of(
        reading: &Reading,
        holder: Holder,
        before: Option<i64>,
        tried: Option<Tried>,
    ) -> Result<WalletPage, Problem> {
        let (keys, now) = (&reading.keys, reading.clock.now());
        let mut session = reading.store.read().await?;
        let (can_freeze, holds_wallet) = (holder.can_freeze(), holder.holds_wallet());
        let Holder { words, medium, balance, event, .. } = holder;
        let is_own = medium.own_freeze.is_some();
        let history = match holds_wallet {
            true => history(&mut session, words, &medium, before).await?,
            false => History { lines: Vec::new(), older: None },
        };
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
            top_up: top_up(&mut session, keys, &event, &medium).await?,
            can_freeze,
            can_unfreeze: is_own,
            tried,
            leftover: if event.is_open() { words.leftover_open } else { words.leftover_closed },
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

/// The medium's top-up code; none where money paid onto it would reach no wallet.
pub(super) async fn top_up(
    session: &mut Session,
    keys: &KeyFile,
    event: &Event,
    medium: &Medium,
) -> Result<Option<TopUp>, Problem> {
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
    let link = top_up_text(&batch, &profile.profile_id, medium).map_err(Problem::internal)?;
    let code = qr_svg(&link).map_err(Problem::internal)?;
    Ok(Some(TopUp { link, code }))
}
