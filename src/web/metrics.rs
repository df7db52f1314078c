//! What is measured, in one place, and `GET /metrics`, which answers loopback and configured networks only.

use super::app::MetricsAllow;
use super::callbacks::Callbacks;
use super::client::Client;
use super::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// From a tenth of a millisecond to half a minute.
const SECONDS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Up to the most a lane takes at once.
const REQUESTS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0];

/// Names ending in `_seconds` are histograms unless they are gauges. What is measured only when somebody asks stands in
/// `last_callbacks`.
const DESCRIPTIONS: [(Kind, &str, &str); 14] = [
    (Kind::Counter, "polsband_callbacks_total", "Callbacks, by result"),
    (Kind::Counter, "polsband_callbacks_refused_total", "Callbacks refused, by the check that failed"),
    (Kind::Histogram, "polsband_settle_seconds", "From a verified callback to its commit"),
    (Kind::Counter, "polsband_charges_total", "Charges, by result"),
    (Kind::Histogram, "polsband_lane_batch_requests", "Requests in one commit"),
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

/// Folds what was measured into its buckets; without it, and without anybody reading, measurements pile up.
pub(in crate::web) fn fold() {
    if let Some(recorder) = RECORDER.get() {
        recorder.run_upkeep();
    }
}

/// A part of the way of a payment or a sale, and how long it takes.
#[derive(Debug)]
pub(in crate::web) struct Stage {
    /// In words.
    pub(in crate::web) name: &'static str,
    /// 95 of 100 took no longer: `5 ms`.
    pub(in crate::web) within: &'static str,
    /// The slowest of them.
    pub(in crate::web) is_slowest: bool,
}

/// The parts: how their measurements are called, and a label that they bear.
const STAGES: [(&str, &str, &str); 5] = [
    ("From a verified callback to its commit", "polsband_settle_seconds_bucket", ""),
    ("A batch: reading, deciding, writing", "polsband_lane_batch_seconds_bucket", ""),
    ("Of that, writing and committing", "polsband_lane_commit_seconds_bucket", ""),
    ("A charge, from request to answer", "polsband_http_request_seconds_bucket", "route=\"/api/v1/charges\""),
    (
        "A look-up, from request to answer",
        "polsband_http_request_seconds_bucket",
        "route=\"/api/v1/media/lookup\"",
    ),
];

/// What the bounds of [`SECONDS`] are called: as measured, and in words.
const BOUNDS: [(&str, &str); 16] = [
    ("0.0001", "0.1 ms"),
    ("0.00025", "0.25 ms"),
    ("0.0005", "0.5 ms"),
    ("0.001", "1 ms"),
    ("0.0025", "2.5 ms"),
    ("0.005", "5 ms"),
    ("0.01", "10 ms"),
    ("0.025", "25 ms"),
    ("0.05", "50 ms"),
    ("0.1", "0.1 s"),
    ("0.25", "0.25 s"),
    ("0.5", "0.5 s"),
    ("1", "1 s"),
    ("5", "5 s"),
    ("30", "30 s"),
    ("+Inf", "more than 30 s"),
];

/// How long each part takes, of those that were measured.
pub(in crate::web) fn stages() -> Vec<Stage> {
    stages_in(&RECORDER.get().map(PrometheusHandle::render).unwrap_or_default())
}

fn stages_in(text: &str) -> Vec<Stage> {
    let mut found: Vec<(usize, Stage)> = Vec::new();
    for (name, metric, label) in STAGES {
        let mut counts = [0_u64; BOUNDS.len()];
        for line in text.lines().filter(|line| line.starts_with(metric) && line.contains(label)) {
            let Some((labels, count)) = line.rsplit_once(' ') else { continue };
            let bound = labels.split_once("le=\"").and_then(|(_, rest)| rest.split('"').next());
            let at = BOUNDS.iter().position(|(known, _)| Some(*known) == bound);
            if let Some((sum, count)) = at.zip(count.parse::<u64>().ok()).map(|(at, n)| (&mut counts[at], n))
            {
                *sum += count;
            }
        }
        let all = counts[BOUNDS.len() - 1];
        if let Some(at) = counts.iter().position(|count| all > 0 && count * 100 >= all * 95) {
            found.push((at, Stage { name, within: BOUNDS[at].1, is_slowest: false }));
        }
    }
    let most = found.iter().map(|(at, _)| *at).max().unwrap_or_default();
    // Where several are, none of them is the slowest.
    let mut slowest = found.iter_mut().filter(|(at, _)| *at == most);
    if let (Some((_, stage)), None) = (slowest.next(), slowest.next()) {
        stage.is_slowest = true;
    }
    found.into_iter().map(|(_, stage)| stage).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_part_it_is_known_within_what_time_95_of_100_are() {
        let text = "polsband_lane_batch_seconds_bucket{le=\"0.001\"} 94\n\
             polsband_lane_batch_seconds_bucket{le=\"0.0025\"} 96\n\
             polsband_lane_batch_seconds_bucket{le=\"+Inf\"} 100\n\
             polsband_http_request_seconds_bucket{route=\"/api/v1/charges\",status=\"2xx\",le=\"0.005\"} 9\n\
             polsband_http_request_seconds_bucket{route=\"/api/v1/charges\",status=\"4xx\",le=\"0.005\"} 1\n\
             polsband_http_request_seconds_bucket{route=\"/api/v1/charges\",status=\"2xx\",le=\"+Inf\"} 9\n\
             polsband_http_request_seconds_bucket{route=\"/api/v1/charges\",status=\"4xx\",le=\"+Inf\"} 1\n";
        let stages: Vec<_> = stages_in(text).iter().map(|s| (s.within, s.is_slowest)).collect();
        assert_eq!(stages, [("2.5 ms", false), ("5 ms", true)]);
        assert!(stages_in("").is_empty());
        let named = SECONDS.iter().zip(BOUNDS).all(|(bound, (known, _))| bound.to_string() == known);
        assert!(named, "bounds and their names go together");
    }
}
