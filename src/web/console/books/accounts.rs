//! `/console/{event}/books`: what is owed to whom, the days, and the last audit.

use super::audit::{Audits, Shown as Audited};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::store::points_of_sale;
use crate::ids::PointOfSaleId;
use crate::ledger::tallies::store::since_the_beginning;
use crate::ledger::tallies::{Tally, balance, of_code};
use crate::ledger::{AccountKind, Code};
use crate::money::Cents;
use crate::web::business_day::{day_of, shown};
use crate::web::caller::SeeMoney;
use crate::web::console::at::AtFestival;
use crate::web::console::shell::{Place, Shell};
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use std::collections::BTreeMap;

/// Points of sale read; beyond them a vendor's line lacks what they took, and says so.
pub(super) const POINTS_MAX: i64 = 1_000;
/// Days listed, the newest.
const DAYS_MAX: usize = 60;

#[derive(Template)]
#[template(path = "web/console/books.html")]
struct BooksPage {
    shell: Shell,
    path: String,
    as_of: String,
    /// With the page of what an amount consists of, where there is one.
    kinds: Vec<(&'static str, Cents, Option<String>)>,
    vendors: Vec<(String, Cents)>,
    reasons: Vec<(&'static str, i64, Cents)>,
    /// As addresses have it, and as people read it.
    days: Vec<(String, String)>,
    cut: i8,
    audited: Option<Audited>,
}

/// What an account is for, in words.
pub(super) fn kind_words(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Wallet => "On wallets",
        AccountKind::Receivable => "Collected by the provider",
        AccountKind::Suspense => "In suspense",
        AccountKind::Vendor => "Owed to vendors",
        AccountKind::InTransit => "On its way back to payers",
    }
}

/// Why money moved, in words.
pub(super) fn code_words(code: Code) -> &'static str {
    match code {
        Code::TopUp => "Topped up",
        Code::Parked => "Came into suspense",
        Code::Charge => "Charged",
        Code::Void => "Taken back",
        Code::ParkedToWallet => "From suspense to a wallet",
        Code::ParkedReturned => "From suspense, to be sent back",
        Code::RefundRequested => "From a wallet, to be sent back",
        Code::RefundExecuted => "Gone back to payers: refunds and chargebacks",
    }
}

/// What each place took: charges less what was taken back.
pub(super) fn taken(tallies: &[Tally], place: PointOfSaleId) -> Cents {
    balance(tallies.iter().filter(|tally| tally.place == Some(place)), AccountKind::Vendor)
}

/// `GET /console/{event}/books`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(audits): State<Audits>,
) -> Result<Response, Sorry> {
    let (now, mut session) = (clock.now(), store.read().await?);
    let all = since_the_beginning(&mut session, at.event.id).await?;
    let points = points_of_sale(&mut session, at.event.id, "", POINTS_MAX).await?;
    drop(session);
    let mut vendors: BTreeMap<String, Cents> = BTreeMap::new();
    for point in points {
        let sum = vendors.entry(point.vendor).or_default();
        *sum = sum.plus(taken(&all, point.id)).unwrap_or(*sum);
    }
    let reasons = Code::ALL.iter().map(|code| {
        let (count, sum) = of_code(&all, *code);
        (code_words(*code), count, sum)
    });
    let kinds = AccountKind::ALL.iter().map(|kind| {
        let behind = (*kind == AccountKind::InTransit).then(|| at.path("/returns"));
        (kind_words(*kind), balance(&all, *kind), behind)
    });
    let audited = audits.shown(at.event.id);
    let cut = at.event.rules.day_cut_hour;
    let is_running = audited.as_ref().is_some_and(|audit| audit.is_running);
    let books = BooksPage {
        shell: at.shell(Place::Books),
        path: at.path("/books"),
        as_of: belgian_time(now),
        kinds: kinds.collect(),
        vendors: vendors.into_iter().collect(),
        reasons: reasons.filter(|(_, count, _)| *count > 0).collect(),
        days: days(at.event.created_at, at.event.closed_at.unwrap_or(now), cut),
        cut,
        audited,
    };
    let mut response = at.page(StatusCode::OK, &books);
    if is_running {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// The business days from one instant to another, the newest first.
fn days(from: Timestamp, to: Timestamp, cut_hour: i8) -> Vec<(String, String)> {
    let (first, mut day) = (day_of(from, cut_hour), day_of(to, cut_hour));
    let mut days = Vec::new();
    while day >= first && days.len() < DAYS_MAX {
        days.push((day.to_string(), shown(day)));
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    days
}
