//! The provider's errors: `{code, message, traceId, spanId}`, or nothing at all from its edge.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rand::Rng;
use serde::Serialize;

/// A request that is not answered as asked.
pub(super) enum Refusal {
    /// From the edge: no body.
    Empty(StatusCode),
    /// 429 with `Retry-After`.
    TooManyRequests { retry_after_seconds: u32 },
    /// From the API.
    Error(StatusCode, Box<ErrorBody>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorBody {
    code: &'static str,
    message: String,
    trace_id: String,
    span_id: String,
}

impl Refusal {
    pub(super) fn error(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        random: &mut impl Rng,
    ) -> Refusal {
        let trace_id = format!("{:016x}{:016x}", random.next_u64(), random.next_u64());
        let span_id = format!("{:016x}", random.next_u64());
        Refusal::Error(status, Box::new(ErrorBody { code, message: message.into(), trace_id, span_id }))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Empty(status) => status.into_response(),
            Refusal::TooManyRequests { retry_after_seconds } => {
                let wait = [(header::RETRY_AFTER, retry_after_seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
            }
            Refusal::Error(status, body) => (status, Json(body)).into_response(),
        }
    }
}
