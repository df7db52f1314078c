//! `polsband event` and `polsband point-of-sale`.

use crate::desk::{Desk, PROFILE, on_both_engines};
use serde_json::json;
use std::fs;

const OTHER_PROFILE: &str = "6a5b5c5d5e5f606162636465";

#[test]
fn an_event_is_made_shown_listed_and_closed() {
    on_both_engines(|desk| {
        let made = desk.prints(&["event", "create", "summer", "--name", "Summer", "--profile-id", PROFILE]);
        assert_eq!(made["slug"], "summer");
        assert_eq!(made["merchant"], "Summer");
        assert_eq!(made["behaviour"], "defined");
        assert_eq!(made["amount_cents"], json!(null));
        assert_eq!(made["charge_max_cents"], 50_000);
        assert_eq!(made["callback_url"], "http://127.0.0.1:8080/callbacks/bancontact/summer");
        assert_eq!(made["has_api_key"], false);
        assert_eq!(desk.prints(&["event", "list"]), json!([made]));
        assert_eq!(desk.prints(&["event", "show", "summer"])["batches"], json!([]));
        assert!(desk.does(&["event", "list"]).contains("summer  Summer"));
        assert!(desk.does(&["event", "show", "summer"]).contains("https://pay.bancontact.net"));

        let closed = desk.prints(&["event", "close", "summer"]);
        assert!(closed["closed_at"].is_string());
        assert!(desk.refuses(&["event", "close", "summer"]).contains("the event summer is closed"));
        assert!(desk.refuses(&["point-of-sale", "add", "summer", "Bar"]).contains("is closed"));
        let refused = desk.refuses(&["event", "artwork", "summer", "--colour", "#E4002B"]);
        assert!(refused.contains("its logo and colour stay as they are"), "{refused}");
        assert!(desk.does(&["event", "artwork", "summer"]).contains("no logo, black only"));
        let issue = ["media", "issue", "summer", "--count", "1", "--kind", "card"];
        assert!(desk.refuses(&issue).contains("the event is closed"));
    });
}

#[test]
fn every_rule_and_address_can_be_said() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("api.key"), "1b3d-secret-key\n").unwrap();
    let made = desk.prints(&[
        "event",
        "create",
        "winter",
        "--name",
        "Winter",
        "--profile-id",
        PROFILE,
        "--merchant",
        "Winter vzw",
        "--behaviour",
        "fixed",
        "--amount",
        "12,50",
        "--codes",
        "single",
        "--counterfeit",
        "hold",
        "--activation",
        "explicit",
        "--balance-max-cents",
        "10000",
        "--over-balance",
        "suspense",
        "--charge-min-cents",
        "50",
        "--charge-max-cents",
        "2000",
        "--single-charge-max-cents",
        "500",
        "--single-window-max-cents",
        "1000",
        "--second-person-cents",
        "7500",
        "--day-cut-hour",
        "4",
        "--visitor-language",
        "fr",
        "--till-language",
        "de",
        "--api-key-file",
        "api.key",
        "--environment",
        "preprod",
        "--api-url",
        "http://127.0.0.1:8081",
        "--key-set-url",
        "http://127.0.0.1:8081/jwks",
        "--pay-url",
        "https://qr.example",
        "--public-url",
        "https://pay.example",
    ]);
    for (field, value) in [
        ("merchant", json!("Winter vzw")),
        ("behaviour", json!("fixed")),
        ("amount_cents", json!(1250)),
        ("codes", json!("single")),
        ("counterfeit", json!("hold")),
        ("activation", json!("explicit")),
        ("balance_max_cents", json!(10_000)),
        ("over_balance", json!("suspense")),
        ("charge_min_cents", json!(50)),
        ("charge_max_cents", json!(2_000)),
        ("single_charge_max_cents", json!(500)),
        ("single_window_max_cents", json!(1_000)),
        ("second_person_cents", json!(7_500)),
        ("day_cut_hour", json!(4)),
        ("visitor_language", json!("fr")),
        ("till_language", json!("de")),
        ("environment", json!("preprod")),
        ("api_url", json!("http://127.0.0.1:8081")),
        ("key_set_url", json!("http://127.0.0.1:8081/jwks")),
        ("pay_url", json!("https://qr.example")),
        ("has_api_key", json!(true)),
        ("callback_url", json!("https://pay.example/callbacks/bancontact/winter")),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let shown = desk.run(&["event", "show", "winter"]);
    assert!(shown.out.contains("€ 12,50") && !shown.out.contains("1b3d-secret-key"), "{}", shown.out);
}

#[test]
fn an_events_rules_change_one_by_one() {
    on_both_engines(|desk| {
        desk.with_summer();
        let rules = |more: &[&'static str]| [&["event", "rules", "summer"][..], more].concat();
        let changed = desk.prints(&rules(&["--balance-max-cents", "10000", "--till-language", "fr"]));
        assert_eq!(
            (&changed["balance_max_cents"], &changed["till_language"]),
            (&json!(10_000), &json!("fr"))
        );
        let changed = desk.prints(&rules(&["--visitor-language", "de", "--till-language", "none"]));
        assert_eq!(
            (&changed["balance_max_cents"], &changed["till_language"]),
            (&json!(10_000), &json!(null))
        );
        assert_eq!(changed["visitor_language"], "de");
        let changed = desk.prints(&rules(&["--balance-max-cents", "none"]));
        assert_eq!(changed["balance_max_cents"], json!(null));
        assert_eq!(desk.prints(&["event", "show", "summer"])["visitor_language"], "de");
        assert!(desk.rejects(&rules(&["--charge-max-cents", "0"])).contains("--charge-max-cents: "));
        assert!(desk.rejects(&rules(&["--balance-max-cents", "some"])).contains("--balance-max-cents"));
        desk.rejects(&rules(&["--codes", "single"]));
        desk.does(&["event", "top-up", "summer", "--min", "20"]);
        let parks = ["--balance-max-cents", "1999", "--over-balance", "suspense"];
        let refused = desk.rejects(&rules(&parks));
        assert!(refused.contains("--balance-max-cents: the smallest top-up is € 20,00"), "{refused}");
        desk.does(&["event", "top-up", "summer", "--min", "10"]);
        desk.does(&rules(&parks));
        let refused = desk.rejects(&["event", "top-up", "summer", "--min", "20"]);
        assert!(
            refused.contains("--min: ") && refused.contains("a wallet holds € 19,99 at most"),
            "{refused}"
        );
        let told = desk.audit_log().into_iter().filter(|[_, action, _]| action == "event rules changed");
        assert_eq!(told.count(), 4);
    });
}

#[test]
fn an_amount_in_euros_is_the_same_as_in_cents() {
    let desk = Desk::with_sqlite();
    let create =
        ["event", "create", "a", "--name", "A", "--profile-id", PROFILE, "--behaviour", "modifiable"];
    let with = |more: &[&'static str]| [&create[..], more].concat();
    for wrong in [
        with(&["--amount", "twelve"]),
        with(&["--amount", "12,505"]),
        with(&["--amount", "-5"]),
        with(&["--amount", "0"]),
        with(&["--amount-cents", "0"]),
        with(&["--amount-cents", "1000000"]),
        with(&["--amount", "12,50", "--amount-cents", "1250"]),
        with(&[]),
    ] {
        desk.rejects(&wrong);
    }
    assert_eq!(desk.prints(&with(&["--amount-cents", "1250"]))["amount_cents"], 1250);
}

#[test]
fn what_an_event_can_not_be_made_of_is_bad_usage_that_names_the_argument() {
    let desk = Desk::with_sqlite();
    fs::write(desk.path("empty.key"), "\n").unwrap();
    let create = |slug: &'static str, more: &[&'static str]| {
        let start = ["event", "create", slug, "--profile-id"];
        [&start[..], more].concat()
    };
    let long = "a".repeat(64);
    for (args, named) in [
        (create("Bad Slug", &[PROFILE, "--name", "A"]), "SLUG: "),
        (create("", &[PROFILE, "--name", "A"]), "SLUG: "),
        (create("a", &[PROFILE, "--name", " "]), "--name: "),
        (create("a", &[PROFILE, "--name", "A\nB"]), "--name: "),
        (create("a", &["nonsense", "--name", "A"]), "--profile-id: "),
        (create("a", &[PROFILE]), "--name"),
        (create("a", &[PROFILE, "--name", "A", "--behaviour", "free"]), "--behaviour"),
        (create("a", &[PROFILE, "--name", "A", "--amount", "5"]), "--amount-cents: "),
        (create("a", &[PROFILE, "--name", "A", "--api-url", "http://bank.example"]), "--api-url: "),
        (create("a", &[PROFILE, "--name", "A", "--api-key-file", "missing.key"]), "--api-key-file: "),
        (create("a", &[PROFILE, "--name", "A", "--api-key-file", "empty.key"]), "--api-key-file: "),
        (create("a", &[PROFILE, "--name", "A", "--charge-max-cents", "0"]), "--charge-max-cents: "),
    ] {
        let said = desk.rejects(&args);
        assert!(said.contains(named), "{args:?}: {said}");
    }
    desk.rejects(&["event", "create", &long, "--profile-id", PROFILE, "--name", "A"]);
    assert_eq!(desk.prints(&["event", "list"]), json!([]));
}

#[test]
fn a_slug_or_profile_that_is_taken_is_refused() {
    on_both_engines(|desk| {
        desk.with_summer();
        let create = |slug, profile| ["event", "create", slug, "--name", "A", "--profile-id", profile];
        assert!(desk.refuses(&create("summer", OTHER_PROFILE)).contains("choose another short name"));
        assert!(desk.refuses(&create("autumn", PROFILE)).contains("already serves an open event"));
        let closed = desk.run(&["event", "close", "summer"]);
        assert!(
            closed.err.contains("goes on calling") && closed.err.contains("bancontact/summer"),
            "{}",
            closed.err
        );
        let made = desk.run(&create("autumn", PROFILE));
        assert_eq!(made.code, 0, "{}", made.err);
        let told = "callback URL: ask them to change it to http://127.0.0.1:8080/callbacks/bancontact/autumn";
        assert!(
            made.err.contains("served the event summer before") && made.err.contains(told),
            "{}",
            made.err
        );
        let fresh = desk.run(&create("winter", OTHER_PROFILE));
        assert!(fresh.code == 0 && !fresh.err.contains("before"), "{}", fresh.err);
    });
}

#[test]
fn events_that_are_not_there_are_refused() {
    let desk = Desk::with_sqlite();
    for args in [
        &["event", "show", "nope"][..],
        &["event", "close", "nope"],
        &["point-of-sale", "add", "nope", "Bar"],
        &["point-of-sale", "list", "nope"],
        &["media", "issue", "nope", "--count", "1", "--kind", "card"],
        &["ledger", "statement", "nope"],
        &["ledger", "audit", "nope"],
        &["event", "show", "x' OR '1'='1"],
    ] {
        assert!(desk.refuses(args).contains("there is no event"), "{args:?}");
    }
}

#[test]
fn bars_are_added_with_their_vendors_and_listed() {
    on_both_engines(|desk| {
        desk.with_summer();
        let bar = desk.prints(&["point-of-sale", "add", "summer", "Main bar"]);
        assert_eq!((&bar["name"], &bar["vendor"]), (&json!("Main bar"), &json!("Main bar")));
        let side = desk.prints(&["point-of-sale", "add", "summer", "Side bar", "--vendor", "Main bar"]);
        assert_eq!(desk.prints(&["point-of-sale", "list"]), json!([bar, side]));
        assert_eq!(desk.prints(&["point-of-sale", "list", "summer"]), json!([bar, side]));
        assert!(desk.does(&["point-of-sale", "list"]).contains("Side bar  Main bar"));
        assert!(desk.refuses(&["point-of-sale", "add", "summer", "Main bar"]).contains("exists already"));
        assert!(desk.rejects(&["point-of-sale", "add", "summer", ""]).contains("NAME: "));
        assert!(
            desk.rejects(&["point-of-sale", "add", "summer", "B", "--vendor", " "]).contains("--vendor: ")
        );
    });
}

#[test]
fn a_vendor_is_renamed_and_their_bars_are_not() {
    on_both_engines(|desk| {
        desk.with_summer();
        let bar = desk.prints(&["point-of-sale", "add", "summer", "Main bar", "--vendor", "Brewry"]);
        desk.does(&["point-of-sale", "add", "summer", "Side bar", "--vendor", "Jef"]);
        let rename = |name: &'static str| ["point-of-sale", "rename-vendor", "summer", "Brewry", name];
        assert!(desk.refuses(&rename("Jef")).contains("a vendor \"Jef\" exists already"));
        assert!(desk.rejects(&rename("\u{1F37A}")).contains("NAME: the printed font has no character"));
        assert!(desk.does(&rename("Brewery")).contains("is called Brewery now"));
        assert!(desk.refuses(&rename("Brewery")).contains("no vendor \"Brewry\""));
        let listed = desk.prints(&["point-of-sale", "list", "summer"]);
        assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&bar["id"], &json!("Main bar")));
        assert_eq!(listed[0]["vendor"], "Brewery");
    });
}

#[test]
fn a_bar_is_renamed_retired_once_its_terminals_are_revoked_and_opened_again() {
    on_both_engines(|desk| {
        desk.with_summer();
        let bar = desk.prints(&["point-of-sale", "add", "summer", "Main bar"]);
        let id = bar["id"].as_str().unwrap();
        desk.does(&["point-of-sale", "add", "summer", "Side bar"]);
        let rename = |name: &'static str| ["point-of-sale", "rename", "summer", "Main bar", name];
        assert!(desk.refuses(&rename("Side bar")).contains("exists already"));
        assert!(desk.rejects(&rename("\u{1F37A}")).contains("NAME: the printed font has no character"));
        let renamed = desk.prints(&rename("Front bar"));
        assert_eq!((&renamed["name"], &renamed["vendor"]), (&json!("Front bar"), &json!("Main bar")));
        assert!(desk.refuses(&rename("Bar")).contains("no point of sale \"Main bar\""));
        let added = desk.prints(&["terminal", "add", "summer", "--point-of-sale", "Front bar"]);
        let terminal = added["terminal_id"].as_str().unwrap();
        let retire = ["point-of-sale", "retire", "summer", id];
        let refused = desk.refuses(&retire);
        assert!(
            refused.contains(&format!("revoke a terminal without a device ({terminal}) first")),
            "{refused}"
        );
        desk.does(&["terminal", "revoke", terminal]);
        assert_eq!(desk.does(&retire), "Front bar is retired");
        let refused = desk.refuses(&["terminal", "add", "summer", "--point-of-sale", "Front bar"]);
        assert!(refused.contains("\"Front bar\" is retired"), "{refused}");
        let listed = desk.prints(&["point-of-sale", "list", "summer"]);
        assert!(listed[0]["retired_at"].is_string() && listed[1]["retired_at"].is_null(), "{listed}");
        let told = desk.audit_log().into_iter().map(|[_, action, _]| action);
        assert_eq!(told.filter(|action| action.starts_with("point of sale re")).count(), 2);
        let reopen = ["point-of-sale", "reopen", "summer", "Front bar", "--reason", "dry again"];
        assert_eq!(desk.does(&reopen), "Front bar is open again");
        desk.does(&["terminal", "add", "summer", "--point-of-sale", "Front bar"]);
        let listed = desk.prints(&["point-of-sale", "list", "summer"]);
        assert!(listed[0]["retired_at"].is_null(), "{listed}");
        assert!(desk.refuses(&["point-of-sale", "reopen", "summer", "Bar"]).contains("no point of sale"));
    });
}
