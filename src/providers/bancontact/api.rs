//! What details and list share: the key, the bounds, and what each kind of refusal means.

use super::Settings;
use crate::clock::Timestamp;
use crate::providers::http::{Answer, HttpClient, Request};
use crate::providers::{ApiKey, CallError, ServiceUrl};
use reqwest::header::AUTHORIZATION;
use serde_json::Value;

/// Sends an authenticated call. Any answer comes back, whatever its status.
pub(super) async fn call(
    settings: &Settings,
    http: &HttpClient,
    path: &str,
    json: Option<String>,
    answer_bytes_max: usize,
    now: Timestamp,
) -> Result<Answer, CallError> {
    let key: &ApiKey = settings.api_key.as_ref().ok_or_else(|| CallError::Refused {
        why: format!(
            "profile {} has no API key; payments can be looked up and listed once one is set",
            settings.profile
        ),
    })?;
    let request = Request {
        service: &settings.endpoints.api,
        path,
        headers: vec![(AUTHORIZATION, key.bearer())],
        json,
        time_max: http.patience.call_max,
        answer_bytes_max,
    };
    http.send(request, now).await
}

/// Whether an answer says that the key is none of theirs.
pub(super) fn is_key_refused(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403)
}

/// What an answer other than 200 means.
pub(super) fn refusal(answer: &Answer, api: &ServiceUrl) -> CallError {
    let status = answer.status;
    let said = said(answer);
    match status {
        408 | 429 | 500..=599 => {
            CallError::Retry { after: answer.retry_after, why: format!("{api} answered {status}{said}") }
        }
        _ if is_key_refused(answer) => CallError::Refused {
            why: format!(
                "{api} does not take the API key (it answered {status}{said}). A key belongs to one profile and one \
                 environment. The old hosts under payconiq.com refuse good keys too: production is \
                 https://merchant.api.bancontact.net"
            ),
        },
        400..=499 => {
            CallError::Refused { why: format!("{api} refused the call (it answered {status}{said})") }
        }
        300..=399 => CallError::Invalid {
            why: format!("{api} answered {status}, a redirect; a key is not carried to another address"),
        },
        _ => CallError::Invalid { why: format!("{api} answered {status}{said}, where 200 was expected") },
    }
}

/// The error code of an answer, when it has one. There are two shapes, with and without trace ids, and the edge
/// answers with no body at all.
pub(super) fn error_code(answer: &Answer) -> Option<String> {
    field(answer, "code", 64)
}

fn said(answer: &Answer) -> String {
    let parts = [
        error_code(answer),
        field(answer, "message", 200),
        field(answer, "traceId", 64).map(|id| format!("trace {id}")),
    ];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

fn field(answer: &Answer, name: &str, chars_max: usize) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let text = body.get(name)?.as_str()?;
    Some(text.chars().filter(|c| !c.is_control()).take(chars_max).collect())
}
