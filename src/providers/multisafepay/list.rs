//! Lists the transactions of a window: `GET /transactions`, page by page, each with the cursor of the next.
//!
//! A refund is a transaction of its own, under the order's id unless whoever made it named another: those made in their
//! pages are found by it. It is made on one day and done about midnight, so refunds are asked for by either time.

use super::api::{Failure, call};
use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{
    Account, CallError, ListPage, PageToken, PaymentId, ProfileId, RefundPage, Source, UnreadableRow,
    Verified, Window,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Rows of a page; theirs may have a thousand.
const PAGE_ROWS: u32 = 100;
/// A hundred rows have about 60 kB.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
const CURSOR_BYTES_MAX: usize = 512;
/// Pages of what the key opens that are looked through for an order of ours, the newest first.
const SEARCHED_PAGES_MAX: u32 = 10;
/// Their words for the two times of a transaction.
const MADE: &str = "created";
const DONE: &str = "completed";

pub(super) async fn fetch(
    account: &Account,
    http: &HttpClient,
    window: Window,
    page: Option<&PageToken>,
    now: Timestamp,
) -> Result<ListPage, CallError> {
    let cursor = page.map(|PageToken(cursor)| cursor.as_str());
    let path = path(Some(account.id_there()), ("payment", MADE), window, cursor);
    let answer =
        call(account, http, &path, None, ANSWER_BYTES_MAX, now).await.map_err(Failure::into_error)?;
    read_page(account, &answer, cursor)
        .map_err(|why| CallError::Invalid { why: format!("{} answered to a list: {why}", account.api) })
}

/// The orders of refunds: first those of refunds made in the window, then those of refunds done in it. The token of a page
/// says which of the two it is of.
pub(super) async fn refunds(
    account: &Account,
    http: &HttpClient,
    window: Window,
    page: Option<&PageToken>,
    now: Timestamp,
) -> Result<RefundPage, CallError> {
    let (by, cursor) = match page.and_then(|PageToken(token)| token.split_once(':')) {
        None => (MADE, None),
        Some((by, cursor)) => (if by == DONE { DONE } else { MADE }, Some(cursor).filter(|c| !c.is_empty())),
    };
    let path = path(Some(account.id_there()), ("refund", by), window, cursor);
    let answer =
        call(account, http, &path, None, ANSWER_BYTES_MAX, now).await.map_err(Failure::into_error)?;
    let (rows, next) = rows(&answer, cursor).map_err(|why| CallError::Invalid {
        why: format!("{} answered to a list of refunds: {why}", account.api),
    })?;
    let is_refund = |row: &&Value| row.get("type").and_then(Value::as_str) == Some("refund");
    let is_ours = |row: &&Value| wire::site(row).is_none_or(|site| site == *account.id_there());
    let payments = rows.iter().filter(is_refund).filter(is_ours).filter_map(wire::payment_id).collect();
    let next = match next {
        Some(cursor) => Some(format!("{by}:{cursor}")),
        None => (by == MADE).then(|| format!("{DONE}:")),
    };
    Ok(RefundPage { payments, next: next.map(PageToken) })
}

/// What is asked for, of one site or of all that the key opens, in which window of which time, and behind which cursor.
fn path(site: Option<&ProfileId>, (kind, by): (&str, &str), window: Window, cursor: Option<&str>) -> String {
    let site = site.map_or_else(String::new, |site| format!("site_id={site}&"));
    let mut path = format!(
        "/transactions?{site}type={kind}&{by}_from={}&{by}_until={}&limit={PAGE_ROWS}",
        window.from.0.div_euclid(1_000_000),
        // To the whole second, outwards, so that the window never shrinks; their last instant is not part of it.
        window.to.0.div_euclid(1_000_000).saturating_add(1),
    );
    if let Some(cursor) = cursor {
        path.push_str("&after=");
        path.extend(utf8_percent_encode(cursor, NON_ALPHANUMERIC));
    }
    path
}

/// The sites that the newest transactions name, asked for without naming one: what the key opens, as far as they tell.
pub(super) async fn sites(
    account: &Account,
    http: &HttpClient,
    now: Timestamp,
) -> Result<Vec<ProfileId>, CallError> {
    let path = format!("/transactions?limit={PAGE_ROWS}");
    let answer =
        call(account, http, &path, None, ANSWER_BYTES_MAX, now).await.map_err(Failure::into_error)?;
    let Some(Value::Array(rows)) = answer.get("data") else {
        let why = format!("{} answered to a list: it has no list of data", account.api);
        return Err(CallError::Invalid { why });
    };
    Ok(rows.iter().filter_map(wire::site).collect())
}

/// The site under which one of these orders of ours stands, in a window of all that the key opens. A row of another site
/// that is none of them proves nothing: a key may open several.
pub(super) async fn site_of(
    account: &Account,
    http: &HttpClient,
    (orders, window): (&[PaymentId], Window),
    now: Timestamp,
) -> Result<Option<ProfileId>, CallError> {
    let mut cursor: Option<String> = None;
    for _ in 1..=SEARCHED_PAGES_MAX {
        let path = path(None, ("payment", MADE), window, cursor.as_deref());
        let answer =
            call(account, http, &path, None, ANSWER_BYTES_MAX, now).await.map_err(Failure::into_error)?;
        let (rows, next) = rows(&answer, cursor.as_deref()).map_err(|why| CallError::Invalid {
            why: format!("{} answered to a list: {why}", account.api),
        })?;
        let is_ours = |row: &&Value| wire::payment_id(row).is_some_and(|id| orders.contains(&id));
        if let Some(site) = rows.iter().filter(is_ours).find_map(wire::site) {
            return Ok(Some(site));
        }
        let Some(next) = next else { break };
        cursor = Some(next.to_owned());
    }
    Ok(None)
}

/// The rows of a page, and the cursor of the next. An answer that does not look like a page is an error and never an empty
/// page, which would mean that nothing was paid.
fn rows<'a>(answer: &'a Value, behind: Option<&str>) -> Result<(&'a [Value], Option<&'a str>), String> {
    let Some(Value::Array(rows)) = answer.get("data") else {
        return Err("it has no list of data".to_owned());
    };
    let cursor =
        answer.pointer("/pager/cursor/after").and_then(Value::as_str).filter(|text| !text.is_empty());
    if cursor.is_some_and(|cursor| cursor.len() > CURSOR_BYTES_MAX) {
        return Err("its cursor is too long".to_owned());
    }
    if cursor.is_some() && cursor == behind {
        return Err("its cursor leads to the same page again".to_owned());
    }
    Ok((rows.as_slice(), cursor.filter(|_| !rows.is_empty())))
}

fn read_page(account: &Account, answer: &Value, behind: Option<&str>) -> Result<ListPage, String> {
    let (rows, next) = rows(answer, behind)?;
    let next = next.map(|cursor| PageToken(cursor.to_owned()));
    let mut read = ListPage { reports: vec![], unreadable: vec![], next, total: None };
    // Whatever was asked for: a refund of the order has its id, too.
    let is_payment =
        |row: &&Value| row.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "payment");
    for row in rows.iter().filter(is_payment) {
        match wire::to_report(row, account, Source::List) {
            Ok(report) => read.reports.push(Verified::new(report)),
            Err(why) => read.unreadable.push(UnreadableRow { payment_id: wire::payment_id(row), why }),
        }
    }
    Ok(read)
}
