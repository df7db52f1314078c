//! `polsband batch`, and ranges of `polsband media`.

use crate::desk::{Codes, Desk, PROFILE, on_both_engines};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

const REASON: [&str; 2] = ["--reason", "stolen from the van"];

impl Desk {
    fn step(&self, batch: &str) -> Value {
        self.prints(&["batch", "show", batch])["step"].clone()
    }

    fn range(&self, what: &str, from: &str, to: &str) -> Value {
        self.prints(&[&["media", what, "--from", from, "--to", to][..], &REASON].concat())
    }
}

fn five(codes: &[Codes]) -> [&str; 5] {
    [&codes[0].qr_text, &codes[1].pay_qr_text, &codes[2].serial, &codes[3].reference, &codes[4].pay_code]
}

#[test]
fn a_batch_goes_from_the_screen_to_the_wrists_and_each_step_is_shown() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(6);
        assert_eq!(desk.step(&batch), Value::Null);
        let codes = desk.codes(&batch);
        assert_eq!(desk.step(&batch), "rendered");
        let said = desk.does(&["batch", "printed", &batch, "--note", "two pallets"]);
        assert_eq!(said, format!("{batch} is recorded as printed"));
        let received = desk.prints(&[&["batch", "receive", &batch][..], &five(&codes)].concat());
        assert_eq!((&received["pieces"], &received["samples"][4]["number"]), (&json!(5), &json!(5)));
        assert!(!received.to_string().contains(&codes[4].pay_code));
        let activates = ["batch", "activate", &batch];
        assert_eq!(desk.does(&activates), format!("{batch} is recorded as active"));
        assert_eq!(desk.does(&activates), format!("{batch} was recorded as active before"));
        let shown = desk.prints(&["batch", "show", &batch]);
        let steps: Vec<&str> =
            shown["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["rendered", "printed", "received", "active"]);
        assert_eq!(shown["media"], json!({ "issued": 6 }));
        let text = desk.does(&["batch", "show", &batch]);
        assert!(text.contains(&format!("printed by command-line:{}: two pallets", desk.user())), "{text}");
        let said = desk.refuses(&["batch", "printed", &batch]);
        assert!(said.contains("the batch is active already"), "{said}");

        let other = desk.issues(3);
        desk.does(&["batch", "activate", &other]);
        let text = desk.does(&["batch", "show", &other]);
        assert!(text.contains("never recorded  rendered, printed, received"), "{text}");
        let listed = desk.prints(&["batch", "list", "summer"]);
        assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&json!(other), &json!(batch)));
        assert_eq!((&listed[0]["step"], &listed[0]["count"]), (&json!("active"), &json!(3)));
        let log = desk.audit_log();
        let told: Vec<&str> = log.iter().map(|entry| entry[1].as_str()).skip(1).collect();
        assert_eq!(
            told,
            [
                "batch issued",
                "codes written as CSV",
                "batch printed",
                "batch received",
                "batch active",
                "batch issued",
                "batch active"
            ]
        );
    });
}

#[test]
fn a_scanner_types_its_samples_and_strangers_among_them_are_named() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(6);
    let codes = desk.codes(&batch);
    let other = desk.issues(1);
    let stranger = desk.codes(&other).remove(0);
    let types = |lines: &[&str]| {
        let mut command = desk.command(&["batch", "receive", &batch, "-"]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.join("\r\n").as_bytes()).unwrap();
        crate::desk::finished(child)
    };
    let good = five(&codes);
    let counterfeit = codes[5].qr_text.replace(PROFILE, "6a5b5c5d5e5f606162636465");
    let ran = types(&[&good[..], &[&stranger.serial, &counterfeit, "HELLO", &codes[0].serial]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for part in [
        "1: piece 1 (",
        &format!("6: of another batch: {other} ({}", &stranger.serial[..4]),
        "7: this top-up code is a counterfeit",
        "8: this is not a wristband's or card's code",
        "9: piece 1 again",
        "not received: 3 of 9 samples are not pieces of this batch",
    ] {
        assert!(ran.err.contains(part), "{part} is missing from {}", ran.err);
    }
    assert!(!ran.err.contains(&codes[4].pay_code), "{}", ran.err);
    let ran = types(&good[..4]);
    assert!(ran.code == 1 && ran.err.contains("scan 5 different pieces: these were 4"), "{}", ran.err);
    assert_eq!(types(&[]).code, 1);
    assert_eq!(types(&[&"x".repeat(1_100_000)]).code, 2);
    assert_eq!(desk.step(&batch), "rendered");
    let ran = types(&[&[""], &good[..]].concat());
    assert!(ran.code == 0 && ran.out.ends_with("is received\n"), "{} {}", ran.out, ran.err);
    assert_eq!(desk.step(&batch), "received");
}

#[test]
fn a_roll_is_quarantined_and_released_by_its_ends() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(8);
        let codes = desk.codes(&batch);
        desk.does(&["media", "activate", &codes[4].serial]);
        desk.does(&["media", "spoil", &codes[5].serial]);
        let done = desk.range("quarantine", &codes[6].pay_code, &codes[2].serial);
        assert_eq!((&done["first"], &done["last"], &done["moved"]), (&json!(3), &json!(7), &json!(3)));
        assert_eq!((&done["batch"], &done["left"]), (&json!(batch), &json!({ "active": 1, "spoiled": 1 })));
        assert_eq!(desk.prints(&["media", "show", &codes[2].serial])["status"], "quarantined");
        let shown = desk.prints(&["batch", "show", &batch]);
        assert_eq!(shown["media"], json!({ "issued": 3, "active": 1, "spoiled": 1, "quarantined": 3 }));
        assert_eq!((&shown["step"], &shown["in_use"]), (&json!("active"), &json!(true)));
        for args in [
            vec!["media", "activate", &codes[2].serial],
            vec!["media", "replace", &codes[4].serial, "--with", &codes[2].serial],
        ] {
            let said = desk.refuses(&args);
            assert!(said.contains("quarantined"), "{args:?}: {said}");
        }
        let again = desk.does(
            &[&["media", "quarantine", "--from", &codes[2].serial, "--to", &codes[6].serial][..], &REASON]
                .concat(),
        );
        assert_eq!(
            again,
            format!(
                "0 of the pieces 3 to 7 of batch {batch} quarantined, 3 were already; left as they are: \
                 1 active, 1 spoiled"
            )
        );
        // One of them is found, one is ended for good.
        desk.does(&["media", "revoke", &codes[3].serial, "--reason", "sold in the street"]);
        let released = desk.range("release", &codes[2].serial, &codes[6].serial);
        assert_eq!(released["moved"], 2);
        assert_eq!(released["left"], json!({ "active": 1, "revoked": 1, "spoiled": 1 }));
        desk.does(&["media", "activate", &codes[2].serial]);
        assert_eq!(desk.does(&["ledger", "audit"]), "1 event, 0 transfers: every rule holds");
    });
}

#[test]
fn a_quarantine_that_was_killed_goes_on_where_it_was() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(3_000);
        let codes = desk.codes(&batch);
        let (first, last) = (codes[0].serial.as_str(), codes[2_999].serial.as_str());
        let args = [&["media", "quarantine", "--from", first, "--to", last][..], &REASON].concat();
        let mut killed = desk.starts(&args);
        let quarantined =
            || desk.prints(&["batch", "show", &batch])["media"]["quarantined"].as_i64().unwrap_or_default();
        while quarantined() == 0 {
            assert!(killed.try_wait().unwrap().is_none_or(|status| status.success()));
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        let before = quarantined();
        let done = desk.range("quarantine", first, last);
        // What the database was about to commit when it was killed may have been committed since.
        let already = done["already"].as_i64().unwrap();
        assert!(already >= before, "{already} of {before}");
        assert_eq!(done["moved"].as_i64(), Some(3_000 - already));
        assert_eq!(quarantined(), 3_000);
    });
}

#[test]
fn a_range_without_two_ends_in_one_batch_or_a_reason_is_refused() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(2);
    let other = desk.issues(1);
    let (codes, stranger) = (desk.codes(&batch), desk.codes(&other).remove(0));
    let (one, two) = (codes[0].serial.as_str(), codes[1].serial.as_str());
    for what in ["quarantine", "release"] {
        for (from, to, why) in [
            (one, stranger.serial.as_str(), format!("--to: this piece is of batch {other}")),
            ("HELLO", two, "--from: this is not a wristband's or card's code".to_owned()),
            (one, "PB10000000000000000", "--to: no medium has this code".to_owned()),
        ] {
            let said = desk.refuses(&[&["media", what, "--from", from, "--to", to][..], &REASON].concat());
            assert!(said.contains(&why), "{said}");
        }
        desk.rejects(&["media", what, "--from", one, "--to", two]);
        desk.rejects(&["media", what, "--from", one, "--reason", "x"]);
        let said = desk.rejects(&["media", what, "--from", one, "--to", two, "--reason", " "]);
        assert!(said.contains("--reason"), "{said}");
    }
    assert_eq!(desk.prints(&["batch", "show", &batch])["media"], json!({ "issued": 2 }));
}

#[test]
fn misprints_are_reissued_once_in_a_batch_that_names_the_old_one() {
    on_both_engines(|desk| {
        let old = desk.with_summer().issues(5);
        let codes = desk.codes(&old);
        let said = desk.refuses(&["batch", "reissue", &old]);
        assert!(said.contains("no piece of this batch is spoiled"), "{said}");
        desk.does(&["media", "spoil", &codes[1].serial]);
        desk.does(&["media", "spoil", &codes[3].serial]);
        assert!(desk.does(&["batch", "show", &old]).contains("2 spoiled, to be reissued"));
        let long = "x".repeat(501);
        assert!(desk.rejects(&["batch", "reissue", &old, "--reason", &long]).contains("--reason: "));
        let new = desk.prints(&["batch", "reissue", &old, "--reason", "smeared"]);
        assert_eq!((&new["count"], &new["reprint_of"]), (&json!(2), &json!(old)));
        let id = new["id"].as_str().unwrap();
        let fresh = desk.codes(id);
        assert!(fresh.iter().all(|new| codes.iter().all(|old| old.serial != new.serial)));
        let said = desk.refuses(&["batch", "reissue", &old]);
        assert!(said.contains("all 2 spoiled pieces of this batch were reissued already"), "{said}");
        let shown = desk.prints(&["batch", "show", id]);
        assert_eq!((&shown["reprint_of"], &shown["reprint_reason"]), (&json!(old), &json!("smeared")));
        assert_eq!(desk.prints(&["batch", "list", "summer"])[0]["reprint_of"], json!(old));
        let text = desk.does(&["batch", "show", &old]);
        assert!(text.contains(&format!("reissued  {id}  2 pieces")), "{text}");
        desk.does(&["media", "spoil", &codes[0].serial]);
        desk.does(&["event", "close", "summer"]);
        assert!(desk.refuses(&["batch", "reissue", &old]).contains("the event is closed"));
        assert!(desk.refuses(&["media", "spoil", &codes[2].serial]).contains("the event is closed"));
        let all = [&["batch", "receive", &old][..], &five(&codes)].concat();
        for step in [&["batch", "printed", &old][..], &["batch", "activate", &old], &all] {
            let said = desk.refuses(step);
            assert!(said.contains("the event is closed: nothing is changed about its batches"), "{said}");
        }
        let spoiled = ["--from", &codes[1].serial, "--to", &codes[1].serial, "--reason", "lost"];
        for asked in ["quarantine", "release"] {
            let said = desk.refuses(&[&["media", asked][..], &spoiled].concat());
            assert!(said.contains("the event is closed: its wristbands and cards are only"), "{said}");
        }
    });
}

#[test]
fn media_on_a_retired_address_are_counted_and_listed_without_their_pay_codes() {
    on_both_engines(|desk| {
        let public = ["--public-url", "https://pay.festival.example"];
        let old = ["event", "create", "old", "--name", "Old", "--profile-id", "6a5b5c5d5e5f606162636465"];
        desk.does(&[&old[..], &["--pay-url", "https://payconiq.com"]].concat());
        let issue = ["media", "issue", "old", "--count", "3", "--kind", "card"];
        let batch = desk.does(&[&issue[..], &["--public-url", "https://former.example"]].concat());
        let codes = desk.codes(&batch);
        desk.does(&["media", "activate", &codes[0].serial]);
        desk.does(&["media", "spoil", &codes[2].serial]);
        let hosts = desk.prints(&[&["batch", "hosts", "old"][..], &public].concat());
        let shown = |index: usize| (&hosts[index]["url"], &hosts[index]["retired"]);
        assert_eq!(shown(0), (&json!("https://payconiq.com"), &json!("replaced-by-provider")));
        assert_eq!(shown(1), (&json!("https://former.example"), &json!("not-our-public-url")));
        assert_eq!(hosts[0]["media"], json!({ "issued": 1, "active": 1 }));
        assert!(desk.does(&["batch", "hosts", "old"]).contains("has not said officially"));

        let rows = desk.prints(&[&["batch", "retired", "old"][..], &public].concat());
        let serials: Vec<&str> =
            rows.as_array().unwrap().iter().map(|row| row["serial"].as_str().unwrap()).collect();
        assert_eq!(serials, [&codes[0].serial, &codes[1].serial]);
        assert_eq!(rows[0]["hosts"], json!(["https://payconiq.com", "https://former.example"]));
        let csv = desk.does(&["batch", "retired", "old", "--csv"]);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, r#""serial","status","batch","number","hosts""#));
        assert_eq!(
            lines[1],
            format!(r#""{}","active","{batch}","1","https://payconiq.com""#, codes[0].serial)
        );
        assert!(!csv.contains(&codes[0].pay_code));

        // Another event, on an address that only an operator knows to be gone.
        desk.with_summer();
        desk.issues(2);
        assert_eq!(desk.prints(&["batch", "retired", "summer"]), json!([]));
        assert_eq!(desk.does(&["batch", "retired", "summer"]), "");
        let bancontact = "https://pay.bancontact.net";
        let said = desk.refuses(&["batch", "retire-host", "https://elsewhere.example"]);
        assert!(said.contains("no batch was printed with it") && said.contains(bancontact), "{said}");
        assert!(
            desk.refuses(&["batch", "retire-host", bancontact, "--undo"]).contains("no operator marked it")
        );
        desk.rejects(&["batch", "retire-host", "pay.bancontact.net"]);
        desk.does(&["batch", "retire-host", bancontact]);
        assert!(desk.refuses(&["batch", "retire-host", bancontact]).contains("marked as retired already"));
        assert_eq!(desk.prints(&["batch", "retired", "summer"]).as_array().unwrap().len(), 2);
        assert_eq!(desk.prints(&["batch", "hosts", "summer"])[0]["retired"], "marked");
        desk.does(&["batch", "retire-host", bancontact, "--undo"]);
        assert_eq!(desk.prints(&["batch", "retired", "summer"]), json!([]));
    });
}

#[test]
fn what_names_no_batch_is_refused() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let unknown = "01890000-0000-7000-8000-000000000000";
    for what in ["show", "printed", "activate", "reissue"] {
        assert!(desk.refuses(&["batch", what, unknown]).contains("there is no batch"), "{what}");
        assert!(desk.rejects(&["batch", what, "nonsense"]).contains("not a batch's id"), "{what}");
    }
    desk.refuses(&["batch", "receive", unknown, "HELLO"]);
    desk.rejects(&["batch", "receive", unknown]);
    for what in ["list", "hosts", "retired"] {
        assert!(desk.refuses(&["batch", what, "winter"]).contains("there is no event"), "{what}");
    }
    desk.rejects(&["batch", "retired", "summer", "--csv", "--json"]);
    let batch = desk.issues(1);
    let long = "x".repeat(501);
    assert!(desk.rejects(&["batch", "printed", &batch, "--note", &long]).contains("--note"));
}
