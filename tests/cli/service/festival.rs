//! A festival that is open: its bank, wristbands, terminals at two bars, an operator; and a server for them.

use super::bank::{Bank, Signed};
use super::harness::{Program, Server};
use super::http::{Answer, Http, Lost};
use crate::desk::{Codes, Desk, PROFILE};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

const API_KEY: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const BARS: [&str; 2] = ["Main bar", "Fries"];

pub(super) struct Festival<'d> {
    pub(super) desk: &'d Desk,
    /// Where the first server is, and what all of them are called to the outside.
    pub(super) url: String,
    pub(super) bank: Bank,
    pub(super) bands: Arc<Vec<Codes>>,
    pub(super) operator: Caller,
    pub(super) terminals: Vec<Caller>,
    http: Http,
    // Lives as long as the festival.
    _bank: Program,
}

/// Somebody with a token, who speaks to one server. Clones share their connections.
#[derive(Clone)]
pub(super) struct Caller {
    http: Http,
    url: String,
    token: String,
}

impl<'d> Festival<'d> {
    /// Opens it with so many wristbands, empty ones, and terminals (ten at most: that is what enrolment lets through
    /// in a minute).
    pub(super) async fn open(desk: &'d Desk, bands: u32, terminals: usize) -> (Festival<'d>, Server) {
        let http = Http::new();
        let (program, bank) = Bank::start(desk, &http);
        std::fs::write(desk.path("api.key"), API_KEY).unwrap();
        let key_set_url = format!("{}/jwks", bank.url);
        let create = ["event", "create", "summer", "--name", "Summer Festival", "--profile-id", PROFILE];
        let provider = ["--api-url", &bank.url, "--key-set-url", &key_set_url, "--api-key-file", "api.key"];
        desk.does(&[&create[..], &provider].concat());
        for bar in BARS {
            desk.does(&["point-of-sale", "add", "summer", bar, "--vendor", bar]);
        }
        let bands = Arc::new(desk.codes(&desk.issues(bands)));
        desk.does(&["operator", "add", "anna@festival.example", "--role", "admin"]);
        let token = desk.does(&["operator", "token", "anna@festival.example"]);
        // The bank knows the key before the server uses it, and the address once there is one.
        bank.registers(API_KEY, "http://127.0.0.1:9").await;
        let mut server = Server::start(desk);
        compares_at_start(&mut server);
        bank.registers(API_KEY, &server.url).await;
        let operator = Caller { http: http.clone(), url: server.url.clone(), token };
        let (url, no_terminals) = (server.url.clone(), Vec::new());
        let mut festival =
            Festival { desk, url, bank, bands, operator, terminals: no_terminals, http, _bank: program };
        for number in 0..terminals {
            let terminal = festival.enrols(BARS[number % BARS.len()]).await;
            festival.terminals.push(terminal);
        }
        (festival, server)
    }

    async fn enrols(&self, bar: &str) -> Caller {
        let path = "/api/v1/events/summer/terminals";
        let added = self.operator.posts(path, &json!({"point_of_sale": bar})).await.of_status(201);
        let nobody = Caller { token: String::new(), ..self.operator.clone() };
        let enrol = json!({"code": added["code"], "device_name": bar});
        let enrolled = nobody.posts("/api/v1/terminals/enrol", &enrol).await.of_status(201);
        let text = |field: &str| enrolled[field].as_str().unwrap().to_owned();
        Caller { token: text("token"), ..nobody }
    }

    /// Another process on the same database, for the same public address.
    pub(super) fn another_server(&self) -> Server {
        let mut server = Server::with(self.desk, "127.0.0.1:0", &[("POLSBAND_PUBLIC_URL", &self.url)]);
        compares_at_start(&mut server);
        server
    }

    /// Compares with the bank's list; the counts of the comparison. A process that was killed in the middle of one
    /// holds the next one up for a minute.
    pub(super) async fn reconciles(&self, server: &Server) -> Value {
        let operator = self.operator.at(server);
        for _ in 0..6 {
            let answer = operator.posts("/api/v1/events/summer/reconcile", &json!({})).await;
            if answer.status != 202 {
                return answer.of_status(200);
            }
        }
        panic!("no comparison comes to its end");
    }

    /// Pays onto the first wristbands, each so much, and sees each callback settled.
    pub(super) async fn fund(&self, bands: usize, cents: i64) {
        for band in &self.bands[..bands] {
            let paid = self.bank.pays(band, cents, "deliver").await;
            assert_eq!(paid.callback_status, Some(200), "{}", paid.payment_id);
        }
    }

    /// Sends a callback to a server, which need not be the one it was signed for.
    pub(super) async fn calls_back(&self, server: &Server, callback: &Signed) -> Answer {
        let url = format!("{}/callbacks/bancontact/summer", server.url);
        let headers = [("signature", callback.signature.as_str()), ("content-type", "application/json")];
        let answer = self.http.send(Method::POST, &url, &headers, callback.body.clone()).await;
        answer.expect("a callback is answered")
    }

    /// The audit says that every rule holds.
    #[track_caller]
    pub(super) fn audits(&self) {
        assert_eq!(self.desk.prints(&["ledger", "audit"]), json!([]));
    }

    /// How often and how much money moved for a reason.
    pub(super) async fn moved(&self, operator: &Caller, code: &str) -> (i64, i64) {
        let statement = operator.gets("/api/v1/events/summer/statement").await.of_status(200);
        assert_eq!(statement["debits_cents"], statement["credits_cents"]);
        let lines = statement["movements"].as_array().unwrap();
        let line = lines.iter().find(|line| line["code"] == code);
        let number = |field: &str| line.map_or(0, |line| line[field].as_i64().unwrap());
        (number("transfers"), number("amount_cents"))
    }

    /// What an account of the event holds.
    pub(super) async fn holds(&self, operator: &Caller, kind: &str) -> i64 {
        let statement = operator.gets("/api/v1/events/summer/statement").await.of_status(200);
        let lines = statement["accounts"].as_array().unwrap().iter().filter(|line| line["kind"] == kind);
        lines.map(|line| line["balance_cents"].as_i64().unwrap()).sum()
    }
}

/// Waits for the end of the comparison with which a process begins, which a kill in its middle would leave hanging.
#[track_caller]
fn compares_at_start(server: &mut Server) {
    server.program().logs("reconciled");
}

impl Caller {
    pub(super) fn new(http: &Http, url: &str, token: &str) -> Caller {
        Caller { http: http.clone(), url: url.to_owned(), token: token.to_owned() }
    }

    /// The same one at another server.
    pub(super) fn at(&self, server: &Server) -> Caller {
        Caller { url: server.url.clone(), ..self.clone() }
    }

    pub(super) async fn try_posts(&self, path: &str, body: &Value) -> Result<Answer, Lost> {
        let url = format!("{}{path}", self.url);
        self.http.try_call(Method::POST, &url, Some(&self.token), Some(body)).await
    }

    pub(super) async fn posts(&self, path: &str, body: &Value) -> Answer {
        self.try_posts(path, body).await.unwrap_or_else(|lost| panic!("no answer to {path}: {lost:?}"))
    }

    pub(super) async fn gets(&self, path: &str) -> Answer {
        let url = format!("{}{path}", self.url);
        let answer = self.http.try_call(Method::GET, &url, Some(&self.token), None).await;
        answer.unwrap_or_else(|lost| panic!("no answer to {path}: {lost:?}"))
    }

    pub(super) async fn try_charges(&self, id: Uuid, band: &Codes, cents: i64) -> Result<Answer, Lost> {
        let body = json!({"id": id, "code": band.pay_code, "amount_cents": cents});
        self.try_posts("/api/v1/charges", &body).await
    }

    pub(super) async fn charges(&self, id: Uuid, band: &Codes, cents: i64) -> Answer {
        self.try_charges(id, band, cents).await.expect("a charge is answered")
    }

    pub(super) async fn try_voids(&self, id: Uuid) -> Result<Answer, Lost> {
        self.try_posts(&format!("/api/v1/charges/{id}/void"), &json!({})).await
    }

    pub(super) async fn reads(&self, id: Uuid) -> Answer {
        self.gets(&format!("/api/v1/charges/{id}")).await
    }

    /// What a wristband holds.
    pub(super) async fn looks_up(&self, band: &Codes) -> i64 {
        let found = self.posts("/api/v1/media/lookup", &json!({"code": band.reference})).await;
        found.of_status(200)["balance_cents"].as_i64().unwrap()
    }
}
