//! The one way out: an HTTP client with bounds on time and size.
//!
//! Redirects are not followed (a key must not travel to another host). Plain http goes to loopback only, past any
//! proxy; https trusts the platform's certificates and takes the proxy of the environment (`HTTPS_PROXY`).

use super::{CallError, ServiceUrl};
use crate::clock::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Response, redirect};
use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);

/// However long a provider asks us to wait, we ask again after an hour.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// How long a call may take, from connecting to the last byte.
#[derive(Clone, Copy, Debug)]
pub(in crate::providers) struct Patience {
    /// Details and list, which nobody waits for on the spot.
    pub(in crate::providers) call_max: Duration,
    /// The key set, for which a callback waits; the provider gives up after 15 s, in synchronous mode after 5 s.
    pub(in crate::providers) key_set_max: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { call_max: Duration::from_secs(15), key_set_max: Duration::from_secs(3) }
    }
}

#[derive(Clone, Debug)]
pub(in crate::providers) struct HttpClient {
    pub(in crate::providers) patience: Patience,
    secure: Result<Client, String>,
    loopback: Result<Client, String>,
}

/// One request.
pub(in crate::providers) struct Request<'a> {
    /// Decides between http and https; the address begins with it.
    pub(in crate::providers) service: &'a ServiceUrl,
    /// What follows the service's address: `/v3/payments/…`.
    pub(in crate::providers) path: &'a str,
    /// Who we are, and what else the provider wants beside the usual headers. Keys are marked sensitive.
    pub(in crate::providers) headers: Vec<(HeaderName, HeaderValue)>,
    /// A JSON body makes it a POST.
    pub(in crate::providers) json: Option<String>,
    pub(in crate::providers) time_max: Duration,
    pub(in crate::providers) answer_bytes_max: usize,
}

/// An answer, whatever its status.
pub(in crate::providers) struct Answer {
    pub(in crate::providers) status: u16,
    pub(in crate::providers) retry_after: Option<Duration>,
    pub(in crate::providers) body: Vec<u8>,
}

impl HttpClient {
    pub(in crate::providers) fn new(patience: Patience) -> HttpClient {
        // reqwest takes its cryptography from here. When somebody chose another before us, that one stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let secure = build(Client::builder().https_only(true));
        if let Err(why) = &secure {
            tracing::warn!(%why, "https calls to providers will fail");
        }
        HttpClient { patience, secure, loopback: build(Client::builder().no_proxy().tls_certs_only([])) }
    }

    /// Sends a request and reads its answer to the end. Fails only when there is no whole answer.
    pub(in crate::providers) async fn send(
        &self,
        request: Request<'_>,
        now: Timestamp,
    ) -> Result<Answer, CallError> {
        let client = if request.service.is_plain_http() { &self.loopback } else { &self.secure };
        let client = client.as_ref().map_err(|why| CallError::Refused { why: why.clone() })?;
        let address = format!("{}{}", request.service, request.path);
        let mut call = match request.json {
            Some(json) => client.post(address).header(CONTENT_TYPE, "application/json").body(json),
            None => client.get(address),
        };
        call = call.header(ACCEPT, "application/json").timeout(request.time_max);
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        let response = call.send().await.map_err(|e| no_response(request.service, &e))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), now);
        let body = read(response, request.service, request.answer_bytes_max).await?;
        Ok(Answer { status, retry_after, body })
    }
}

fn build(builder: ClientBuilder) -> Result<Client, String> {
    builder
        .user_agent(concat!("polsband/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIME_MAX)
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|e| format!("no HTTP client could be set up: {}", with_causes(&e)))
}

async fn read(mut response: Response, service: &ServiceUrl, bytes_max: usize) -> Result<Vec<u8>, CallError> {
    let too_large = || CallError::Invalid { why: format!("{service} answered more than {bytes_max} bytes") };
    if response.content_length().is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| no_answer(service, &e))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Where nobody could be connected to, nothing was sent.
fn no_response(service: &ServiceUrl, error: &reqwest::Error) -> CallError {
    match no_answer(service, error) {
        CallError::Retry { why, .. } if error.is_connect() => CallError::Unsent { why },
        error => error,
    }
}

fn no_answer(service: &ServiceUrl, error: &reqwest::Error) -> CallError {
    tracing::info!(error = %with_causes(error), "a provider did not answer");
    let why = if error.is_timeout() {
        format!("{service} did not answer in time")
    } else if error.is_connect() {
        format!("{service} can't be reached: {}", cause(error))
    } else {
        format!("{service} broke the connection off")
    };
    CallError::Retry { after: None, why }
}

/// Why nobody could be connected to, in words for people. The log has the rest.
fn cause(error: &(dyn Error + 'static)) -> &'static str {
    let is_refused = |cause: &(dyn Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
    };
    if successors(Some(error), |&cause| cause.source()).any(is_refused) {
        return "the connection is refused";
    }
    let causes = with_causes(error);
    if causes.contains("dns error") {
        "its name is not found"
    } else if causes.contains("certificate") {
        "its certificate is not trusted"
    } else {
        "there is no connection"
    }
}

/// The sentence of an error and of what caused it; reqwest alone says only "error sending request".
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let sentence = inner.to_string();
        if !text.ends_with(&sentence) {
            text = format!("{text}: {sentence}");
        }
        cause = inner.source();
    }
    text
}

/// Reads `Retry-After`, seconds or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Timestamp(at.as_microsecond()).since(now)
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<Duration> {
        let now: Timestamp = "2026-07-03T18:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers, now)
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_and_bounded() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Fri, 03 Jul 2026 18:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(after("Fri, 03 Jul 2026 17:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("999999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }
}
