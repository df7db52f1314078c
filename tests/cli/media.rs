//! `polsband media`.

use crate::desk::{Desk, PROFILE, on_both_engines};
use serde_json::json;
use std::collections::HashSet;

#[test]
fn every_code_of_an_issued_medium_shows_it() {
    on_both_engines(|desk| {
        desk.with_summer();
        let issued = desk.prints(&["media", "issue", "summer", "--count", "12", "--kind", "wristband"]);
        let batch = issued["id"].as_str().unwrap();
        assert_eq!(issued, json!({"id": batch, "count": 12}));
        assert_eq!(desk.prints(&["event", "show", "summer"])["batches"][0]["id"], batch);

        let codes = desk.codes(batch);
        assert_eq!(
            codes.iter().map(|codes| codes.sequence).collect::<Vec<_>>(),
            (1..=12).collect::<Vec<_>>()
        );
        let one = &codes[4];
        let grouped = format!("{}-{}", &one.serial[..4], &one.serial[4..]).to_lowercase();
        let t_link = format!("http://127.0.0.1:8080/t/{}", one.reference);
        for text in [&one.serial, &grouped, &one.reference, &one.qr_text, &one.pay_code, &t_link] {
            let shown = desk.prints(&["media", "show", text]);
            assert_eq!(shown["serial"], one.serial, "{text}");
            assert_eq!(shown["reference"], one.reference);
            assert_eq!(shown["sequence"], 5);
            assert_eq!(shown["qr_text"], one.qr_text);
            assert_eq!((&shown["status"], &shown["balance_cents"]), (&json!("issued"), &json!(0)));
            assert_eq!((&shown["event"], &shown["kind"]), (&json!("summer"), &json!("wristband")));
            let image = shown["qr_image_url"].as_str().unwrap();
            assert!(image.starts_with("https://qrcodegenerator.api.bancontact.net/qrcode?"), "{image}");
            assert!(image.contains("%3FD%3D"), "the payload is encoded once more as a whole: {image}");
            assert!(!shown.to_string().contains(&one.pay_code), "the pay code is nobody's to see");
        }
        let text = desk.does(&["media", "show", &one.serial]);
        assert!(text.contains(&grouped.to_uppercase()) && text.contains("€ 0,00"), "{text}");
    });
}

#[test]
fn codes_are_unique_and_pay_codes_are_links_where_the_public_url_is_https() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let issue = ["media", "issue", "summer", "--count", "300", "--kind", "card"];
    let bare = desk.run(&issue);
    assert!(bare.err.contains("printed as bare codes"), "{}", bare.err);
    let public = ["--public-url", "https://pay.festival.example"];
    let linked = desk.run(&[&issue[..], &public].concat());
    assert_eq!(linked.err, "");

    let (bare, linked) = (desk.codes(bare.out.trim()), desk.codes(linked.out.trim()));
    for one in &bare {
        assert_eq!(one.pay_qr_text, one.pay_code);
    }
    for one in &linked {
        assert_eq!(one.pay_qr_text, format!("HTTPS://PAY.FESTIVAL.EXAMPLE/W/{}", one.pay_code));
    }
    let all: HashSet<&String> =
        bare.iter().chain(&linked).flat_map(|one| [&one.serial, &one.reference, &one.pay_code]).collect();
    assert_eq!(all.len(), 600 * 3);
    let link = [&["media", "show", linked[0].pay_qr_text.as_str()][..], &public].concat();
    assert_eq!(desk.prints(&link)["serial"], linked[0].serial);
}

#[test]
fn a_count_or_kind_that_can_not_be_is_bad_usage() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    for (count, kind) in [("0", "card"), ("-1", "card"), ("1000001", "card"), ("many", "card"), ("1", "ring")]
    {
        desk.rejects(&["media", "issue", "summer", "--count", count, "--kind", kind]);
    }
    desk.rejects(&["media", "issue", "summer", "--count", "1"]);
    assert_eq!(desk.prints(&["event", "show", "summer"])["batches"], json!([]));
}

#[test]
fn texts_that_lead_to_no_medium_are_refused_with_a_reason() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(1);
    let one = desk.codes(&batch).remove(0);
    let mistyped = one.serial.replace(&one.serial[..1], if one.serial.starts_with('Z') { "Y" } else { "Z" });
    let counterfeit = one.qr_text.replace(PROFILE, "6a5b5c5d5e5f606162636465");
    let huge = "A".repeat(10_000);
    for (text, reason) in [
        (mistyped.as_str(), "no medium has the code"),
        ("", "not a wristband's or card's code"),
        ("HELLO", "not a wristband's or card's code"),
        ("PB10000000000000000", "no medium has the code"),
        ("https://evil.example/t/1/abc", "leads elsewhere"),
        (counterfeit.as_str(), "counterfeit"),
        (huge.as_str(), "too long"),
        ("🍺", "not a wristband's or card's code"),
    ] {
        let said = desk.refuses(&["media", "show", text]);
        assert!(said.contains(reason), "{text}: {said}");
        assert!(said.len() < 400, "{said}");
    }
}

#[test]
fn a_medium_lives_as_the_help_desk_says_and_remembers_it() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(2);
        let codes = desk.codes(&batch);
        let (old, new) = (&codes[0], &codes[1]);
        let status = |args: &[&str]| desk.prints(args)["status"].as_str().unwrap().to_owned();
        assert_eq!(status(&["media", "activate", &old.serial]), "active");
        assert_eq!(status(&["media", "freeze", &old.reference, "--reason", "lost at the gate"]), "frozen");
        assert_eq!(status(&["media", "unfreeze", &old.qr_text]), "active");
        assert_eq!(status(&["media", "replace", &old.serial, "--with", &new.serial]), "replaced");
        assert_eq!(desk.prints(&["media", "show", &new.pay_code])["status"], "active");
        let revoked = desk.does(&["media", "revoke", &new.serial, "--reason", "stolen"]);
        assert!(revoked.ends_with("is revoked"), "{revoked}");

        let moves = desk.prints(&["media", "show", &old.serial])["moves"].clone();
        let steps: Vec<(&str, &str)> = moves
            .as_array()
            .unwrap()
            .iter()
            .map(|step| (step["from_status"].as_str().unwrap(), step["to_status"].as_str().unwrap()))
            .collect();
        assert_eq!(
            steps,
            [("issued", "active"), ("active", "frozen"), ("frozen", "active"), ("active", "replaced")]
        );
        assert_eq!(moves[1]["reason"], "lost at the gate");
        assert_eq!(moves[1]["actor"], format!("command-line:{}", desk.user()));
        let text = desk.does(&["media", "show", &old.serial]);
        assert!(
            text.contains(&format!("active → frozen by command-line:{}: lost at the gate", desk.user())),
            "{text}"
        );
        assert!(desk.audit_log().iter().any(|entry| entry[1] == "medium revoked"));
    });
}

#[test]
fn a_move_that_can_not_be_is_refused_and_changes_nothing() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(3);
    let codes = desk.codes(&batch);
    let [one, used, spoiled] = &codes[..] else { panic!("three media were issued") };
    desk.does(&["media", "activate", &used.serial]);
    desk.does(&["media", "spoil", &spoiled.serial]);
    let other = ["event", "create", "other", "--name", "Other", "--profile-id", "6a5b5c5d5e5f606162636465"];
    desk.does(&other);
    let elsewhere = desk.does(&["media", "issue", "other", "--count", "1", "--kind", "card"]);
    let elsewhere = desk.codes(&elsewhere).remove(0);
    for (args, reason) in [
        (vec!["freeze", &one.serial], "a wristband or card that is issued can't do that"),
        (vec!["unfreeze", &used.serial], "a wristband or card that is active can't do that"),
        (vec!["activate", &spoiled.serial], "a wristband or card that is spoiled can't do that"),
        (vec!["spoil", &used.serial], "a wristband or card that is active can't do that"),
        (vec!["replace", &one.serial, "--with", &one.serial], "can't replace itself"),
        (vec!["replace", &one.serial, "--with", &used.serial], "the new one is active"),
        (vec!["replace", &one.serial, "--with", &elsewhere.serial], "none of this event's"),
        (vec!["replace", &one.serial, "--with", "HELLO"], "--with: \"HELLO\""),
        (vec!["freeze", "HELLO"], "not a wristband's or card's code"),
    ] {
        let said = desk.refuses(&[&["media"][..], &args].concat());
        assert!(said.contains(reason), "{args:?}: {said}");
    }
    let long = "x".repeat(501);
    for args in [
        vec!["revoke", &one.serial],
        vec!["revoke", &one.serial, "--reason", " "],
        vec!["freeze", &used.serial, "--reason", &long],
        vec!["replace", &one.serial],
    ] {
        let said = desk.rejects(&[&["media"][..], &args].concat());
        assert!(said.contains("--reason") || said.contains("--with"), "{args:?}: {said}");
    }
    assert_eq!(desk.prints(&["media", "show", &one.serial])["moves"], json!([]));
}
