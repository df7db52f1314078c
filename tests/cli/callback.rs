//! `polsband callback check` on callbacks that `polsband sandbox` signed.

use crate::desk::{Desk, PROFILE};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

const URL: &str = "http://127.0.0.1:9/callbacks/bancontact/summer";

/// A running sandbox; killed with the test.
struct Sandbox {
    child: Child,
    address: String,
}

impl Sandbox {
    fn at(desk: &Desk) -> Sandbox {
        let mut child = desk.starts(&["sandbox", "--listen", "127.0.0.1:0", "--json"]);
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let printed: Value = serde_json::from_str(&line).unwrap();
        let address = printed["sandbox_url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Sandbox { child, address }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Pays a code, and writes the callback's parts and the key set into the desk's folder.
    fn pays(&self, desk: &Desk) {
        self.call("POST", "/sandbox/profiles", &json!({"profile_id": PROFILE, "callback_url": URL}));
        let payload = format!("https://pay.bancontact.net/t/1/{PROFILE}?D=XH6SB82D&R=XZHC91M68DFSVSY");
        self.call(
            "POST",
            "/sandbox/pay",
            &json!({"payload": payload, "amount_cents": 2000, "callback": "drop"}),
        );
        let payment = &self.call("GET", "/sandbox/payments?limit=1", &Value::Null);
        let callback = find(payment, "signature").expect("a callback with its signature");
        fs::write(desk.path("signature"), format!("{}\n", callback.as_str().unwrap())).unwrap();
        fs::write(desk.path("body"), find(payment, "body").unwrap().as_str().unwrap()).unwrap();
        let keys = self.call("GET", "/jwks", &Value::Null);
        fs::write(desk.path("keys"), keys.to_string()).unwrap();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The first value under this name, however deep.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|inner| find(inner, name)))
        }
        Value::Array(values) => values.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

const CHECK: [&str; 8] =
    ["callback", "check", "--key-set", "keys", "--signature", "signature", "--body", "body"];

fn check<'a>(profile: &'a str, url: &'a str) -> Vec<&'a str> {
    [&CHECK[..], &["--profile-id", profile, "--url", url]].concat()
}

#[test]
fn a_genuine_callback_passes_every_check_offline() {
    let desk = Desk::with_sqlite();
    Sandbox::at(&desk).pays(&desk);
    let said = desk.does(&check(PROFILE, URL));
    assert!(said.lines().skip(1).all(|line| line.starts_with("ok ")), "{said}");
    assert!(said.contains("2000 cents"), "{said}");
    let checks = desk.prints(&check(PROFILE, URL));
    assert!(checks.as_array().unwrap().iter().all(|check| check["passed"] == true), "{checks}");
    assert!(!desk.path("polsband-data").exists(), "no database is needed");
}

#[test]
fn a_callback_that_is_not_genuine_exits_with_1_and_says_why() {
    let desk = Desk::with_sqlite();
    Sandbox::at(&desk).pays(&desk);
    let refused = |args: &[&str], reason: &str| {
        let ran = desk.run(args);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("this callback is refused: "), "{}", ran.err);
        assert!(ran.err.contains(reason), "{reason} is missing from {}", ran.err);
    };
    refused(&check("6a5b5c5d5e5f606162636465", URL), "subject");
    refused(&check(PROFILE, "http://127.0.0.1:9/callbacks/bancontact/summer/"), "path");
    refused(&[&check(PROFILE, URL)[..], &["--at", "2020-01-01T00:00:00Z"]].concat(), "issued-at");

    let body = fs::read_to_string(desk.path("body")).unwrap();
    fs::write(desk.path("body"), body.replace("2000", "2001")).unwrap();
    refused(&check(PROFILE, URL), "signature");
    fs::write(desk.path("body"), [0xff, 0x00]).unwrap();
    refused(&check(PROFILE, URL), "signature, body");
    fs::write(desk.path("body"), body).unwrap();
    fs::write(desk.path("keys"), r#"{"keys": []}"#).unwrap();
    refused(&check(PROFILE, URL), "key, signature");
    fs::write(desk.path("signature"), "").unwrap();
    refused(&check(PROFILE, URL), "form, ");
}

#[test]
fn evidence_that_can_not_be_read_is_bad_usage() {
    let desk = Desk::with_sqlite();
    for file in ["keys", "signature", "body"] {
        fs::write(desk.path(file), "x").unwrap();
    }
    desk.rejects(&check("nonsense!", URL));
    desk.rejects(&[&check(PROFILE, URL)[..], &["--at", "yesterday"]].concat());
    desk.rejects(&CHECK);
    fs::write(desk.path("signature"), [0xff, 0xfe]).unwrap();
    assert!(desk.rejects(&check(PROFILE, URL)).contains("--signature"));
    fs::remove_file(desk.path("keys")).unwrap();
    assert!(desk.rejects(&check(PROFILE, URL)).contains("--key-set: keys can't be read"));
    fs::write(desk.path("keys"), vec![b' '; 1024 * 1024 + 1]).unwrap();
    assert!(desk.rejects(&check(PROFILE, URL)).contains("longer than"));
}

#[test]
fn a_sandbox_that_can_not_listen_says_so() {
    let desk = Desk::with_sqlite();
    let taken = Sandbox::at(&desk);
    assert!(desk.refuses(&["sandbox", "--listen", &taken.address]).contains("--listen"));
    desk.rejects(&["sandbox", "--listen", "localhost"]);
    fs::write(desk.path("file"), "").unwrap();
    assert!(desk.refuses(&["sandbox", "--listen", "127.0.0.1:0", "--data", "file/x"]).contains("file/x"));
}
