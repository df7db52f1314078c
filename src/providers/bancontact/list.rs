//! Lists the payments of a window: `POST /v3/payments/search`, a hundred a page.
//!
//! The window is always given, because the default is the last day, and is about when a payment was made, not when it
//! succeeded: callers overlap their windows.

use super::api::{call, is_key_refused, refusal};
use super::{Settings, wire};
use crate::clock::Timestamp;
use crate::providers::http::{Answer, HttpClient};
use crate::providers::{CallError, ListPage, PageToken, Source, UnreadableRow, Verified, Window};
use serde_json::{Value, json};
use std::time::Duration;

/// Bancontact's greatest page; its default is 10.
const PAGE_ROWS: u32 = 100;

/// A hundred payments have about 150 kB.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;

pub(super) async fn fetch(
    settings: &Settings,
    http: &HttpClient,
    window: Window,
    page: Option<&PageToken>,
    now: Timestamp,
) -> Result<ListPage, CallError> {
    let number = match page {
        None => 0,
        Some(PageToken(text)) => text.parse::<u32>().map_err(|_| CallError::Refused {
            why: format!(
                "{:?} is not a page of this provider's list",
                text.chars().take(40).collect::<String>()
            ),
        })?,
    };
    let answer = search(settings, http, window, number, now).await?;
    read(&answer, number, settings)
}

/// Why an API key was not seen to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The provider does not take it.
    Refused {
        /// What it said.
        why: String,
    },
    /// The provider can't be asked, or says neither yes nor no.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// Asks with the key for the payments of a window; how many there are.
pub(super) async fn try_key(
    settings: &Settings,
    http: &HttpClient,
    window: Window,
    now: Timestamp,
) -> Result<u64, KeyError> {
    let unknown = |error: CallError| KeyError::Unknown { why: error.to_string() };
    let answer = search(settings, http, window, 0, now).await.map_err(unknown)?;
    if is_key_refused(&answer) {
        return Err(KeyError::Refused { why: refusal(&answer, &settings.endpoints.api).to_string() });
    }
    let page = read(&answer, 0, settings).map_err(unknown)?;
    Ok(page.total.unwrap_or(page.reports.len() as u64))
}

async fn search(
    settings: &Settings,
    http: &HttpClient,
    window: Window,
    number: u32,
    now: Timestamp,
) -> Result<Answer, CallError> {
    let path = format!("/v3/payments/search?page={number}&size={PAGE_ROWS}");
    // To the whole millisecond, outwards, so that the window never shrinks.
    let to = window.to.after(Duration::from_micros(999));
    let query = json!({"from": in_milliseconds(window.from), "to": in_milliseconds(to)});
    call(settings, http, &path, Some(query.to_string()), ANSWER_BYTES_MAX, now).await
}

fn read(answer: &Answer, number: u32, settings: &Settings) -> Result<ListPage, CallError> {
    let api = &settings.endpoints.api;
    if answer.status != 200 {
        return Err(refusal(answer, api));
    }
    read_page(&answer.body, number, settings)
        .map_err(|why| CallError::Invalid { why: format!("{api} answered to a search: {why}") })
}

/// Reads one page. An answer that does not look like a page is an error and never an empty page, which would mean
/// that nothing was paid.
fn read_page(json: &[u8], number: u32, settings: &Settings) -> Result<ListPage, String> {
    let page: Value = serde_json::from_slice(json).map_err(|e| format!("it is not JSON: {e}"))?;
    let count = |name: &str| page.get(name).and_then(Value::as_u64);
    let total = count("totalElements");
    let pages = count("totalPages");
    let rows: &[Value] = match page.get("details") {
        Some(Value::Array(rows)) => rows,
        None | Some(Value::Null)
            if total == Some(0) || pages.is_some_and(|pages| pages <= u64::from(number)) =>
        {
            &[]
        }
        _ => return Err("it has no list of details".to_owned()),
    };
    let following = number.checked_add(1).filter(|_| !rows.is_empty());
    let next = following.filter(|next| pages.is_none_or(|pages| u64::from(*next) < pages));
    let mut read = ListPage {
        reports: vec![],
        unreadable: vec![],
        next: next.map(|next| PageToken(next.to_string())),
        total,
    };
    for row in rows {
        match wire::to_report(row, &settings.profile, Source::List) {
            Ok(report) => read.reports.push(Verified::new(report)),
            Err(why) => read.unreadable.push(UnreadableRow { payment_id: wire::payment_id(row), why }),
        }
    }
    Ok(read)
}

/// As Bancontact's clients write it: `2026-07-03T18:04:05.000Z`.
fn in_milliseconds(at: Timestamp) -> String {
    format!("{:.3}", at.to_jiff())
}
