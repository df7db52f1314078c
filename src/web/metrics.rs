//! What is measured, in one place, and `GET /metrics`, which answers loopback and configured networks only.

use super::app::MetricsAllow;
use super::callbacks::Callbacks;
use super::client::Client;
use super::problem::Problem;
use super::stages::{Minutes, Stages};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// From a tenth of a millisecond to half a minute.
pub(in crate::web) const SECONDS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Up to the most a lane takes at once.
const REQUESTS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0];

/// Names ending in `_seconds` are histograms unless they are gauges. What is measured only when somebody asks stands in
/// `last_callbacks`.
const DESCRIPTIONS: [(Kind, &str, &str); 16] = [
    (Kind::Counter, "polsband_callbacks_total", "Callbacks, by provider and result"),
    (
        Kind::Counter,
        "polsband_callbacks_refused_total",
        "Callbacks refused, by provider and the check that failed",
    ),
    (Kind::Histogram, "polsband_settle_seconds", "From a verified callback to its commit, by provider"),
    (
        Kind::Counter,
        "polsband_orders_total",
        "Payments a provider was asked to make, by provider and result: made, refused, unreached, unanswered, unreadable; and \
         how each of these orders ended first: credited, parked, failed, expired",
    ),
    (Kind::Counter, "polsband_charges_total", "Charges, by result"),
    (Kind::Histogram, "polsband_lane_batch_requests", "Requests in one commit"),
    (
        Kind::Histogram,
        "polsband_lane_wait_seconds",
        "From handing a request to the lane until its batch begins",
    ),
    (Kind::Histogram, "polsband_lane_commit_seconds", "Writing and committing a batch"),
    (Kind::Histogram, "polsband_lane_batch_seconds", "Reading, deciding, writing and committing a batch"),
    (Kind::Counter, "polsband_lane_retries_total", "Batches decided again because another writer was faster"),
    (Kind::Counter, "polsband_lane_refused_total", "Requests the lane did not take, by why: full or stuck"),
    (
        Kind::Gauge,
        "polsband_reconcile_lag_seconds",
        "How far back an event's payments are compared with the provider's",
    ),
    (Kind::Histogram, "polsband_http_request_seconds", "Requests, by route and class of status"),
    (Kind::Gauge, "polsband_http_connections", "Open connections"),
    (
        Kind::Counter,
        "polsband_http_connections_closed_total",
        "Connections on which nobody asked anything, closed for new ones",
    ),
    (Kind::Counter, "polsband_throttled_total", "Requests refused by a rate limit, by which"),
];

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
static MINUTES: Mutex<Minutes> = Mutex::new(Minutes::new());

/// Starts measuring, once per process; later calls change nothing. Without it `/metrics` is empty.
pub fn measure() {
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_requests".to_owned()), &REQUESTS)
            })
            .expect("there are buckets")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is there already");
        }
        for (kind, name, words) in DESCRIPTIONS {
            match kind {
                Kind::Counter => metrics::describe_counter!(name, words),
                Kind::Gauge => metrics::describe_gauge!(name, words),
                Kind::Histogram => metrics::describe_histogram!(name, words),
            }
        }
        handle
    });
}

/// Folds what was measured into its buckets, and keeps what it came to each minute; without it, and without anybody reading,
/// measurements pile up.
pub(in crate::web) fn fold() {
    if let Some(recorder) = RECORDER.get() {
        recorder.run_upkeep();
        minutes().note(Instant::now(), || recorder.render());
    }
}

/// Where the time of payments and sales went in the last minutes.
pub(in crate::web) fn recent() -> Stages {
    let text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    minutes().stages(&text)
}

fn minutes() -> MutexGuard<'static, Minutes> {
    MINUTES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `GET /metrics`
pub(in crate::web) async fn get(
    State(allow): State<MetricsAllow>,
    State(callbacks): State<Callbacks>,
    client: Client,
) -> Result<Response, Problem> {
    let listed = allow.0.iter().any(|network| network.contains(&client.address));
    if !client.is_certain || !(client.address.is_loopback() || listed) {
        let detail = "metrics answer this machine and the networks in POLSBAND_METRICS_ALLOW";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not-allowed", detail));
    }
    let mut text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    match callbacks.measured().await {
        Ok(ages) => text.push_str(&ages),
        // The rest is worth most when the database is not well.
        Err(error) => tracing::warn!(%error, "the age of the last callbacks can't be measured"),
    }
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}
