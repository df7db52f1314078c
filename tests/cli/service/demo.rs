//! `polsband demo`: everything it promises is there, and there again after a restart.

use super::bank::Bank;
use super::festival::Caller;
use super::harness::{Program, run};
use super::http::Http;
use crate::desk::{Codes, Desk, codes_in};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const PROMISED: [&str; 10] = [
    "url",
    "console_url",
    "email",
    "password",
    "operator_token",
    "terminal_token",
    "event",
    "batch",
    "sheet",
    "sandbox_url",
];

struct Demo {
    program: Program,
    links: Value,
    http: Http,
    bank: Bank,
    operator: Caller,
    terminal: Caller,
}

impl Demo {
    /// With settings around that are meant for a real installation.
    fn start(desk: &Desk) -> Demo {
        let mut command = desk.command(&["demo", "--listen", "127.0.0.1:0", "--data", "demo", "--json"]);
        command.env("DATABASE_URL", "postgres://polsband@127.0.0.1:1/festival");
        let mut program = Program::start(command);
        let links = program.prints();
        let text = |field: &str| links[field].as_str().unwrap();
        let http = Http::new();
        let caller = |token: &str| Caller::new(&http, text("url"), text(token));
        let (operator, terminal) = (caller("operator_token"), caller("terminal_token"));
        let bank = Bank::at(text("sandbox_url").to_owned(), &http);
        Demo { program, http, bank, operator, terminal, links }
    }

    fn text(&self, field: &str) -> &str {
        self.links[field].as_str().unwrap()
    }

    async fn page(&self, url: &str) -> String {
        let page = self.http.try_call(Method::GET, url, None, None).await.unwrap();
        assert_eq!(page.status, 200, "{url}: {}", page.text());
        page.text()
    }

    /// Signs in on the console with the password that was printed.
    async fn signs_in(&self) -> u16 {
        let url = format!("{}/sign-in", self.text("console_url"));
        let form = format!("email={}&password={}", self.text("email"), self.text("password"));
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.http.send(Method::POST, &url, &headers, form).await.unwrap().status
    }

    async fn codes(&self) -> Vec<Codes> {
        let csv = self.operator.gets(&format!("/api/v1/batches/{}/codes.csv", self.text("batch"))).await;
        assert_eq!(csv.status, 200, "{}", csv.text());
        codes_in(&csv.bytes, self.text("batch"))
    }
}

#[test]
fn a_demo_keeps_its_promises_and_goes_on_where_it_was() {
    let desk = Desk::with_sqlite();
    run(async {
        let demo = Demo::start(&desk);
        let links = demo.links.as_object().unwrap();
        assert_eq!(links.len(), PROMISED.len());
        assert!(PROMISED.iter().all(|promised| !demo.text(promised).is_empty()));
        demo.page(&format!("{}/sign-in", demo.text("console_url"))).await;
        assert_eq!(demo.signs_in().await, 303);
        assert!(std::fs::read(desk.path(demo.text("sheet"))).unwrap().starts_with(b"%PDF-"));
        let codes = demo.codes().await;
        assert_eq!(codes.len(), 24);
        let offered = demo.page(&format!("{}/", demo.text("sandbox_url"))).await;
        assert!(offered.contains(&format!("{}-{}", &codes[0].serial[..4], &codes[0].serial[4..])));

        // Paid, and there as soon as the bank has its answer.
        let paid = demo.bank.pays(&codes[0], 2_000, "deliver").await;
        assert_eq!(paid.callback_status, Some(200));
        assert_eq!(demo.terminal.looks_up(&codes[0]).await, 2_000);
        let sold = demo.terminal.charges(Uuid::now_v7(), &codes[0], 350).await.of_status(201);
        assert_eq!(sold["balance_cents"], 1_650);
        // One whose callback never comes: the comparison after the restart finds it.
        let lost = demo.bank.pays(&codes[1], 700, "drop").await;
        let (first, ended) = (demo.links.clone(), demo.program.stopped());
        assert_eq!((ended.code, ended.out.lines().count()), (0, 1), "{}", ended.err);

        let demo = Demo::start(&desk);
        for kept in ["event", "batch", "sheet", "email"] {
            assert_eq!(demo.links[kept], first[kept]);
        }
        for fresh in ["password", "operator_token", "terminal_token"] {
            assert_ne!(demo.links[fresh], first[fresh]);
        }
        for (token, caller) in [("operator_token", &demo.operator), ("terminal_token", &demo.terminal)] {
            let earlier = Caller::new(&demo.http, demo.text("url"), first[token].as_str().unwrap());
            let asked = json!({"code": codes[0].reference});
            assert_eq!(earlier.posts("/api/v1/media/lookup", &asked).await.status, 401, "the old {token}");
            assert_eq!(caller.looks_up(&codes[0]).await, 1_650);
        }
        assert_eq!(demo.signs_in().await, 303);
        let known = demo.bank.payments().await;
        assert!(
            [&paid, &lost].iter().all(|paid| known.iter().any(|row| row["payment_id"] == *paid.payment_id))
        );
        demo.operator.posts("/api/v1/events/demo/reconcile", &json!({})).await.of_status(200);
        assert_eq!(demo.terminal.looks_up(&codes[1]).await, 700);
        assert_eq!(demo.bank.pays(&codes[0], 100, "deliver").await.callback_status, Some(200));
        assert_eq!(demo.terminal.looks_up(&codes[0]).await, 1_750);
        assert_eq!(demo.program.interrupted().code, 0);

        let data = ["--database-url", "sqlite://demo/polsband.db"];
        let audit = desk
            .command(&[&["ledger", "audit", "--json"], &data[..]].concat())
            .env("POLSBAND_KEY_FILE", "demo/secret.key")
            .output()
            .unwrap();
        assert_eq!((audit.status.code(), audit.stdout), (Some(0), b"[]\n".to_vec()));
        assert!(!desk.path("polsband-data").exists(), "nothing is made outside its folder");
    });
}

#[test]
fn a_demo_goes_on_whatever_became_of_its_bars() {
    let desk = Desk::with_sqlite();
    let does = |args: &[&str]| -> Value {
        let there = ["--json", "--database-url", "sqlite://demo/polsband.db"];
        let done = desk
            .command(&[args, &there[..]].concat())
            .env("POLSBAND_KEY_FILE", "demo/secret.key")
            .output()
            .unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap_or_default()
    };
    run(async {
        assert_eq!(Demo::start(&desk).program.stopped().code, 0);
        does(&["point-of-sale", "rename", "demo", "Main bar", "Front bar"]);
        let demo = Demo::start(&desk);
        assert_eq!(demo.terminal.looks_up(&demo.codes().await[0]).await, 0);
        assert_eq!(demo.program.stopped().code, 0);

        for terminal in does(&["terminal", "list", "demo"]).as_array().unwrap() {
            if terminal["revoked_at"].is_null() {
                does(&["terminal", "revoke", terminal["id"].as_str().unwrap()]);
            }
        }
        for bar in ["Front bar", "Cocktails", "Fries"] {
            does(&["point-of-sale", "retire", "demo", bar]);
        }
        let demo = Demo::start(&desk);
        assert_eq!(demo.terminal.looks_up(&demo.codes().await[0]).await, 0);
        assert_eq!(demo.program.stopped().code, 0);
        let bars = does(&["point-of-sale", "list", "demo"]);
        let live = bars.as_array().unwrap().iter().filter(|bar| bar["retired_at"].is_null());
        assert_eq!(live.map(|bar| bar["name"].as_str().unwrap()).collect::<Vec<_>>(), ["Demo bar 1"]);
    });
}

#[test]
fn a_folder_has_one_demo_at_a_time() {
    let desk = Desk::with_sqlite();
    run(async {
        let demo = Demo::start(&desk);
        let second = desk.command(&["demo", "--listen", "127.0.0.1:0", "--data", "demo", "--json"]);
        let refused = Program::start(second).ended();
        assert_eq!((refused.code, refused.out.as_str()), (1, ""));
        assert!(refused.err.contains("in use by another sandbox"), "{}", refused.err);
        // Whoever was first goes on, with the credentials that were printed.
        assert_eq!(demo.operator.gets("/api/v1/events").await.status, 200);
        let band = &demo.codes().await[0];
        assert_eq!(demo.terminal.looks_up(band).await, 0);
        assert_eq!(demo.program.interrupted().code, 0);
    });
}
