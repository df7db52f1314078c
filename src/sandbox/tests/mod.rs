//! Tests through the front door: requests to the sandbox's router, callbacks to a receiver of our own on loopback.

mod api;
mod callbacks;
mod control;
mod orders;
mod page;
mod restart;

use crate::clock::{Clock, Timestamp};
use crate::sandbox::{FaultsChange, NewProfile, Options, Sandbox, SandboxError};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use axum::{Router, routing};
use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tower::ServiceExt;

const PROFILE: &str = "5c18cbd1296e9a26d3278518";
const KEY: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const BASE: &str = "http://127.0.0.1:8081";

/// A printed code of the test profile: open amount, a description and a reference.
const CODE: &str =
    "https://pay.bancontact.net/t/1/5c18cbd1296e9a26d3278518?D=Polsband%20K7QM3XR9&R=0123456789ABCDE";

fn festival_evening() -> Timestamp {
    "2026-07-03T18:00:00Z".parse().unwrap()
}

/// Whoever gets the callbacks: keeps each as it came and answers what it was told to, 200 at the end.
#[derive(Clone, Default)]
struct Receiver {
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn start() -> (Receiver, String) {
        let receiver = Receiver::default();
        let router = Router::new().route("/callbacks", routing::any(receive)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callbacks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answers(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    fn came(&self) -> Vec<(HeaderMap, Bytes)> {
        self.came.lock().unwrap().clone()
    }

    fn bodies(&self) -> Vec<Value> {
        self.came().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.came.lock().unwrap().push((headers, body));
    let next = receiver.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(next.unwrap_or(200)).unwrap()
}

/// A sandbox with one profile, a clock moved by hand, and a receiver.
struct Bank {
    sandbox: Sandbox,
    clock: Clock,
    receiver: Receiver,
    callback_url: String,
}

impl Bank {
    async fn start() -> Bank {
        Bank::start_in(None).await
    }

    async fn start_in(data: Option<&Path>) -> Bank {
        let (receiver, callback_url) = Receiver::start().await;
        let clock = Clock::manual(festival_evening());
        let sandbox = open(data, &clock);
        let profile = NewProfile {
            profile_id: PROFILE.to_owned(),
            callback_url: callback_url.clone(),
            api_key: Some(KEY.to_owned()),
            merchant_name: Some("Pukkelfest".to_owned()),
        };
        assert_eq!(sandbox.register_profile(profile).unwrap(), KEY);
        Bank { sandbox, clock, receiver, callback_url }
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.sandbox.router().oneshot(request).await.unwrap()
    }

    async fn json(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.send(request.body(body).unwrap()).await;
        let status = response.status();
        (status, serde_json::from_slice(&text(response).await.into_bytes()).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.json("POST", path, None, Some(body)).await
    }

    async fn pays(&self, more: Value) -> Value {
        let mut body = json!({ "payload": CODE, "amount_cents": 2000 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = self.post("/sandbox/pay", body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// Pays and answers the payment's id.
    async fn paid(&self, more: Value) -> String {
        self.pays(more).await["payment_id"].as_str().unwrap().to_owned()
    }

    async fn details(&self, id: &str) -> (StatusCode, Value) {
        self.json("GET", &format!("/v3/payments/{id}"), Some(KEY), None).await
    }

    async fn search(&self, query: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.json("POST", &format!("/v3/payments/search{query}"), Some(KEY), body).await
    }

    async fn key_set(&self) -> Value {
        self.json("GET", "/jwks", None, None).await.1
    }

    fn faults(&self, change: Value) {
        let change: FaultsChange = serde_json::from_value(change).unwrap();
        self.sandbox.change_faults(change).unwrap();
    }
}

/// A program that another test starts holds every file that is open here, with its lock, until it has become itself.
const BECOMING: Duration = Duration::from_secs(5);

fn open(data: Option<&Path>, clock: &Clock) -> Sandbox {
    let begun = Instant::now();
    loop {
        let options = Options {
            data: data.map(Path::to_owned),
            clock: clock.clone(),
            base_url: BASE.to_owned(),
            seed: Some(7),
        };
        match Sandbox::open(options) {
            Err(SandboxError::InUse { .. }) if begun.elapsed() < BECOMING => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.unwrap(),
        }
    }
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    let details = page["details"].as_array().unwrap();
    details.iter().map(|one| one["paymentId"].as_str().unwrap().to_owned()).collect()
}

/// A callback's JOSE header, if its signature verifies over the raw body with the key it names.
fn verified(key_set: &Value, headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let (header, signature) = headers["signature"].to_str().unwrap().split_once("..").unwrap();
    let jose: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap();
    let key = key_set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == jose["kid"])?;
    let coordinate = |name: &str| BASE64URL_NOPAD.decode(key[name].as_str().unwrap().as_bytes()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let input = format!("{header}.{}", BASE64URL_NOPAD.encode(body));
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    assert_eq!(signature.len(), 64);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input.as_bytes(), &signature).ok()?;
    Some(jose)
}
