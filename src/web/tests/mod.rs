//! Tests through the front door: requests to the router, on both engines, with the sandbox as the bank.

mod bars;
mod batch_lives;
mod callbacks;
mod chargebacks;
mod charges;
mod console;
mod crowds;
mod description;
mod edges;
mod festivals;
mod full_wallets;
mod lost_media;
mod money;
mod one_key;
mod order_pages;
mod own_codes;
mod own_freezes;
mod paused_accounts;
mod printing;
mod providers;
mod refunds;
mod renewed_keys;
mod serving;
mod silent_providers;
mod terminals;
mod top_ups;
mod visitors;

use super::client::Peer;
use super::{App, Setup, Surface, router};
use crate::audit_log::{self, Actor};
use crate::db::Store;
use crate::ids::TokenId;
use crate::operators::{self, Email, Role};
use crate::payments::reconcile::{Patience, Reconciler};
use crate::payments::test_festival::{Festival, PROFILE};
use crate::providers::ServiceUrl;
use crate::sandbox::{CallbackMode, FaultsChange, NewProfile, PayRequest, Status};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tower::ServiceExt;

const PUBLIC_URL: &str = "http://127.0.0.1:8080";

/// A festival with its service.
struct House {
    festival: Festival,
    app: App,
    router: Router,
}

impl House {
    async fn open(store: Store, bands: i64) -> House {
        House::open_with(store, bands, true).await
    }

    async fn open_with(store: Store, bands: i64, with_api_key: bool) -> House {
        let festival = Festival::open(store, bands, with_api_key).await;
        festival
            .bank
            .register_profile(NewProfile {
                profile_id: PROFILE.to_owned(),
                callback_url: format!("{PUBLIC_URL}/callbacks/bancontact/pukkelfest"),
                api_key: None,
                merchant_name: None,
            })
            .unwrap();
        // Callbacks are taken from the sandbox by hand: nothing listens at the public address.
        festival.faults(FaultsChange { hold_callbacks: Some(true), ..FaultsChange::default() });
        let app = House::app_of(&festival);
        let router = router(app.clone(), Surface::ALL);
        House { festival, app, router }
    }

    /// A process that serves this festival.
    fn app_of(festival: &Festival) -> App {
        let Festival { store, keys, lane, clock, adapters, .. } = festival;
        let impatient = Patience { first_wait: Duration::from_millis(1), ..Patience::default() };
        let reconciler =
            Reconciler::new(store.clone(), keys.clone(), lane.clone(), adapters.clone(), clock.clone())
                .with_patience(impatient);
        App::new(Setup {
            store: store.clone(),
            keys: keys.clone(),
            lane: lane.clone(),
            clock: clock.clone(),
            adapters: adapters.clone(),
            reconciler,
            public_url: ServiceUrl::parse(PUBLIC_URL).unwrap(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            metrics_allow: vec!["192.0.2.0/24".parse().unwrap()],
        })
    }

    /// Whoever calls without any proof, from a street address.
    fn anonymous(&self) -> Anonymous<'_> {
        self.anonymous_at("203.0.113.7:5000")
    }

    fn anonymous_at(&self, peer: &str) -> Anonymous<'_> {
        Anonymous { router: &self.router, peer: peer.parse().unwrap() }
    }

    /// A person of this role, with an API token.
    async fn office(&self, role: Role) -> Office<'_> {
        let email: Email = format!("{role}-{}@fest.example", uuid::Uuid::now_v7()).parse().unwrap();
        let (store, now, actor) = (&self.festival.store, self.festival.clock.now(), Actor::System("test"));
        operators::add(store, &actor, now, &email, role).await.unwrap();
        let name = "a program".parse().unwrap();
        let token = operators::token(store, &actor, now, TokenId::new(), &email, &name).await.unwrap();
        Office { anyone: self.anonymous(), token: token.token.reveal().to_owned() }
    }

    /// An enrolled device at a bar of its own.
    async fn bar(&self, name: &str) -> Bar<'_> {
        let office = self.office(Role::Organiser).await;
        office.posts("/api/v1/events/pukkelfest/points-of-sale", json!({ "name": name })).await.is(201);
        let body = json!({ "point_of_sale": name });
        let added = office.posts("/api/v1/events/pukkelfest/terminals", body).await.is(201);
        self.enrolled(added["code"].as_str().unwrap()).await
    }

    async fn enrolled(&self, code: &str) -> Bar<'_> {
        let body = json!({ "code": code, "device_name": "till" });
        let enrolled = self.anonymous().posts("/api/v1/terminals/enrol", body).await.is(201);
        Bar {
            anyone: self.anonymous(),
            token: enrolled["token"].as_str().unwrap().to_owned(),
            id: enrolled["terminal_id"].as_str().unwrap().to_owned(),
        }
    }

    /// The code that spends from a wristband.
    fn pay_code(&self, band: usize) -> &str {
        self.festival.bands[band].pay_code.reveal()
    }

    fn reference(&self, band: usize) -> &str {
        self.festival.bands[band].reference.as_str()
    }

    /// Tops a wristband up, callback and all.
    async fn tops_up(&self, band: usize, cents: i64) {
        let code = &self.festival.bands[band].qr_text;
        let callback = self.paid(code, cents, CallbackMode::Deliver, Status::Succeeded).await;
        self.anonymous().calls_back("pukkelfest", &callback).await.is(200);
    }

    /// What the audit log says, the newest first: who, what, to what, why.
    async fn audit_log(&self) -> Vec<(String, String, String, Option<String>)> {
        let mut session = self.festival.store.read().await.unwrap();
        let entries = audit_log::store::page(&mut session, None, None, 200).await.unwrap();
        entries.into_iter().map(|entry| (entry.actor, entry.action, entry.subject, entry.reason)).collect()
    }

    /// Somebody pays a code; the callback as the bank would have sent it.
    async fn paid(&self, payload: &str, cents: i64, callback: CallbackMode, outcome: Status) -> Callback {
        let request = PayRequest {
            payload: payload.to_owned(),
            amount_cents: Some(cents),
            outcome,
            callback,
            description: None,
            debtor: None,
        };
        let paid = self.festival.bank.pay(request).await.unwrap();
        let request = Request::get("/sandbox/payments?limit=1").body(Body::empty()).unwrap();
        let response = self.festival.bank.router().oneshot(request).await.unwrap();
        let shown = Answer::of(response).await.body["payments"][0].clone();
        assert_eq!(shown["payment_id"], paid.payment_id);
        let sent = &shown["callbacks"][0];
        Callback {
            signature: sent["headers"]["signature"].as_str().unwrap_or_default().to_owned(),
            body: sent["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// A callback for 20 euros onto the first wristband.
    async fn paid_20_euros(&self) -> Callback {
        let code = &self.festival.bands[0].qr_text;
        self.paid(code, 2_000, CallbackMode::Deliver, Status::Succeeded).await
    }

    async fn balance(&self) -> i64 {
        self.festival.balance(&self.festival.bands[0].reference).await
    }
}

/// A callback as it is sent.
#[derive(Clone)]
struct Callback {
    signature: String,
    body: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// The JSON body, or its text where it is none.
    body: Value,
    bytes: Bytes,
}

impl Answer {
    async fn of(response: axum::response::Response) -> Answer {
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Answer { status: head.status, headers: head.headers, body, bytes }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a success of this status and hands its body on.
    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// Asserts a problem of this status and name, in the shape all problems have, and hands its body on.
    #[track_caller]
    fn refused(self, status: u16, name: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["type"], format!("urn:polsband:problem:{name}"), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
        assert_eq!(self.header("x-request-id").len(), 36);
        self.body
    }

    /// Asserts a page of this status, in the shape all pages have, and hands its text on.
    #[track_caller]
    fn page(self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(self.header("content-type").starts_with("text/html"));
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(
            (self.header("cache-control"), self.header("referrer-policy")),
            ("no-store", "no-referrer")
        );
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        // Amounts are kept whole on a line: here they are read as they are written elsewhere.
        let text = self.body.as_str().unwrap();
        assert!(!text.contains("€ "), "{text}");
        assert!(!text.contains("{%") && !text.contains("{{"), "what makes pages stands in none: {text}");
        let text = text.replace("€\u{a0}", "€ ");
        // Modules of our own from files of our own, or what stands in for one, and nothing in the page itself.
        let scripts = text.matches("<script").count();
        let ours = ["type=\"module\"", "nomodule defer"]
            .map(|kind| text.matches(&format!("<script {kind} src=\"/assets/")).count());
        assert_eq!(scripts, ours.iter().sum::<usize>(), "{text}");
        assert!(!text.contains("style="), "{text}");
        assert_eq!(scripts > 0, policy.contains("script-src 'self'"), "{policy}");
        text
    }
}

/// An operator's program.
struct Office<'h> {
    anyone: Anonymous<'h>,
    token: String,
}

impl Office<'_> {
    async fn sends(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.anyone.sends(method, path, &headers, body).await
    }

    async fn gets(&self, path: &str) -> Answer {
        self.sends(Method::GET, path, Body::empty()).await
    }

    async fn posts(&self, path: &str, body: Value) -> Answer {
        self.sends(Method::POST, path, body.to_string()).await
    }
}

/// An enrolled device.
struct Bar<'h> {
    anyone: Anonymous<'h>,
    token: String,
    id: String,
}

impl Bar<'_> {
    async fn sends(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.anyone.sends(method, path, &headers, body).await
    }

    async fn gets(&self, path: &str) -> Answer {
        self.sends(Method::GET, path, Body::empty()).await
    }

    async fn posts(&self, path: &str, body: Value) -> Answer {
        self.sends(Method::POST, path, body.to_string()).await
    }

    async fn looks_up(&self, code: &str) -> Answer {
        self.posts("/api/v1/media/lookup", json!({ "code": code })).await
    }

    /// A sale under a new id.
    async fn charges(&self, code: &str, cents: i64) -> Answer {
        self.posts("/api/v1/charges", sale(code, cents)).await
    }
}

/// A sale under a new id, as a terminal sends it.
fn sale(code: &str, cents: i64) -> Value {
    json!({ "id": uuid::Uuid::now_v7(), "code": code, "amount_cents": cents })
}

/// Whoever calls without a proof.
#[derive(Clone, Copy)]
struct Anonymous<'h> {
    router: &'h Router,
    peer: SocketAddr,
}

impl Anonymous<'_> {
    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(Peer(self.peer));
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn sends(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn gets(&self, path: &str) -> Answer {
        self.sends(Method::GET, path, &[], Body::empty()).await
    }

    async fn posts(&self, path: &str, body: Value) -> Answer {
        let headers = [(header::CONTENT_TYPE.as_str(), "application/json")];
        self.sends(Method::POST, path, &headers, body.to_string()).await
    }

    /// Delivers a callback to an event, as the provider does.
    async fn calls_back(&self, event: &str, callback: &Callback) -> Answer {
        let headers = [("content-type", "application/json"), ("signature", callback.signature.as_str())];
        let path = format!("/callbacks/bancontact/{event}");
        self.sends(Method::POST, &path, &headers, callback.body.clone()).await
    }
}
