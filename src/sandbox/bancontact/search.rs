//! The payment list: newest first, in pages that shift as payments come in.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::details::Details;
use crate::sandbox::bancontact::payment::Payment;
use crate::sandbox::bancontact::profile::Profile;
use crate::sandbox::bancontact::rates::Endpoint;
use crate::sandbox::bancontact::refusal::Refusal;
use crate::sandbox::bancontact::status::Status;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

const SIZE_DEFAULT: usize = 10;
const SIZE_MAX: usize = 100;
const FROM_DEFAULT: Duration = Duration::from_hours(24);

/// All optional; what the provider doesn't know it ignores.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Query {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    payment_statuses: Option<Vec<Status>>,
    reference: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    /// Payments in this page.
    size: usize,
    total_pages: usize,
    total_elements: usize,
    /// Counted from 0.
    number: usize,
    details: Vec<Details<'a>>,
}

pub(super) async fn search(
    State(bancontact): State<Arc<Bancontact>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    bancontact.trip(Endpoint::Search)?;
    let profile = bancontact.authorised(&headers)?;
    let asked = page_of(query.as_deref().unwrap_or_default()).and_then(|page| Ok((page, query_of(&body)?)));
    let ((number, size), query) = asked.map_err(|message| {
        let random = &mut bancontact.state().random;
        Refusal::error(StatusCode::BAD_REQUEST, "FIELD_IS_INVALID", message, random)
    })?;
    Ok(bancontact.page(&profile, &query, number, size))
}

/// Page and size of a query string.
fn page_of(query: &str) -> Result<(usize, usize), String> {
    let (mut number, mut size) = (0, SIZE_DEFAULT);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let parsed = value.parse::<u32>().map(|n| n as usize);
        match (name.as_ref(), parsed) {
            ("page", Ok(n)) => number = n,
            ("page", Err(_)) => return Err("page must be a number from 0".to_owned()),
            ("size", Ok(n @ 0..=SIZE_MAX)) => size = n,
            ("size", _) => return Err(format!("size must be between 0 and {SIZE_MAX}")),
            _ => {}
        }
    }
    Ok((number, size))
}

fn query_of(body: &[u8]) -> Result<Query, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Query::default());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

impl Bancontact {
    fn page(&self, profile: &Profile, query: &Query, number: usize, size: usize) -> Response {
        let now = self.clock.now();
        let state = self.state();
        let from = query.from.unwrap_or(now.before(FROM_DEFAULT));
        let to = query.to.unwrap_or(now);
        let lag = Duration::from_millis(state.faults.list_lag_ms);
        let matches = |payment: &&Payment| {
            payment.profile_id == profile.profile_id
                && payment.created_at <= to
                && payment.created_at.after(lag) <= now
                && query
                    .payment_statuses
                    .as_ref()
                    .is_none_or(|any| any.is_empty() || any.contains(&payment.status))
                && query.reference.as_ref().is_none_or(|wanted| payment.reference.as_ref() == Some(wanted))
        };
        let found = || state.newest().take_while(|payment| payment.created_at >= from).filter(matches);
        let total_elements = found().count();
        let as_zero = state.faults.open_amounts_as_zero;
        let details: Vec<_> = found()
            .skip(number.saturating_mul(size))
            .take(size)
            .map(|payment| Details::of(payment, profile, &self.base_url, as_zero))
            .collect();
        let total_pages = if size == 0 { 1 } else { total_elements.div_ceil(size) };
        Json(Page { size: details.len(), total_pages, total_elements, number, details }).into_response()
    }
}
