//! `event provider add|list|set-key|remove`.

use crate::desk::on_both_engines;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// A provider that lists nothing to whoever has a key without `wrong` in it.
fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let (status, body) = match head.iter().any(|line| line.contains("wrong")) {
                true => (
                    "401 Unauthorized",
                    r#"{"success":false,"error_code":1032,"error_info":"Invalid API key"}"#,
                ),
                false => ("200 OK", r#"{"success":true,"data":[],"has_more":false}"#),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

#[test]
fn an_account_is_tried_added_listed_changed_and_removed_and_its_key_is_never_shown() {
    on_both_engines(|desk| {
        desk.with_summer();
        let url = provider();
        let key = desk.path("msp.key");
        std::fs::write(&key, "msp-secret-key\n").unwrap();
        let add = ["event", "provider", "add", "summer", "multisafepay", "--profile-id", "1001001"];
        let with = ["--environment", "test", "--api-url", &url, "--api-key-file", key.to_str().unwrap()];
        let said = desk.does(&[&add[..], &with].concat());
        assert_eq!(said, "summer has an account of MultiSafepay");
        let listed = desk.prints(&["event", "provider", "list", "summer"]);
        assert_eq!(listed[0]["profile_id"], "1001001");
        assert!(listed[0]["callback_url"].as_str().unwrap().ends_with("/callbacks/multisafepay/summer"));
        assert!(!listed.to_string().contains("msp-secret-key"));
        assert!(desk.refuses(&[&add[..], &with].concat()).contains("already"));
        std::fs::write(&key, "wrong-key").unwrap();
        let set = [
            "event",
            "provider",
            "set-key",
            "summer",
            "multisafepay",
            "--api-key-file",
            key.to_str().unwrap(),
        ];
        let refused = desk.refuses(&set);
        assert!(refused.contains("Invalid API key") && !refused.contains("wrong-key"), "{refused}");
        std::fs::write(&key, "another-key").unwrap();
        desk.does(&set);
        desk.does(&["event", "provider", "remove", "summer", "multisafepay"]);
        assert!(desk.prints(&["event", "provider", "list", "summer"]).as_array().unwrap().is_empty());
        let told =
            desk.audit_log().into_iter().filter(|[_, action, _]| action.starts_with("provider's account "));
        assert_eq!(told.count(), 3);
    });
}

#[test]
fn what_may_be_paid_at_once_is_said_and_set() {
    on_both_engines(|desk| {
        desk.with_summer();
        assert_eq!(desk.does(&["event", "top-up", "summer"]), "summer: from € 0,01 to € 250,00 at once");
        let set = desk.prints(&["event", "top-up", "summer", "--min", "5", "--max", "100,00"]);
        assert_eq!((&set["min_cents"], &set["max_cents"]), (&500.into(), &10_000.into()));
        let kept = desk.prints(&["event", "top-up", "summer", "--max", "50"]);
        assert_eq!((&kept["min_cents"], &kept["max_cents"]), (&500.into(), &5_000.into()));
        assert!(desk.rejects(&["event", "top-up", "summer", "--max", "4"]).contains("--max"));
        assert!(desk.rejects(&["event", "top-up", "summer", "--min", "0"]).contains("--min"));
    });
}

#[test]
fn an_account_needs_a_key_an_id_and_for_wooshpay_a_secret() {
    on_both_engines(|desk| {
        desk.with_summer();
        let add = |provider, id| ["event", "provider", "add", "summer", provider, "--profile-id", id];
        assert!(desk.rejects(&add("paypal", "1")).contains("multisafepay"));
        assert!(desk.rejects(&add("multisafepay", "shop")).contains("--profile-id"));
        assert!(desk.rejects(&add("multisafepay", "1001001")).contains("--api-key-file"));
        let key = desk.path("woosh.key");
        std::fs::write(&key, "sk_live_1").unwrap();
        let with = ["--api-key-file", key.to_str().unwrap()];
        let without_secret = [&add("wooshpay", "acct_1")[..], &with].concat();
        assert!(desk.rejects(&without_secret).contains("--webhook-secret-file"));
        let test = [&without_secret[..], &["--environment", "test"]].concat();
        assert!(desk.rejects(&test).contains("sk_test_"));
        assert!(desk.refuses(&["event", "provider", "remove", "summer", "wooshpay"]).contains("no account"));
    });
}
