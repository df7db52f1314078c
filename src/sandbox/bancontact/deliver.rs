//! Sending callbacks: the same bytes each time, again and again for a day when the answer asks for it.

use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::callback::{Attempt, Callback};
use crate::sandbox::bancontact::retry::after_answer;
use crate::sandbox::bancontact::state::Record;
use futures_util::future::join_all;
use reqwest::{Client, header, redirect};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const USER_AGENT: &str = "Bancontact Payments/v3";
pub(super) const CONTENT_TYPE: &str = "application/json";

/// How long the provider waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How much of an answer is kept to look at.
const ANSWER_BYTES_MAX: usize = 2048;

/// In which order held callbacks are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sandbox) enum ReleaseOrder {
    /// As they were made.
    #[default]
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

/// A client that talks to the callback's receiver only: no proxy, no redirects followed.
pub(super) fn http_client() -> Result<Client, reqwest::Error> {
    // Fails when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(ANSWER_WITHIN)
            .user_agent(USER_AGENT)
    };
    // A machine without root certificates can still be called back over plain http on loopback.
    builder().build().or_else(|_| builder().tls_certs_only([]).build())
}

impl Bancontact {
    /// Sends a claimed callback; answers the HTTP status of the last answer. Goes on when its caller goes away.
    pub(in crate::sandbox) async fn send(self: Arc<Self>, number: u64) -> Option<u16> {
        let sending = tokio::spawn(async move {
            let callback = self.state().queue.get(number).cloned()?;
            let mut attempts = Vec::new();
            for _ in 0..callback.copies {
                attempts.push(self.attempt(&callback).await);
            }
            let last = attempts.last().and_then(|attempt| attempt.status);
            let tries_before = callback.attempts.len() / usize::from(callback.copies.max(1));
            let began_at =
                callback.attempts.first().or(attempts.first()).map_or(callback.made_at, |first| first.at);
            let state = after_answer(last, tries_before, began_at, self.clock.now());
            if let Err(error) = self.state().record(Record::Outcome { number, attempts, state }) {
                tracing::error!(%error, "a callback's outcome could not be kept");
            }
            self.came.notify_one();
            last
        });
        sending.await.ok().flatten()
    }

    async fn attempt(&self, callback: &Callback) -> Attempt {
        let at = self.clock.now();
        let began = Instant::now();
        let (status, answer) = match self.post(callback).await {
            Ok((status, answer)) => (Some(status), answer),
            Err(error) => (None, explained(&error)),
        };
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(payment = callback.payment_id, ?status, took_ms, "callback sent");
        Attempt { at, status, answer, took_ms }
    }

    async fn post(&self, callback: &Callback) -> Result<(u16, String), reqwest::Error> {
        let request = self
            .http
            .post(&callback.url)
            .header("signature", &callback.signature)
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .body(callback.body.clone());
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let mut answer = Vec::new();
        while answer.len() < ANSWER_BYTES_MAX
            && let Some(chunk) = response.chunk().await?
        {
            answer.extend_from_slice(&chunk);
        }
        answer.truncate(ANSWER_BYTES_MAX);
        Ok((status, String::from_utf8_lossy(&answer).into_owned()))
    }

    /// Does what is due; answers how many callbacks were sent.
    pub(in crate::sandbox) async fn step(self: Arc<Self>) -> usize {
        let due = self.take_due(usize::MAX);
        join_all(due.into_iter().map(|number| Arc::clone(&self).send(number))).await.len()
    }

    /// Expires payments and takes up to `limit` due callbacks out of the queue, for the caller to send.
    pub(in crate::sandbox) fn take_due(&self, limit: usize) -> Vec<u64> {
        let now = self.clock.now();
        if let Err(error) = self.expire(now) {
            tracing::error!(%error, "payments could not be expired");
        }
        self.state().queue.claim_due(now, limit)
    }

    /// Sends all held callbacks one after the other; answers how many there were.
    pub(in crate::sandbox) async fn release(self: Arc<Self>, order: ReleaseOrder) -> usize {
        let mut numbers = self.state().queue.claim_held();
        if order == ReleaseOrder::NewestFirst {
            numbers.reverse();
        }
        let released = numbers.len();
        let sending = tokio::spawn(async move {
            for number in numbers {
                Arc::clone(&self).send(number).await;
            }
        });
        // Only a stopping program interrupts it, and then nobody waits for the answer.
        let _ = sending.await;
        released
    }
}

/// The error and what lies behind it, in one line, without the URL.
fn explained(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER_WITHIN.as_secs());
    }
    let mut text = String::from("no answer");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
