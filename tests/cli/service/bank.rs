//! The bank: a running `polsband sandbox`, or the demo's.

use super::harness::Program;
use super::http::Http;
use crate::desk::{Codes, Desk, PROFILE};
use reqwest::Method;
use serde_json::{Value, json};

/// Clones speak to the same one.
#[derive(Clone)]
pub(super) struct Bank {
    http: Http,
    /// Without a slash at the end.
    pub(super) url: String,
}

/// A payment as the bank knows it.
#[derive(Debug)]
pub(super) struct Paid {
    pub(super) payment_id: String,
    /// What the callback was answered with, where one was sent at once and answered.
    pub(super) callback_status: Option<u64>,
}

/// A callback as it is sent.
pub(super) struct Signed {
    pub(super) signature: String,
    pub(super) body: String,
}

impl Bank {
    /// Starts one that keeps nothing.
    pub(super) fn start(desk: &Desk, http: &Http) -> (Program, Bank) {
        let mut program = Program::start(desk.command(&["sandbox", "--listen", "127.0.0.1:0", "--json"]));
        let url = program.prints()["sandbox_url"].as_str().unwrap().to_owned();
        (program, Bank::at(url, http))
    }

    pub(super) fn at(url: String, http: &Http) -> Bank {
        Bank { http: http.clone(), url }
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let answer = self.http.try_call(method, &format!("{}{path}", self.url), None, body).await;
        answer.expect("the bank answers").of_status(200)
    }

    /// The festival's profile, whose callbacks go to the service at this address.
    pub(super) async fn registers(&self, api_key: &str, service: &str) {
        let callback_url = format!("{service}/callbacks/bancontact/summer");
        let profile = json!({"profile_id": PROFILE, "callback_url": callback_url, "api_key": api_key});
        self.call(Method::POST, "/sandbox/profiles", Some(&profile)).await;
    }

    /// A bank app scans the top-up code of a wristband and pays.
    pub(super) async fn pays(&self, band: &Codes, cents: i64, callback: &str) -> Paid {
        let body = json!({"payload": band.qr_text, "amount_cents": cents, "callback": callback});
        let paid = self.call(Method::POST, "/sandbox/pay", Some(&body)).await;
        Paid {
            payment_id: paid["payment_id"].as_str().unwrap().to_owned(),
            callback_status: paid["callback_status"].as_u64(),
        }
    }

    /// The newest payments.
    pub(super) async fn payments(&self) -> Vec<Value> {
        let shown = self.call(Method::GET, "/sandbox/payments?limit=200", None).await;
        shown["payments"].as_array().unwrap().clone()
    }

    /// Pays, and keeps the callback for the test to send.
    pub(super) async fn signs(&self, band: &Codes, cents: i64) -> Signed {
        let paid = self.pays(band, cents, "drop").await;
        let payments = self.payments().await;
        let payment = payments.iter().find(|payment| payment["payment_id"] == paid.payment_id.as_str());
        let callback = &payment.expect("a payment just made")["callbacks"][0];
        Signed {
            signature: callback["headers"]["signature"].as_str().unwrap().to_owned(),
            body: callback["body"].as_str().unwrap().to_owned(),
        }
    }
}
