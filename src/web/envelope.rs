//! What is around every request: its id and span, a bound on its time, a net under panics, and the answer's headers.

use super::page::{Sorry, see_other};
use super::problem::Problem;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;
use uuid::Uuid;

/// How long an answer may take. What streams afterwards has bounds of its own.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);

/// How long issuing media, or moving a whole roll of them, may take: 200,000 on a slow disk. A file may take as long to
/// come over a poor line.
const LONG_TIME_MAX: Duration = Duration::from_secs(300);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request. The log names the route that matched and never the address itself, which may hold a pay code.
pub(in crate::web) async fn around(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Uuid::now_v7();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!("request", %id, method = %request.method(), route);
    let time_max = time_max(route);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answering = async {
        let response = match tokio::time::timeout(time_max, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => Problem::internal(format_args!("panic: {}", words_of(&*panic))).into_response(),
            Err(_) => Problem::unavailable(format_args!("it took longer than {time_max:?}")).into_response(),
        };
        tracing::debug!(
            status = response.status().as_u16(),
            ms = started.elapsed().as_millis() as u64,
            "answered"
        );
        response
    };
    let mut response = answering.instrument(span).await;
    let status = response.status();
    let labels = [("route", route.to_owned()), ("status", status_class(status).to_owned())];
    metrics::histogram!("polsband_http_request_seconds", &labels).record(started.elapsed().as_secs_f64());
    let headers = response.headers_mut();
    let id = HeaderValue::from_str(&id.to_string()).expect("a UUID is ASCII");
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn time_max(route: &str) -> Duration {
    let long = ["/batches", "/reissue", "/quarantine", "/release", "/artwork"];
    if long.iter().any(|end| route.ends_with(end)) { LONG_TIME_MAX } else { REQUEST_TIME_MAX }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// For addresses that lead nowhere: a page for operators, a problem for programs. Where only a slash at the end was too much, to
/// the address without.
pub(in crate::web) async fn not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    match without_slash(&uri).filter(|_| matches!(method, Method::GET | Method::HEAD)) {
        Some(address) => see_other(&address),
        None => worded(&headers, Problem::not_found()),
    }
}

/// The same address of a page without the slashes at its end. Of nothing but pages: what begins with two slashes names
/// another host.
fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?;
    let is_page = ["/console", "/terminal", "/w", "/W", "/t", "/T"]
        .iter()
        .any(|page| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    is_page.then(|| format!("{}{query}", path.trim_end_matches('/')))
}

/// For addresses that are asked in another way than they answer: those of forms, when somebody opens them again.
pub(in crate::web) async fn method_not_allowed(headers: HeaderMap) -> Response {
    let detail = match is_person(&headers) {
        true => "only a form leads here: go back to the page with the form, and send it again",
        false => "this address does not answer this method; the Allow header lists those it does",
    };
    worded(&headers, Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail))
}

fn worded(headers: &HeaderMap, problem: Problem) -> Response {
    if is_person(headers) { Sorry(problem).into_response() } else { problem.into_response() }
}

/// True for whoever came with a browser.
pub(in crate::web) fn is_person(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("text/html")
}
