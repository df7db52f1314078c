//! `terminal add|list|revoke`, and `reconcile` and `event set-key` as far as no provider is needed.

use crate::desk::{PROFILE, on_both_engines};
use std::fs;

#[test]
fn a_terminal_is_added_with_a_code_listed_and_revoked() {
    on_both_engines(|desk| {
        desk.with_summer();
        desk.does(&["point-of-sale", "add", "summer", "Main bar"]);
        let added = desk.prints(&["terminal", "add", "summer", "--point-of-sale", "Main bar"]);
        let (code, id) = (added["code"].as_str().unwrap(), added["terminal_id"].as_str().unwrap());
        assert_eq!(code.replace('-', "").len(), 8, "{code}");
        assert_eq!(added["link"], format!("http://127.0.0.1:8080/terminal#code={code}"));
        let shown = desk.does(&["terminal", "add", "summer", "--point-of-sale", "Main bar"]);
        assert!(shown.contains('█') && shown.contains("works until"), "{shown}");
        let listed = desk.prints(&["terminal", "list", "summer"]);
        assert_eq!(listed.as_array().unwrap().len(), 2);
        assert_eq!((&listed[0]["id"], &listed[0]["revoked_at"]), (&id.into(), &serde_json::Value::Null));
        assert_eq!((&listed[0]["seen_at"], &listed[0]["online"]), (&serde_json::Value::Null, &false.into()));
        let revoked = desk.prints(&["terminal", "revoke", id, "--reason", "stolen"]);
        assert!(revoked["revoked_at"].is_string());
        assert_eq!(desk.prints(&["terminal", "revoke", id])["revoked_at"], revoked["revoked_at"], "once");
        let revocations = desk.audit_log().into_iter().filter(|[_, action, _]| action == "terminal revoked");
        assert_eq!(revocations.count(), 1);
    });
}

#[test]
fn a_terminal_needs_an_open_event_with_that_bar() {
    on_both_engines(|desk| {
        desk.with_summer();
        let refused = desk.refuses(&["terminal", "add", "summer", "--point-of-sale", "Main bar"]);
        assert!(refused.contains("no point of sale \"Main bar\""), "{refused}");
        assert!(desk.refuses(&["terminal", "list", "winter"]).contains("no event \"winter\""));
        desk.does(&["point-of-sale", "add", "summer", "Main bar"]);
        desk.does(&["event", "close", "summer"]);
        let refused = desk.refuses(&["terminal", "add", "summer", "--point-of-sale", "Main bar"]);
        assert!(refused.contains("closed"), "{refused}");
        let unknown = desk.refuses(&["terminal", "revoke", "01890a5d-ac96-774b-bcce-b302099a8057"]);
        assert!(unknown.contains("there is no terminal"), "{unknown}");
        assert!(desk.rejects(&["terminal", "revoke", "main-bar"]).contains("terminal list"));
    });
}

#[test]
fn without_an_api_key_reconciling_says_how_to_give_it_one() {
    on_both_engines(|desk| {
        let create = ["event", "create", "summer", "--name", "Summer Festival", "--profile-id", PROFILE];
        desk.does(&[&create[..], &["--api-url", "http://127.0.0.1:9"]].concat());
        let refused = desk.refuses(&["reconcile", "summer"]);
        assert!(refused.contains("event set-key"), "{refused}");
        fs::write(desk.path("key.txt"), "3fa85f64-5717-4562-b3fc-2c963f66afa6\n").unwrap();
        desk.does(&["event", "set-key", "summer", "--api-key-file", "key.txt"]);
        let window =
            ["reconcile", "summer", "--from", "2026-07-04T00:00:00Z", "--to", "2026-07-03T00:00:00Z"];
        assert!(desk.refuses(&window).contains("is not before"), "a key, but no sense");
        desk.does(&["event", "close", "summer"]);
        desk.does(&["event", "set-key", "summer", "--api-key-file", "key.txt"]);
    });
}

#[test]
fn wrong_times_and_keys_are_named() {
    on_both_engines(|desk| {
        desk.with_summer();
        assert!(desk.rejects(&["reconcile", "summer", "--from", "yesterday"]).contains("is not a time"));
        assert!(desk.refuses(&["reconcile", "winter"]).contains("no event \"winter\""));
        fs::write(desk.path("empty.txt"), "").unwrap();
        for (file, why) in [("empty.txt", "--api-key-file"), ("missing.txt", "can't be read")] {
            let refused = desk.rejects(&["event", "set-key", "summer", "--api-key-file", file]);
            assert!(refused.contains(why), "{refused}");
        }
    });
}
