//! An HTTP client like those of terminals and operators: keeps connections, follows nothing, trusts nobody.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap};
use reqwest::{Method, redirect};
use serde_json::Value;
use std::time::Duration;

/// Longer than any answer may take, so that a test ends even where none comes.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(40);

/// Clones share their connections.
#[derive(Clone)]
pub(super) struct Http(reqwest::Client);

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nobody took the connection, so that nothing was sent.
    NotSent,
    /// The connection broke before the whole answer was there. What became of the request is unknown.
    Broken,
}

impl Http {
    pub(super) fn new() -> Http {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(ANSWER_TIME_MAX)
            .build();
        Http(client.unwrap())
    }

    /// Gets a file as a browser with this cookie does.
    pub(super) async fn downloads(&self, url: &str, cookie: &str) -> Answer {
        answer(self.0.get(url).header(COOKIE, cookie)).await.expect("the service answers")
    }

    pub(super) async fn try_call(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Lost> {
        let mut request = self.0.request(method, url);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        answer(request).await
    }

    /// A request of another shape.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, Lost> {
        let request = self.0.request(method, url).body(body);
        answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, Lost> {
    let lost = |error: reqwest::Error| if error.is_connect() { Lost::NotSent } else { Lost::Broken };
    let response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, bytes: response.bytes().await.map_err(lost)?.to_vec() })
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.status, self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body of an answer of this status.
    #[track_caller]
    pub(super) fn of_status(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The name of a problem of this status.
    #[track_caller]
    pub(super) fn problem(self, status: u16) -> String {
        let problem = self.of_status(status);
        let name = problem["type"].as_str().and_then(|name| name.strip_prefix("urn:polsband:problem:"));
        name.unwrap_or_else(|| panic!("not a problem: {problem}")).to_owned()
    }
}
