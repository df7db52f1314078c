//! Lists intents, newest first: `GET /v1/payment_intents`; and finds the one of an order.
//!
//! The list can be asked for a window of `created`, but not in which unit: intents count milliseconds, some examples
//! seconds, and the wrong one would show an empty list, as if nothing had been paid. So all are read until they are
//! older than the window, and that only as long as they really come newest first.

use super::api::{ANSWER_BYTES_MAX, Call, refusal, send};
use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{
    Account, CallError, ListPage, OrderId, PageToken, PaymentReport, Source, UnreadableRow, Verified, Window,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::time::Duration;

const PAGE_ROWS: u32 = 100;
/// A hundred intents have about 200 kB.
const LIST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// An intent a little older than the window may stand behind a younger one.
const DISORDER: Duration = Duration::from_secs(600);

pub(super) async fn fetch(
    account: &Account,
    http: &HttpClient,
    window: Window,
    page: Option<&PageToken>,
    now: Timestamp,
) -> Result<ListPage, CallError> {
    let mut path = format!("/v1/payment_intents?limit={PAGE_ROWS}");
    if let Some(PageToken(after)) = page {
        path.push_str("&starting_after=");
        path.extend(utf8_percent_encode(after, NON_ALPHANUMERIC));
    }
    let rows = rows(account, http, &path, LIST_BYTES_MAX, now).await?;
    let mut read = ListPage { reports: vec![], unreadable: vec![], next: None, total: None };
    let last = rows.data.last().and_then(wire::payment_id);
    let times: Vec<Option<Timestamp>> = rows.data.iter().map(|row| wire::instant(row, "created")).collect();
    let newest_first = times.iter().all(Option::is_some) && times.windows(2).all(|pair| pair[0] >= pair[1]);
    let is_behind =
        newest_first && times.last().is_some_and(|oldest| *oldest < Some(window.from.before(DISORDER)));
    if rows.has_more && !is_behind {
        let why = || CallError::Invalid { why: format!("{} lists more, but not behind what", account.api) };
        let last =
            last.filter(|last| page.is_none_or(|PageToken(before)| *before != last.0)).ok_or_else(why)?;
        read.next = Some(PageToken(last.0));
    }
    for (row, at) in rows.data.iter().zip(times) {
        // One that doesn't say when it was made is looked at each time rather than never.
        if at.is_some_and(|at| at < window.from || at > window.to) {
            continue;
        }
        match wire::to_report(row, account, Source::List) {
            Ok(report) => read.reports.push(Verified::new(report)),
            Err(why) => read.unreadable.push(UnreadableRow { payment_id: wire::payment_id(row), why }),
        }
    }
    Ok(read)
}

/// Finds the intent of an order, through their search. Of several the one that succeeded counts, then the first.
pub(super) async fn of_order(
    account: &Account,
    http: &HttpClient,
    order: &OrderId,
    now: Timestamp,
) -> Result<Option<Verified<PaymentReport>>, CallError> {
    let query = format!("merchant_order_id:'{order}'");
    let query = utf8_percent_encode(&query, NON_ALPHANUMERIC);
    let path = format!("/v1/payment_intents/search?query={query}&limit=10");
    let rows = rows(account, http, &path, ANSWER_BYTES_MAX, now).await?;
    let reports = rows.data.iter().filter_map(|row| wire::to_report(row, account, Source::Details).ok());
    let mut found: Vec<PaymentReport> = reports.filter(|report| report.order == Some(*order)).collect();
    found.sort_by_key(|report| report.status != crate::providers::PaymentStatus::Succeeded);
    Ok(found.into_iter().next().map(Verified::new))
}

struct Rows {
    data: Vec<Value>,
    has_more: bool,
}

/// An answer that does not look like a list is an error and never an empty one.
async fn rows(
    account: &Account,
    http: &HttpClient,
    path: &str,
    bytes_max: usize,
    now: Timestamp,
) -> Result<Rows, CallError> {
    let call = Call { path, json: None, idempotency_key: None, answer_bytes_max: bytes_max };
    let answer = send(account, http, call, now).await?;
    if answer.status != 200 {
        return Err(refusal(&answer, account));
    }
    let invalid =
        |why: &str| CallError::Invalid { why: format!("{} answered to a list: {why}", account.api) };
    let mut body: Value = serde_json::from_slice(&answer.body).map_err(|_| invalid("it is not JSON"))?;
    let has_more = body.get("has_more").and_then(Value::as_bool);
    let Some(Value::Array(data)) = body.get_mut("data").map(Value::take) else {
        return Err(invalid("it has no list of data"));
    };
    Ok(Rows { data, has_more: has_more.unwrap_or(false) })
}
