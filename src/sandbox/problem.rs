//! How the sandbox's own calls are read and refused: strict JSON in, `application/problem+json` out.

use crate::sandbox::SandboxError;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Largest body any call takes, in bytes. A payment has well under one KiB.
pub(in crate::sandbox) const BODY_BYTES_MAX: usize = 16 * 1024;

/// A refusal: a stable name for programs and a sentence for people.
pub(in crate::sandbox) struct Problem {
    pub(in crate::sandbox) status: StatusCode,
    pub(in crate::sandbox) name: &'static str,
    pub(in crate::sandbox) detail: String,
}

impl Problem {
    pub(in crate::sandbox) fn new(
        status: StatusCode,
        name: &'static str,
        detail: impl Into<String>,
    ) -> Problem {
        Problem { status, name, detail: detail.into() }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Problem {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                format!("the body has more than {BODY_BYTES_MAX} bytes"),
            ),
            status => Problem::new(status, "unreadable-body", "the body could not be read to its end"),
        }
    }
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Problem {
        let (status, name) = match &error {
            SandboxError::BadProfile(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-profile"),
            SandboxError::BadPayment(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-payment"),
            SandboxError::BadFault(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fault"),
            SandboxError::UnknownProfile(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unknown-profile"),
            SandboxError::UnknownPayment(_) => (StatusCode::NOT_FOUND, "unknown-payment"),
            SandboxError::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "too-many-callbacks-waiting"),
            SandboxError::Data { .. }
            | SandboxError::InUse { .. }
            | SandboxError::Damaged { .. }
            | SandboxError::Client(_) => {
                tracing::error!(%error, "the sandbox failed");
                let detail = "the sandbox failed; its log says why";
                return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
            }
        };
        Problem::new(status, name, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": format!("urn:polsband:problem:{}", self.name),
            "title": self.status.canonical_reason().unwrap_or("Refused"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}

/// Reads a body as one JSON object, whatever content type it was sent with (`curl -d` says form).
pub(in crate::sandbox) fn read_json<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let body = body?;
    let wrong = |status, detail: String| Problem::new(status, "invalid-json", detail);
    let json: &RawValue = serde_json::from_slice(&body)
        .map_err(|error| wrong(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")))?;
    // A derived reader would take an array as well, its fields by position.
    if !json.get().starts_with('{') {
        return Err(wrong(StatusCode::UNPROCESSABLE_ENTITY, "the body must be a JSON object".to_owned()));
    }
    serde_json::from_str(json.get())
        .map_err(|error| wrong(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}
