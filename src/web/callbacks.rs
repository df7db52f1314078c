//! `POST /callbacks/{provider}/{event}`: what a provider pushes, checked and settled before it is answered.
//!
//! | answer | when |
//! |---|---|
//! | 200 | settled: the commit is durable, whatever it did with the money; in the provider's own words, `{}` or `OK` |
//! | 401 | a check failed; nothing is stored but a counter and a line in the log |
//! | 404, 413, 415 | no such event, or one that has nothing at this provider; more than 64 KiB; not JSON where the provider always sends JSON |
//! | 429 | more than 600 failed ones a minute from this address |
//! | 503 | the keys, the lane or the database can't be had now, or a genuine callback can't be read: come again |
//!
//! A closed event still takes callbacks: money that arrives goes to suspense. Signed callbacks meet no rate limit
//! but the lane's queue. A refused one may be a genuine one that was mangled on its way, so the payment it names is
//! asked for at the provider, a few times a minute. An unsigned GET, which MultiSafepay sends unless told otherwise,
//! is such a hint and nothing more.

use super::app::{App, Limits};
use super::body;
use super::client::Client;
use super::events_known::EventsKnown;
use super::in_path::InPath;
use super::last_callbacks::LastCallbacks;
use super::problem::Problem;
use super::setup::Setup;
use super::throttle::Throttle;
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Session};
use crate::events::Event;
use crate::ids::EventId;
use crate::ledger::LaneHandle;
use crate::payments::{Adapters, Settle, look_up};
use crate::providers::{
    Adapter, CALLBACK_BODY_BYTES_MAX, CallbackError, CallbackRequest, Check, PaymentId, PaymentReport,
    Provider, ProviderName, Verified,
};
use crate::secrets::KeyFile;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::task::TaskTracker;

/// Failed callbacks a minute from one address before it is told to slow down.
const FAILED_PER_MINUTE: u32 = 600;
/// Details calls a minute and event on the word of a refused callback.
const LOOK_UPS_PER_MINUTE: u32 = 10;

/// What receiving callbacks needs. Cheap to clone.
#[derive(Clone)]
pub(in crate::web) struct Callbacks(Arc<Inner>);

struct Inner {
    events: EventsKnown,
    adapters: Adapters,
    lane: LaneHandle,
    keys: Arc<KeyFile>,
    clock: Clock,
    limits: Limits,
    failed: Throttle,
    look_ups: Throttle,
    background: TaskTracker,
    last: LastCallbacks,
}

impl Callbacks {
    pub(in crate::web) fn new(
        setup: &Setup,
        events: EventsKnown,
        limits: Limits,
        background: TaskTracker,
    ) -> Callbacks {
        Callbacks(Arc::new(Inner {
            events,
            limits,
            adapters: setup.adapters.clone(),
            lane: setup.lane.clone(),
            keys: Arc::clone(&setup.keys),
            clock: setup.clock.clone(),
            failed: Throttle::per_minute(FAILED_PER_MINUTE, setup.clock.clone()),
            look_ups: Throttle::per_minute(LOOK_UPS_PER_MINUTE, setup.clock.clone()),
            background,
            last: LastCallbacks::new(setup.store.clone()),
        }))
    }

    /// The age of each provider's last callback for each open event, in Prometheus's text.
    pub(in crate::web) async fn measured(&self) -> Result<String, db::Error> {
        self.0.last.measured(self.0.clock.now()).await
    }

    /// Checks a callback and settles what it says.
    async fn receive(
        &self,
        client: &Client,
        (provider, slug): (ProviderName, &str),
        request: &CallbackRequest<'_>,
    ) -> Answer {
        let receiving = self.receiving(client, provider, slug).await?;
        let now = self.0.clock.now();
        match verify(&receiving, request, now).await {
            Ok(report) => self.settle(&receiving, report, now).await,
            Err(CallbackError::NotAPayment { what }) => {
                count(provider, "not-a-payment");
                tracing::debug!(event = slug, what, "a callback is not about a payment");
                Ok(receiving.thanks())
            }
            Err(error) => Err(self.refuse(client, &receiving, error)),
        }
    }

    /// Takes an unsigned notification for what it is: a reason to look.
    async fn hear(&self, client: &Client, (provider, slug): (ProviderName, &str), query: &str) -> Answer {
        let receiving = self.receiving(client, provider, slug).await?;
        let hint = receiving.adapters.iter().find_map(|adapter| adapter.hint(query));
        let Some(payment) = hint else {
            self.count_failed(client)?;
            return Err(Problem::new(StatusCode::NOT_FOUND, "not-found", "callbacks are sent with POST"));
        };
        count(provider, "hint");
        self.look_up_later(&receiving, payment);
        Ok(receiving.thanks())
    }

    /// The event a callback is for, with whom it is checked by.
    async fn receiving(
        &self,
        client: &Client,
        provider: ProviderName,
        slug: &str,
    ) -> Result<Receiving, Problem> {
        // Only those for events that were never heard of wait in the crowd.
        let turn = match self.0.events.heard_of(slug) {
            true => None,
            false => Some(self.0.limits.newcomers_turn().await?),
        };
        let found = self.0.events.by_slug(slug).await?;
        drop(turn);
        let Some(event) = found else {
            self.count_failed(client)?;
            let detail =
                "there is no such event here: compare the callback address with the one you were given";
            return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-event", detail));
        };
        let adapters = self.0.adapters.of(&event).await?;
        let adapters: Vec<Adapter> =
            adapters.iter().filter(|adapter| adapter.name() == provider).cloned().collect();
        if adapters.is_empty() {
            self.count_failed(client)?;
            let detail = format!("this event has nothing at {} to be called back for", provider.title());
            return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-provider", detail));
        }
        Ok(Receiving { event, provider, adapters })
    }

    async fn settle(&self, receiving: &Receiving, report: Verified<PaymentReport>, now: Timestamp) -> Answer {
        let (slug, provider) = (receiving.event.slug.as_str(), receiving.provider);
        let (started, payment) = (Instant::now(), report.get().payment_id.clone());
        let settled = self.0.lane.submit(Settle::new(&self.0.keys, receiving.event.id, report)).await;
        let outcome = settled.inspect_err(|_| count(provider, "not-settled"))?;
        count(provider, outcome.as_str());
        metrics::histogram!("polsband_settle_seconds", "provider" => provider.as_str())
            .record(started.elapsed().as_secs_f64());
        self.0.last.note((receiving.event.id, provider), now);
        tracing::debug!(event = slug, %payment, outcome = outcome.as_str(), "callback settled");
        Ok(receiving.thanks())
    }

    fn refuse(&self, client: &Client, receiving: &Receiving, error: CallbackError) -> Problem {
        let (event, provider) = (receiving.event.slug.as_str(), receiving.provider);
        match error {
            CallbackError::KeysUnavailable { retry_after, why } => {
                count(provider, "keys-unavailable");
                tracing::warn!(event, why, "a callback can't be checked");
                let detail = "the keys to check this callback with can't be had now: send it again";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "keys-unavailable", detail)
                    .retry_after(retry_after.as_secs().max(1))
            }
            CallbackError::NotAPayment { what } => Problem::internal(what),
            CallbackError::Unreadable { why } => {
                count(provider, "unreadable");
                tracing::error!(
                    event,
                    why,
                    "a genuine callback can't be read; the payment list will find it"
                );
                let detail = "this callback is genuine, but not a payment that can be read here";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unreadable-callback", detail).retry_after(60)
            }
            CallbackError::Refused { check, why, payment_id_hint } => {
                count(provider, "refused");
                let labels = [("provider", provider.as_str()), ("check", check.as_str())];
                metrics::counter!("polsband_callbacks_refused_total", &labels).increment(1);
                if let Err(too_many) = self.count_failed(client) {
                    return too_many;
                }
                let hint = payment_id_hint.as_ref().map_or("none", |payment| payment.0.as_str());
                tracing::warn!(event, check = check.as_str(), why, payment = hint, "callback refused");
                if let Some(payment) = payment_id_hint {
                    self.look_up_later(receiving, payment);
                }
                let detail = "the signature of this callback does not hold";
                Problem::new(StatusCode::UNAUTHORIZED, "bad-signature", detail).with("check", check.as_str())
            }
        }
    }

    /// When each provider's last genuine callback for an event came, to this process or another one.
    pub(in crate::web) async fn last(
        &self,
        session: &mut Session,
        event: EventId,
    ) -> Result<Vec<(ProviderName, Option<Timestamp>)>, db::Error> {
        self.0.last.of(session, event).await
    }

    fn count_failed(&self, client: &Client) -> Result<(), Problem> {
        self.0.failed.count(client.key()).inspect_err(|_| {
            metrics::counter!("polsband_throttled_total", "limit" => "failed-callbacks").increment(1);
        })
    }

    /// Asks the provider for a payment that a refused callback named, where the event has a key for that.
    fn look_up_later(&self, receiving: &Receiving, payment: PaymentId) {
        let Some(adapter) = receiving.adapters.iter().find(|adapter| adapter.capabilities().details) else {
            return;
        };
        if self.0.look_ups.count(receiving.event.slug.as_str()).is_err() {
            return;
        }
        let (inner, adapter, event) = (Arc::clone(&self.0), adapter.clone(), receiving.event.id);
        self.0.background.spawn(async move {
            let now = inner.clock.now();
            match look_up(&inner.lane, &inner.keys, &adapter, event, &payment, now).await {
                Ok(Some(outcome)) => {
                    let outcome = outcome.as_str();
                    tracing::info!(%payment, outcome, "looked up on the word of a refused callback");
                }
                Ok(None) => tracing::info!(%payment, "the provider knows no such payment"),
                Err(error) => tracing::warn!(%payment, %error, "a payment could not be looked up"),
            }
        });
    }
}

/// An event with whom its callbacks are checked by.
struct Receiving {
    event: Arc<Event>,
    provider: ProviderName,
    adapters: Vec<Adapter>,
}

impl Receiving {
    /// What this provider takes for a yes.
    fn thanks(&self) -> Response {
        let word = self.adapters.first().map_or("{}", |adapter| adapter.thanks());
        let kind = if word.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
        ([(header::CONTENT_TYPE, kind)], word).into_response()
    }
}

type Answer = Result<Response, Problem>;

fn count(provider: ProviderName, result: &'static str) {
    let labels = [("provider", provider.as_str()), ("result", result)];
    metrics::counter!("polsband_callbacks_total", &labels).increment(1);
}

/// Tries the event's profiles in turn; of several refusals the one that came furthest tells most.
async fn verify(
    receiving: &Receiving,
    request: &CallbackRequest<'_>,
    now: Timestamp,
) -> Result<Verified<PaymentReport>, CallbackError> {
    let nobody = "this event has no profile of this provider".to_owned();
    let mut worst = CallbackError::Refused { check: Check::Form, why: nobody, payment_id_hint: None };
    for adapter in &receiving.adapters {
        match adapter.verify_callback(request, now).await {
            Err(refused @ CallbackError::Refused { .. }) => worst = refused,
            other => return other,
        }
    }
    Err(worst)
}

/// The addresses of all providers.
pub(in crate::web) fn routes() -> Router<App> {
    ProviderName::ALL.into_iter().fold(Router::new(), |router, provider| {
        let address = format!("/callbacks/{}/{{event}}", provider.as_str());
        let pushed = post(
            async move |State(callbacks): State<Callbacks>,
                        client: Client,
                        InPath(slug): InPath<String>,
                        request| { pushed(callbacks, client, (provider, slug), request).await },
        );
        let heard = async move |State(callbacks): State<Callbacks>,
                                client: Client,
                                InPath(slug): InPath<String>,
                                uri: Uri| {
            callbacks.hear(&client, (provider, &slug), uri.query().unwrap_or_default()).await
        };
        router.route(&address, if provider.notifies_unsigned() { pushed.get(heard) } else { pushed })
    })
}

/// `POST /callbacks/{provider}/{event}`
async fn pushed(
    callbacks: Callbacks,
    client: Client,
    (provider, slug): (ProviderName, String),
    request: Request,
) -> Answer {
    let (head, body) = request.into_parts();
    // Where no type is documented: what is signed is the bytes.
    if provider.names_its_type() {
        body::check_json_type(&head.headers)?;
    }
    let body = body::read(&head.headers, body, CALLBACK_BODY_BYTES_MAX).await?;
    let query = head.uri.query().unwrap_or_default();
    let request = CallbackRequest { headers: &head.headers, query, body: &body };
    callbacks.receive(&client, (provider, &slug), &request).await
}
