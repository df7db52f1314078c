//! `/w`: what is on my wristband, what happened to it, and what I can do.

use super::Apology;
use super::history::{History, history};
use super::holder::Holder;
use super::unknown::in_language;
use super::waits::{Back, Elsewhere, Waits, elsewhere};
use super::words::Words;
use crate::codes::Reference;
use crate::db::{self, Session};
use crate::events::top_up_limits::{self, TopUpLimits, holds, room};
use crate::events::{self, Behaviour, Event};
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

/// Less room than this part of what a wallet holds is worth a warning.
const SCARCE: i64 = 4;

#[derive(Template)]
#[template(path = "web/visitor/wallet.html")]
pub(super) struct WalletPage {
    words: &'static Words,
    here: &'static str,
    event: String,
    serial: String,
    /// None where this medium has no say over the wallet any more.
    balance: Option<Cents>,
    remark: Option<String>,
    /// Money that is added goes onto its successor.
    is_replaced: bool,
    /// How much more fits, where that is less than may be paid at once.
    room: Option<Cents>,
    /// That is little.
    is_scarce: bool,
    /// Nothing that can be paid fits.
    is_full: bool,
    top_up: Option<TopUp>,
    /// Our own page, where the event has a provider that makes payments.
    top_up_page: Option<String>,
    can_freeze: bool,
    /// Frozen by whoever holds it, who may undo that while the event lasts.
    can_unfreeze: bool,
    tried: Option<Tried>,
    /// What becomes of money that is left: of none, where nothing can be added any more, there is nothing to say.
    leftover: Option<&'static str>,
    /// What was paid and is on no wallet yet.
    waits: Vec<Waits>,
    /// When something was of which nobody knows yet how much came.
    reviews: Vec<String>,
    /// Who helps with that.
    helps: &'static str,
    /// What goes back to whoever paid it, or has gone.
    back: Vec<Back>,
    /// Any of that is still on its way.
    is_on_its_way: bool,
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

/// The printed code of a medium.
#[derive(Clone)]
pub(super) struct PrintedCode {
    pub(super) text: String,
    /// Its batch's own, which may differ from the event's.
    amount: Option<Cents>,
}

impl PrintedCode {
    /// What can be paid with it at once: a bank app knows no limits of ours.
    pub(super) fn payable(&self, event: &Event) -> TopUpLimits {
        payable(event, self.amount, TopUpLimits { min: Cents(1), max: top_up_limits::MAX })
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
        let last = last_status(&mut session, &holder.medium).await?;
        let Elsewhere { waits, reviews, back, credited } = elsewhere(&mut session, &holder, last).await?;
        let history = history(&mut session, &holder, &credited, before).await?;
        let Holder { words, medium, balance, event, .. } = holder;
        let is_own = medium.own_freeze.is_some();
        let code = payment_link(&mut session, &orders.keys, &event, &medium, last).await?;
        let allowed = top_up_limits::payable(&mut session, &event).await?;
        drop(session);
        let has_page = code.is_some() && !orders.makers(&event).await?.is_empty();
        let printed = code.filter(|code| !leads_here(&code.text, &medium.reference));
        let with_code = printed.as_ref().map(|code| code.payable(&event));
        let on_page = has_page.then(|| payable(&event, event.rules.amount, allowed));
        let largest = with_code.map(|way| way.max).max(on_page.map(|way| way.max));
        // What is on a wallet, and so what fits, is told to whom it belongs.
        let room = room(&event.rules, balance).filter(|_| holds_wallet);
        let most = room.or(holds(&event.rules));
        let fits = |way: Option<TopUpLimits>| way.is_some_and(|way| most.is_none_or(|most| way.min <= most));
        // Where nobody has the wallet any more, nothing is to be seen on the one that was given for it.
        let status = if has_ended(last) { last } else { medium.status };
        let remark = match event.is_open() {
            true if is_own => Some(words.frozen_own.to_owned()),
            true => words.status(status).map(str::to_owned),
            false => Some(words.closed_with(status, balance)),
        };
        Ok(WalletPage {
            words,
            here: "/w",
            serial: medium.serial.grouped(),
            balance: holds_wallet.then_some(balance),
            remark,
            is_replaced: medium.status == MediumStatus::Replaced,
            is_full: largest.is_some() && !fits(with_code) && !fits(on_page),
            is_scarce: room.zip(holds(&event.rules)).is_some_and(|(room, most)| room.0 < most.0 / SCARCE),
            room: room.filter(|room| largest.is_some_and(|largest| *room < largest)),
            top_up: printed.filter(|_| fits(with_code)).map(|code| TopUp::of(code.text)).transpose()?,
            top_up_page: fits(on_page).then(|| format!("/t/{}", medium.reference.as_str())),
            can_freeze,
            can_unfreeze: is_own && event.is_open(),
            tried,
            leftover: match event.is_open() {
                true => Some(words.leftover_open),
                false => balance.is_positive().then_some(words.leftover_closed),
            },
            waits,
            reviews,
            helps: words.helps(event.is_open()),
            is_on_its_way: back.iter().any(|paid| !paid.is_gone),
            back,
            history,
            is_older: before.is_some(),
            as_of: belgian_time(now),
            event: event.name,
        })
    }
}

/// What can be paid at once: where nobody chooses, this amount and no other.
fn payable(event: &Event, amount: Option<Cents>, chosen: TopUpLimits) -> TopUpLimits {
    match amount.filter(|_| event.rules.behaviour == Behaviour::Fixed) {
        Some(amount) => TopUpLimits { min: amount, max: amount },
        None => chosen,
    }
}

/// The event of a medium.
pub(super) async fn event_of(session: &mut Session, medium: &Medium) -> Result<Event, Problem> {
    let event = events::store::by_ids(session, [medium.event_id]).await?.pop();
    event.ok_or_else(|| Problem::internal("a medium without its event"))
}

/// Where in its life is what has the medium's wallet now: the last of those that replaced it.
pub(super) async fn last_status(session: &mut Session, medium: &Medium) -> Result<MediumStatus, db::Error> {
    let last = match medium.status {
        MediumStatus::Replaced => chain(session, medium.event_id, medium.id).await?.1.pop(),
        _ => None,
    };
    Ok(last.map_or(medium.status, |link| link.status))
}

/// True where no money reaches its wallet any more, and nobody spends from that.
pub(super) fn has_ended(status: MediumStatus) -> bool {
    matches!(status, MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined)
}

/// The medium's top-up code; none where money paid onto it would reach no wallet. `last` is its [`last_status`]: a replaced
/// one adds to its successor's wallet, while that one takes any.
pub(super) async fn payment_link(
    session: &mut Session,
    keys: &KeyFile,
    event: &Event,
    medium: &Medium,
    last: MediumStatus,
) -> Result<Option<PrintedCode>, Problem> {
    if !event.is_open() || has_ended(last) {
        return Ok(None);
    }
    let codes = TopUpCodes::of(session, keys, event.id).await?;
    let Some((batch, _)) = batch_with_key(session, medium.batch_id).await? else {
        return Err(Problem::internal("a medium without its batch"));
    };
    let text = codes.text(&batch, medium).map_err(Problem::internal)?;
    Ok(Some(PrintedCode { text, amount: batch.amount }))
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
