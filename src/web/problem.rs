//! How anything is refused: `application/problem+json` with a stable name for programs and a sentence for people.
//!
//! What went wrong inside never travels: [`Problem::internal`] and [`Problem::unavailable`] write the cause to the
//! log, where the request's id stands beside it, and tell the client that id and nothing else.

use super::seldom::Seldom;
use crate::db;
use crate::ledger::LaneError;
use crate::plural::counted;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// Seconds after which it is worth asking again when the service itself is the reason.
const RETRY_AFTER_SECONDS: u64 = 1;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal.
#[derive(Debug)]
pub(in crate::web) struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    name: &'static str,
    detail: String,
    fields: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A refusal called `name`; `detail` says what was wrong and what would be right.
    pub(in crate::web) fn new(status: StatusCode, name: &'static str, detail: impl Into<String>) -> Problem {
        let (fields, headers) = (Map::new(), Vec::new());
        Problem(Box::new(Inner { status, name, detail: detail.into(), fields, headers }))
    }

    /// Adds a field that programs read.
    pub(in crate::web) fn with(mut self, field: &str, value: impl Serialize) -> Problem {
        self.0.fields.insert(field.to_owned(), json!(value));
        self
    }

    /// Adds a header.
    pub(in crate::web) fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.push((name, value));
        self
    }

    /// Says when it is worth asking again, in the header and in the body.
    pub(in crate::web) fn retry_after(self, seconds: u64) -> Problem {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds)).with("retry_after_seconds", seconds)
    }

    /// 422: the body, the query or a field of it is not what it should be.
    pub(in crate::web) fn invalid(field: &str, why: impl Display) -> Problem {
        let name = if is_amount(field) { "invalid-amount" } else { "invalid-request" };
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, name, format!("{field}: {why}")).with("field", field)
    }

    /// 404 for a path that leads nowhere.
    pub(in crate::web) fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this address")
    }

    /// 500. The cause goes to the log, once.
    pub(in crate::web) fn internal(cause: impl Display) -> Problem {
        tracing::error!(%cause, "a request failed");
        let detail = "something went wrong here; the log has the cause under this answer's x-request-id";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 503. The cause goes to the log, once.
    pub(in crate::web) fn unavailable(cause: impl Display) -> Problem {
        tracing::warn!(%cause, "a request can't be answered now");
        Problem::come_again()
    }

    /// 503 because the database can't be used: everybody meets that, and the log hears of it seldom.
    fn out_of_reach(error: &db::Error) -> Problem {
        static MET: Seldom = Seldom::new();
        match MET.happens() {
            Some(requests) => tracing::warn!(%error, requests, "the database can't be read"),
            None => tracing::debug!(%error, "the database can't be read"),
        }
        Problem::come_again()
    }

    /// 503 for a cause that is in the log already.
    pub(in crate::web) fn come_again() -> Problem {
        let detail = "the service can't answer this now: try again in a moment";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(RETRY_AFTER_SECONDS)
    }

    /// 429.
    pub(in crate::web) fn too_many(wait_seconds: u64) -> Problem {
        let wait = counted(wait_seconds, "second");
        let detail = format!("too many requests from this address: try again in {wait}");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).retry_after(wait_seconds)
    }

    /// The value of a header it carries.
    pub(in crate::web) fn header_value(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.0.headers.iter().find_map(|(carried, value)| (carried == name).then_some(value))
    }

    /// What programs know it by.
    pub(in crate::web) fn name(&self) -> &'static str {
        self.0.name
    }

    /// The status, for the items of a batch.
    pub(in crate::web) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The body.
    pub(in crate::web) fn to_json(&self) -> Value {
        let Inner { status, name, detail, fields, .. } = &*self.0;
        let mut body = json!({
            "type": format!("urn:polsband:problem:{name}"),
            "title": title(name),
            "status": status.as_u16(),
            "detail": detail,
        });
        let object = body.as_object_mut().expect("written as an object above");
        object.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        body
    }
}

/// Amounts have a problem of their own: a till shows it differently from a mistake in its program.
fn is_amount(field: &str) -> bool {
    field.rsplit('.').next() == Some("amount_cents")
}

/// The name in words: `insufficient-funds` becomes `Insufficient funds`.
fn title(name: &str) -> String {
    let mut words = name.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.0.status, self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        for (name, value) in self.0.headers {
            headers.insert(name, value);
        }
        response
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Problem {
        match error {
            db::Error::Corrupt(_) => Problem::internal(error),
            _ if error.is_unavailable() => Problem::out_of_reach(&error),
            _ => Problem::unavailable(error),
        }
    }
}

impl From<LaneError> for Problem {
    fn from(error: LaneError) -> Problem {
        match error {
            LaneError::Full => {
                let detail = "too many requests are waiting: send the same one again in a second";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
                    .retry_after(RETRY_AFTER_SECONDS)
            }
            // The lane has written the cause to the log, once for all who wait.
            LaneError::Stopped | LaneError::Unavailable => Problem::come_again(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_itself_and_carries_its_fields() {
        let problem = Problem::new(StatusCode::PAYMENT_REQUIRED, "insufficient-funds", "4 euros are missing")
            .with("missing_cents", 400);
        assert_eq!(
            problem.to_json(),
            json!({
                "type": "urn:polsband:problem:insufficient-funds", "title": "Insufficient funds", "status": 402,
                "detail": "4 euros are missing", "missing_cents": 400,
            })
        );
    }

    #[test]
    fn an_amount_that_is_none_has_a_problem_of_its_own() {
        assert_eq!(Problem::invalid("charges[3].amount_cents", "1.5").0.name, "invalid-amount");
        assert_eq!(Problem::invalid("count", "none").0.name, "invalid-request");
    }

    #[test]
    fn what_went_wrong_inside_does_not_travel() {
        let problem = Problem::from(db::Error::Corrupt("a secret".to_owned()));
        assert!(!problem.to_json().to_string().contains("secret"));
    }
}
