//! Reading what clients send: bounded, in time, strict, with refusals that name the field.

use super::problem::Problem;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Largest body of an API call: a sale with its lines takes a hundredth.
pub(in crate::web) const API_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Largest body of many sales at once: 500 of them, each with 100 lines of 160 bytes. Who writes longer ones (60
/// characters outside ASCII in each name, say) sends fewer sales at once.
pub(in crate::web) const LONG_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a body may take to arrive. A megabyte on a poor mobile link takes five.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a long one may.
const LONG_BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// What is read and thrown away beyond the limit, so that a client that sends first and reads later sees the answer.
const DRAIN_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Reads a whole body of at most `bytes_max`.
pub(in crate::web) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    read_within(BODY_TIME_MAX, headers, body, bytes_max).await
}

async fn read_within(
    time_max: Duration,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body is larger than {bytes_max} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let waits_for_leave = headers.contains_key(header::EXPECT);
    if waits_for_leave && announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    match within(time_max, collect(body, bytes_max)).await? {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(too_large()),
        Err(error) => {
            let detail = format!("the body could not be read to its end: {error}");
            Err(Problem::new(StatusCode::BAD_REQUEST, "incomplete-body", detail))
        }
    }
}

/// Reads a form in time; how large it may be its route says.
pub(in crate::web) async fn form<T: DeserializeOwned>(
    request: Request,
) -> Result<Result<T, FormRejection>, Problem> {
    let read = within(BODY_TIME_MAX, Form::<T>::from_request(request, &())).await?;
    Ok(read.map(|Form(form)| form))
}

/// 408 when reading takes longer. A slow sender is no fault of ours: the log hears of it at `debug` only.
pub(in crate::web) async fn within<T>(
    time_max: Duration,
    reading: impl Future<Output = T>,
) -> Result<T, Problem> {
    tokio::time::timeout(time_max, reading).await.map_err(|_| {
        let seconds = time_max.as_secs();
        let detail = format!("nothing was done: what was sent did not arrive within {seconds} seconds");
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", detail)
    })
}

/// The bytes of a body; `None` when there are more than `bytes_max`.
async fn collect(body: Body, bytes_max: usize) -> Result<Option<Bytes>, axum::Error> {
    let mut chunks = body.into_data_stream();
    // Nearly every body is one chunk, which is handed on without a copy.
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    let mut total = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        total += chunk.len();
        if total > bytes_max + DRAIN_BYTES_MAX {
            return Ok(None);
        }
        match () {
            () if total > bytes_max => rest.clear(),
            () if first.is_empty() => first = chunk,
            () => {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&chunk);
            }
        }
    }
    Ok(match total {
        total if total > bytes_max => None,
        _ if rest.is_empty() => Some(first),
        _ => Some(Bytes::from(rest)),
    })
}

/// 415 unless the body says that it is JSON in UTF-8.
pub(in crate::web) fn check_json_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str);
    let is_json = matches!(given, Some(Ok(given)) if {
        let mut parts = given.split(';').map(str::trim);
        parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
            && parts.all(|parameter| match parameter.split_once('=') {
                Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                    value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
                }
                _ => true,
            })
    });
    if is_json {
        return Ok(());
    }
    let detail = "the body must be JSON and say so: Content-Type: application/json";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
}

/// A JSON object: read from a request strictly, written to an answer.
#[derive(Debug)]
pub(in crate::web) struct Json<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Problem> {
        let (head, body) = request.into_parts();
        check_json_type(&head.headers)?;
        let bytes = read(&head.headers, body, API_BODY_BYTES_MAX).await?;
        parse(&bytes).map(Json)
    }
}

/// A JSON object that may be long: many sales at once.
#[derive(Debug)]
pub(in crate::web) struct LongJson<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for LongJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<LongJson<T>, Problem> {
        let (head, body) = request.into_parts();
        check_json_type(&head.headers)?;
        let bytes = read_within(LONG_BODY_TIME_MAX, &head.headers, body, LONG_BODY_BYTES_MAX).await?;
        parse(&bytes).map(LongJson)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
            }
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// An optional JSON object: nothing at all is the default.
#[derive(Debug)]
pub(in crate::web) struct OptionalJson<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<OptionalJson<T>, Problem> {
        let (head, body) = request.into_parts();
        let bytes = read(&head.headers, body, API_BODY_BYTES_MAX).await?;
        if matches!(bytes.trim_ascii(), b"" | b"null") {
            return Ok(OptionalJson(T::default()));
        }
        check_json_type(&head.headers)?;
        parse(&bytes).map(OptionalJson)
    }
}

/// Reads one JSON object. Not JSON is 400, a field that is not what it should be 422 with its path.
pub(in crate::web) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    match serde_json::from_slice(bytes) {
        // A derived reader would take an array as well, its fields by position.
        Ok(value) if begins_an_object(bytes) => Ok(value),
        _ => Err(wrong_with::<T>(bytes)),
    }
}

/// Reads again what could not be read, this time keeping track of where.
fn wrong_with<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let not_json = |error: &serde_json::Error| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid-json", format!("the body is not JSON: {error}"))
    };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        return not_json(&error);
    }
    let unreadable = |detail: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", detail);
    if !begins_an_object(bytes) {
        return unreadable("the body must be a JSON object");
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        // A text that is not UTF-8 is noticed only by whoever reads it.
        Err(error) if !error.inner().is_data() => not_json(error.inner()),
        Err(error) => of_field(&error.path().to_string(), &error.inner().to_string()),
        Ok(_) => unreadable("the body can't be read"),
    }
}

fn begins_an_object(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// serde's sentence about a field, without the line and column, which nobody counts in a body.
fn of_field(path: &str, sentence: &str) -> Problem {
    let sentence = sentence.rsplit_once(" at line ").map_or(sentence, |(front, _)| front);
    match (path, named_in(sentence)) {
        (".", Some(field)) => Problem::invalid(&field, sentence),
        (".", None) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", sentence),
        (path, Some(field)) if !path.ends_with(&field) => {
            Problem::invalid(&format!("{path}.{field}"), sentence)
        }
        (path, _) => Problem::invalid(path, sentence),
    }
}

/// The field that serde's sentence is about when the path can't tell, because it is missing or unknown.
fn named_in(sentence: &str) -> Option<String> {
    let about = ["missing field `", "unknown field `", "duplicate field `"];
    let rest = about.iter().find_map(|front| sentence.strip_prefix(front))?;
    Some(rest.split('`').next()?.chars().take(64).collect())
}

/// The query of an address; unknown parameters are refused like unknown fields.
#[derive(Debug)]
pub(in crate::web) struct Query<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(query) => Ok(Query(query.0)),
            Err(rejection) => Err(wrong_query(&rejection)),
        }
    }
}

fn wrong_query(rejection: &QueryRejection) -> Problem {
    let text = rejection.body_text();
    let sentence = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, sentence)| sentence);
    match (named_in(sentence), sentence.split_once(": ")) {
        (Some(field), _) => Problem::invalid(&field, sentence),
        (None, Some((field, why))) if !field.contains(' ') => match named_in(why) {
            Some(field) => Problem::invalid(&field, why),
            None => Problem::invalid(field, why),
        },
        _ => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-request",
            format!("the query of the address: {sentence}"),
        ),
    }
}
