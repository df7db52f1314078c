//! What surrounds a sheet: previews, printers, layouts and artwork that are remembered, manifests, reading back.

use crate::desk::{Desk, PROFILE, on_both_engines};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

const OWN: &str = "name = 'own'\ntitle = 'Our card'\nkind = 'card'\ncell = [100, 70]\nedge = 3\n";

fn choice<'v>(layouts: &'v Value, name: &str) -> &'v Value {
    let named = layouts.as_array().unwrap().iter().find(|layout| layout["name"] == name);
    named.unwrap_or_else(|| panic!("{name} is not in {layouts}"))
}

#[test]
fn a_batch_is_seen_on_every_layout_before_it_is_issued_and_after() {
    on_both_engines(|desk| {
        desk.with_summer();
        let issue = ["media", "issue", "summer", "--count", "5", "--kind", "card"];
        let preview = desk.prints(&[&issue[..], &["--preview", "--dpi", "600"]].concat());
        let label = choice(&preview, "avery-l7160");
        assert_eq!((&label["top_up_version"], &label["top_up_dots"]), (&json!(5), &json!(11)));
        assert!(choice(&preview, "avery-l4731")["remarks"][0].as_str().unwrap().contains("0.222 mm"));
        let stronger = desk.prints(&[&issue[..], &["--preview", "--level", "q"]].concat());
        assert_eq!(choice(&stronger, "avery-l7160")["top_up_version"], 7);
        assert_eq!(desk.prints(&["event", "show", "summer"])["batches"], json!([]), "nothing was issued");

        let options = ["--level", "q", "--language", "fr", "--description", "{event} {serial}"];
        let batch = desk.prints(&[&issue[..], &options[..]].concat())["id"].as_str().unwrap().to_owned();
        let shown = desk.prints(&["sheet", &batch, "--preview", "--layout", "cr80"]);
        assert_eq!(shown.as_array().unwrap().len(), 1);
        assert_eq!(choice(&shown, "cr80")["top_up_version"], 8);
        let codes = desk.codes(&batch);
        assert!(codes[0].qr_text.contains(&format!("?D=Summer%20Festival%20{}&R=", codes[0].serial)));
        let printed = desk.prints(&["sheet", &batch, "--layout", "cr80", "--out", "a.pdf"]);
        assert_eq!(printed["layout"]["top_up_version"], 8, "printed as it was issued");
        let plainer = ["sheet", &batch, "--layout", "cr80", "--level", "M", "--out", "b.pdf"];
        assert_eq!(desk.prints(&plainer)["layout"]["top_up_version"], 6);
    });
}

#[test]
fn a_batch_is_seen_in_the_language_and_with_the_correction_that_are_asked_for() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(1);
    let narrow = "name = 'narrow'\ntitle = 'Our label'\nkind = 'label'\ncell = [36.6, 21.17]\nedge = 0.9\n";
    fs::write(desk.path("narrow.toml"), narrow).unwrap();
    let preview = ["sheet", &batch, "--preview", "--layout", "narrow.toml"];
    desk.does(&preview);
    let refused = desk.refuses(&[&preview[..], &["--language", "fr"]].concat());
    assert!(refused.contains("no room for the name of a code, “← RECHARGER”"), "{refused}");
    let stronger = desk.prints(&["sheet", &batch, "--preview", "--layout", "cr80", "--level", "q"]);
    assert_eq!(choice(&stronger, "cr80")["top_up_version"], 7);
}

#[test]
fn options_that_can_not_be_are_refused_before_anything_is_issued() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let fixed = ["event", "create", "fixed", "--name", "Fixed", "--profile-id", "6a5b5c5d5e5f606162636465"];
    desk.does(&[&fixed[..], &["--behaviour", "fixed", "--amount-cents", "2000"]].concat());
    let fete =
        ["event", "create", "fete", "--name", "Fête d’Été", "--profile-id", "7a5b5c5d5e5f606162636465"];
    desk.does(&fete);
    let party =
        ["event", "create", "party", "--name", "Party 🍺", "--profile-id", "7b5b5c5d5e5f606162636465"];
    assert!(desk.rejects(&party).contains("--name: the printed font has no character “🍺”"));
    let issue = |event, more: &[&'static str]| -> Vec<&'static str> {
        [&["media", "issue", event, "--count", "1", "--kind", "card"][..], more].concat()
    };
    for (args, said) in [
        (issue("summer", &["--amount-cents", "500"]), "--amount: the payers of this event type the amount"),
        (issue("summer", &["--description", "{number}"]), "--description: only {serial} and {event}"),
        (issue("summer", &["--description", "Été"]), "description"),
        (issue("summer", &["--pay-url", "ftp://x"]), "--pay-url"),
        (issue("summer", &["--level", "L"]), "--level"),
        (issue("fixed", &["--amount-cents", "0"]), "0 cents can't stand in a code"),
        (issue("summer", &["--preview", "--dpi", "3"]), "dpi must lie between"),
    ] {
        let told = desk.rejects(&args);
        assert!(told.contains(said), "{args:?}: {told}");
    }
    let batch = desk.does(&issue("fixed", &["--amount", "12,50", "--description", ""]));
    assert!(desk.codes(&batch)[0].qr_text.contains("?A=1250&R="));
    assert_eq!(desk.prints(&["event", "show", "summer"])["batches"], json!([]));
    let old = desk.run(&issue("fete", &["--pay-url", "https://payconiq.com"]));
    assert!(old.code == 0 && old.err.contains("Mind: https://payconiq.com is retired"), "{}", old.err);
    let accents = desk.does(&issue("fete", &["--description", "{event} {serial}"]));
    assert!(
        desk.codes(&accents)[0].qr_text.contains("?D=Fete%20d%27Ete%20"),
        "{}",
        desk.codes(&accents)[0].qr_text
    );
}

#[test]
fn a_printer_is_remembered_by_its_name() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(2);
        desk.does(&["printer", "set", "office", "--nudge-x", "0,4", "--dpi", "600"]);
        desk.does(&["printer", "set", "office", "--scale", "100.2"]);
        let known = desk.prints(&["printer", "list"]);
        let office = json!({
            "name": "office", "dpi": 600, "nudge_x": "0.4 mm", "nudge_y": "0 mm", "scale_ppm": 1_002_000
        });
        assert_eq!(known, json!([office]));
        let sheet = ["sheet", &batch, "--layout", "avery-l7160"];
        desk.does(&[&sheet[..], &["--printer", "office", "--out", "named.pdf"]].concat());
        let typed = ["--nudge-x", "0,4", "--dpi", "600", "--scale", "100.2", "--out", "typed.pdf"];
        desk.does(&[&sheet[..], &typed[..]].concat());
        desk.does(&[&sheet[..], &["--out", "plain.pdf"]].concat());
        let file = |name: &str| fs::read(desk.path(name)).unwrap();
        assert_eq!(file("named.pdf"), file("typed.pdf"));
        assert_ne!(file("named.pdf"), file("plain.pdf"));
        desk.does(&[
            "sheet",
            "--calibration",
            "--layout",
            "cr80",
            "--printer",
            "office",
            "--out",
            "page.pdf",
        ]);
        assert!(desk.rejects(&["printer", "set", "office", "--scale", "200"]).contains("scale must lie"));
        assert!(desk.rejects(&["printer", "set", "Front Office"]).contains("a-z"));
        let unknown = desk.refuses(&[&sheet[..], &["--printer", "attic", "--out", "x.pdf"]].concat());
        assert!(unknown.contains("there is no printer \"attic\"; there are: office"), "{unknown}");
        desk.does(&["printer", "remove", "office"]);
        assert!(desk.refuses(&["printer", "remove", "office"]).contains("there is no printer"));
        let said: Vec<String> = desk.audit_log().into_iter().map(|[_, action, _]| action).collect();
        assert_eq!(said.iter().filter(|action| *action == "printer set").count(), 2);
        assert_eq!(said.last().unwrap(), "printer removed");
    });
}

#[test]
fn what_is_said_of_a_layout_names_it_once() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(1);
    for args in [&["layout", "list"][..], &["sheet", &batch, "--preview"]] {
        let said = desk.run(args).err;
        for (line, name) in [
            ("avery-l7651 has no room for", "avery-l7651"),
            ("a4-band-25 is cut 3.4 mm", "a4-band-25"),
            ("the top-up code would have modules of 0.222 mm on avery-l4731", "avery-l4731"),
            ("a4-band-19: the top-up code's modules are", "a4-band-19"),
        ] {
            let line = said.lines().find(|said| said.starts_with(line));
            let line = line.unwrap_or_else(|| panic!("{name}: {said}"));
            assert_eq!(line.matches(name).count(), 1, "{line}");
        }
    }
}

#[test]
fn a_layout_of_ones_own_is_checked_kept_and_known_by_name() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(1);
        fs::write(desk.path("own.toml"), OWN).unwrap();
        assert_eq!(desk.prints(&["layout", "check", "own.toml"])[0]["top_up_version"], 5);
        assert!(
            desk.rejects(&["sheet", &batch, "--layout", "own", "--out", "x.pdf"])
                .contains("no layout \"own\"")
        );
        desk.does(&["layout", "add", "own.toml"]);
        choice(&desk.prints(&["layout", "list"]), "own");
        assert_eq!(desk.does(&["layout", "show", "own"]).trim(), OWN.trim());
        assert!(
            desk.refuses(&["layout", "show", "other"])
                .contains("there is no layout \"other\"; there are: a4-band-25")
        );
        choice(&desk.prints(&["sheet", &batch, "--preview"]), "own");
        desk.does(&["sheet", &batch, "--layout", "own", "--out", "own.pdf"]);
        let slender = OWN.replace("[100, 70]", "[100, 12]");
        fs::write(desk.path("slender.toml"), slender).unwrap();
        for command in ["check", "add"] {
            let refused = desk.refuses(&["layout", command, "slender.toml"]);
            assert!(refused.contains("modules of 0.1"), "{command}: {refused}");
        }
        fs::write(desk.path("wide.toml"), OWN.replace("edge = 3", "edge = 300")).unwrap();
        assert!(desk.rejects(&["layout", "add", "wide.toml"]).contains("wide.toml: layout own"));
        fs::write(desk.path("taken.toml"), desk.does(&["layout", "show", "cr80"])).unwrap();
        assert!(desk.rejects(&["layout", "add", "taken.toml"]).contains("cr80 comes with the program"));
        assert!(desk.refuses(&["layout", "remove", "cr80"]).contains("comes with the program"));
        desk.does(&["layout", "remove", "own"]);
        assert!(desk.refuses(&["layout", "remove", "own"]).contains("there is no layout \"own\""));
    });
}

#[test]
fn sheets_are_dressed_with_what_the_event_was_given() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(3);
        let sheet = |out| desk.does(&["sheet", &batch, "--layout", "avery-c32011", "--out", out]);
        sheet("plain.pdf");
        let logo = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 4'><path fill='#0b6' d='M0 0h9v4z'/></svg>";
        fs::write(desk.path("logo.svg"), logo).unwrap();
        let given = desk.prints(&["event", "artwork", "summer", "--logo", "logo.svg", "--colour", "#0b6e4f"]);
        assert_eq!(given["colour"], "90,0,28,56.5");
        sheet("dressed.pdf");
        sheet("again.pdf");
        let file = |name: &str| fs::read(desk.path(name)).unwrap();
        assert_eq!(file("dressed.pdf"), file("again.pdf"));
        assert_ne!(file("dressed.pdf"), file("plain.pdf"));
        desk.does(&["sheet", &batch, "--verify", "dressed.pdf"]);
        fs::write(desk.path("text.svg"), logo.replace("<path", "<text>Fest</text><path")).unwrap();
        let refused = desk.rejects(&["event", "artwork", "summer", "--logo", "text.svg"]);
        assert!(refused.contains("--logo: the SVG has a <text>"), "{refused}");
        assert!(desk.rejects(&["event", "artwork", "summer", "--colour", "reddish"]).contains("--colour"));
        assert_eq!(desk.prints(&["event", "artwork", "summer"]), given, "a refusal changes nothing");
        desk.does(&["event", "artwork", "summer", "--no-logo", "--no-colour"]);
        sheet("bare.pdf");
        assert_eq!(file("bare.pdf"), file("plain.pdf"));
    });
}

#[test]
fn a_pdf_is_read_back_piece_by_piece() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(30);
        for layout in ["a4-band-25", "avery-c32011", "cr80"] {
            desk.does(&["sheet", &batch, "--layout", layout, "--out", "sheet.pdf"]);
            let verified = desk.prints(&["sheet", &batch, "--verify", "sheet.pdf"]);
            assert_eq!((&verified["right"], &verified["codes"]), (&json!(30), &json!(60)), "{layout}");
        }
        let other = desk.issues(30);
        let wrong = desk.run(&["sheet", &other, "--verify", "sheet.pdf", "--json"]);
        assert_eq!(wrong.code, 1);
        let found: Value = serde_json::from_str(&wrong.out).unwrap();
        assert_eq!((&found["right"], &found["wrong"]), (&json!(0), &json!(120)), "60 missing, 60 foreign");
        let all = [desk.codes(&batch), desk.codes(&other)].concat();
        let is_told = all.iter().any(|code| wrong.out.contains(&code.pay_code));
        assert!(!is_told && !wrong.out.contains("https"), "no code is told");
        assert!(wrong.err.contains("don't print it"));
        desk.does(&["sheet", "--calibration", "--layout", "cr80", "--out", "page.pdf"]);
        assert!(
            desk.rejects(&["sheet", &batch, "--verify", "page.pdf"]).contains("no codes as this program")
        );
        let mut locked = Command::new("qpdf");
        locked.args(["--encrypt", "a", "b", "256", "--"]);
        let (from, to) = (desk.path("page.pdf"), desk.path("locked.pdf"));
        assert!(locked.arg(from).arg(to).status().unwrap().success());
        let refused = desk.rejects(&["sheet", &batch, "--verify", "locked.pdf"]);
        assert!(refused.contains("is encrypted") && !refused.contains("WARN"), "{refused}");
        fs::write(desk.path("no.pdf"), "not a PDF").unwrap();
        assert!(desk.rejects(&["sheet", &batch, "--verify", "no.pdf"]).contains("can't be read"));
    });
}

#[test]
fn a_manifest_tells_every_piece_and_no_code() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(3);
        let command =
            ["sheet", &batch, "--layout", "cr80", "--out", "sheet.pdf", "--manifest", "manifest.json"];
        let written = desk.prints(&command);
        assert_eq!(written[1]["format"], "json");
        let text = fs::read_to_string(desk.path("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&manifest["event"], &manifest["count"]), (&json!("summer"), &json!(3)));
        assert_eq!((&manifest["layout"]["name"], &manifest["level"]), (&json!("cr80"), &json!("M")));
        assert_eq!(manifest["layout"]["file_sha256"].as_str().unwrap().len(), 64);
        assert_eq!(manifest["layout"]["printer"], Value::Null);
        assert_eq!(manifest["top_up_address"], "https://pay.bancontact.net");
        let codes = desk.codes(&batch);
        for (piece, code) in manifest["pieces"].as_array().unwrap().iter().zip(&codes) {
            assert_eq!(piece["serial"], code.serial);
            let hash = ring::digest::digest(&ring::digest::SHA256, code.qr_text.as_bytes());
            assert_eq!(piece["qr_sha256"], data_encoding::HEXLOWER.encode(hash.as_ref()));
            assert!(!text.contains(&code.reference) && !text.contains(&code.pay_code));
        }
        assert!(!text.contains(PROFILE));
        desk.does(&["sheet", &batch, "--layout", "cr80", "--manifest", "again.json"]);
        assert_eq!(text, fs::read_to_string(desk.path("again.json")).unwrap(), "the same every time");
        for out in ["x.json", "./x.json"] {
            let twice = ["sheet", &batch, "--csv", "x.json", "--manifest", out];
            assert!(desk.rejects(&twice).contains("two results can't be in one file"), "{out}");
        }
        assert!(desk.rejects(&["sheet", &batch, "--csv", "-"]).contains("written to files only"));
        assert!(!desk.path("x.json").exists());
    });
}
