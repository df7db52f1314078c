//! Lists the transactions of a window: `GET /transactions`, page by page, each with the cursor of the next.

use super::api::{Failure, call};
use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{
    Account, CallError, ListPage, PageToken, ProfileId, Source, UnreadableRow, Verified, Window,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Rows of a page; theirs may have a thousand.
const PAGE_ROWS: u32 = 100;
/// A hundred rows have about 60 kB.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
const CURSOR_BYTES_MAX: usize = 512;

pub(super) async fn fetch(
    account: &Account,
    http: &HttpClient,
    window: Window,
    page: Option<&PageToken>,
    now: Timestamp,
) -> Result<ListPage, CallError> {
    let mut path = format!(
        "/transactions?site_id={}&type=payment&created_from={}&created_until={}&limit={PAGE_ROWS}",
        account.profile,
        window.from.0.div_euclid(1_000_000),
        // To the whole second, outwards, so that the window never shrinks.
        window.to.0.div_euclid(1_000_000).saturating_add(1),
    );
    if let Some(PageToken(cursor)) = page {
        path.push_str("&after=");
        path.extend(utf8_percent_encode(cursor, NON_ALPHANUMERIC));
    }
    let answer =
        call(account, http, &path, None, ANSWER_BYTES_MAX, now).await.map_err(Failure::into_error)?;
    read_page(account, &answer, page)
        .map_err(|why| CallError::Invalid { why: format!("{} answered to a list: {why}", account.api) })
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

/// Reads one page. An answer that does not look like a page is an error and never an empty page, which would mean that
/// nothing was paid.
fn read_page(account: &Account, answer: &Value, page: Option<&PageToken>) -> Result<ListPage, String> {
    let Some(Value::Array(rows)) = answer.get("data") else {
        return Err("it has no list of data".to_owned());
    };
    let cursor =
        answer.pointer("/pager/cursor/after").and_then(Value::as_str).filter(|text| !text.is_empty());
    if cursor.is_some_and(|cursor| cursor.len() > CURSOR_BYTES_MAX) {
        return Err("its cursor is too long".to_owned());
    }
    if cursor.is_some() && cursor == page.map(|PageToken(cursor)| cursor.as_str()) {
        return Err("its cursor leads to the same page again".to_owned());
    }
    let next = cursor.filter(|_| !rows.is_empty()).map(|cursor| PageToken(cursor.to_owned()));
    let mut read = ListPage { reports: vec![], unreadable: vec![], next, total: None };
    // Refunds are rows of their own, under the order's id unless somebody named another.
    let is_payment =
        |row: &&Value| row.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "payment");
    for row in rows.iter().filter(is_payment) {
        match wire::to_report(row, &account.profile, Source::List) {
            Ok(report) => read.reports.push(Verified::new(report)),
            Err(why) => read.unreadable.push(UnreadableRow { payment_id: wire::payment_id(row), why }),
        }
    }
    Ok(read)
}
