//! `polsband sheet`.

use crate::desk::{Desk, on_both_engines};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_batch_is_printed_in_every_form_and_noted() {
    on_both_engines(|desk| {
        let batch = desk.with_summer().issues(25);
        let printed = desk.prints(&["sheet", &batch, "--layout", "avery-l7160", "--out", "sheet.pdf"]);
        let bytes = fs::read(desk.path("sheet.pdf")).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && bytes.ends_with(b"%%EOF\n"));
        assert_eq!(printed["pieces"], 25);
        assert_eq!(printed["pages"], 2);
        assert_eq!(printed["bytes"], bytes.len());
        assert_eq!(printed["layout"]["name"], "avery-l7160");
        assert_eq!(printed["layout"]["top_up_module"], "0.504 mm");

        let both = desk.prints(&["sheet", &batch, "--csv", "codes.csv", "--zip", "codes.zip"]);
        assert_eq!((&both[0]["format"], &both[0]["pages"]), (&json!("csv"), &json!(25)));
        assert_eq!((&both[1]["format"], &both[1]["pages"]), (&json!("zip"), &json!(100)));
        assert!(fs::read(desk.path("codes.zip")).unwrap().starts_with(b"PK"));
        for file in ["sheet.pdf", "codes.csv", "codes.zip"] {
            let mode = fs::metadata(desk.path(file)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{file} holds pay codes");
        }
        let log = desk.audit_log();
        let noted: Vec<&str> = log.iter().map(|entry| entry[1].as_str()).collect();
        assert_eq!(
            noted,
            [
                "event created",
                "batch issued",
                "sheet printed",
                "codes written as CSV",
                "codes written as ZIP"
            ]
        );
        assert!(log[2..].iter().all(|entry| entry[2] == format!("batch:{batch}")), "{log:?}");
    });
}

#[test]
fn the_same_batch_gives_the_same_bytes() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(30);
    for out in ["a.pdf", "b.pdf"] {
        desk.does(&[
            "sheet",
            &batch,
            "--layout",
            "avery-l7160",
            "--language",
            "fr",
            "--level",
            "q",
            "--out",
            out,
        ]);
    }
    assert_eq!(fs::read(desk.path("a.pdf")).unwrap(), fs::read(desk.path("b.pdf")).unwrap());
}

#[test]
fn a_layout_may_be_a_file_of_ones_own() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(2);
    let own = "name = 'own'\ntitle = 'Our card'\nkind = 'card'\ncell = [100, 70]\nedge = 3\n";
    fs::write(desk.path("own.toml"), own).unwrap();
    desk.does(&["sheet", &batch, "--layout", "own.toml", "--out", "own.pdf"]);
    fs::write(desk.path("own.toml"), own.replace("edge = 3", "edge = 300")).unwrap();
    let said = desk.rejects(&["sheet", &batch, "--layout", "own.toml", "--out", "own2.pdf"]);
    assert!(said.contains("layout own"), "{said}");
    desk.rejects(&["sheet", &batch, "--layout", "missing.toml", "--out", "own2.pdf"]);
    assert!(!desk.path("own2.pdf").exists());
}

#[test]
fn layouts_are_listed_and_calibrated_without_a_database() {
    let desk = Desk::with_sqlite();
    let layouts = desk.prints(&["sheet", "--layouts"]);
    let names: Vec<&str> = layouts.as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
    for name in ["avery-l7160", "cr80", "a4-band-19"] {
        assert!(names.contains(&name), "{names:?}");
        desk.does(&["sheet", "--calibration", "--layout", name, "--nudge-x", "-0,5", "--out", "page.pdf"]);
        assert!(fs::read(desk.path("page.pdf")).unwrap().starts_with(b"%PDF-"));
    }
    assert!(desk.does(&["sheet", "--layouts"]).contains("Avery L7160"));
    assert!(!desk.path("polsband-data").exists());
}

#[test]
fn what_can_not_be_printed_is_refused_and_leaves_no_file() {
    let desk = Desk::with_sqlite();
    let batch = desk.with_summer().issues(2);
    let unknown = "01890000-0000-7000-8000-000000000000";
    let refused = [
        (vec!["sheet", unknown, "--csv", "x.csv"], "there is no batch"),
        (vec!["sheet", &batch, "--csv", "no/x.csv"], "no/x.csv can't be written"),
        (vec!["sheet", &batch, "--csv", "polsband-data"], "is a folder"),
        (vec!["sheet", &batch, "--layout", "avery-l4731", "--out", "x.pdf"], "avery-l4731"),
    ];
    for (args, reason) in refused {
        let said = desk.refuses(&args);
        assert!(said.contains(reason), "{args:?}: {said}");
    }
    let rejected = [
        (vec!["sheet"], "BATCH"),
        (vec!["sheet", "nonsense", "--csv", "x.csv"], "not a batch's id"),
        (vec!["sheet", &batch], "--out"),
        (vec!["sheet", &batch, "--out", "x.pdf"], "--layout"),
        (vec!["sheet", &batch, "--layout", "a5", "--out", "x.pdf"], "there are: a4-band-25"),
        (vec!["sheet", &batch, "--layout", "cr80", "--out", "x.pdf", "--dpi", "10"], "dpi must lie between"),
        (vec!["sheet", &batch, "--layout", "cr80", "--out", "x.pdf", "--scale", "200"], "scale must lie"),
        (vec!["sheet", &batch, "--layout", "cr80", "--out", "x.pdf", "--scale", "1e99"], "--scale"),
        (vec!["sheet", &batch, "--layout", "cr80", "--out", "x.pdf", "--nudge-x", "far"], "--nudge-x"),
        (vec!["sheet", &batch, "--layout", "cr80", "--out", "x.pdf", "--language", "es"], "--language"),
        (vec!["sheet", "--calibration", "--out", "x.pdf"], "--layout"),
        (vec!["sheet", "--calibration", &batch, "--layout", "cr80", "--out", "x.pdf"], "cannot be used with"),
    ];
    for (args, named) in rejected {
        let said = desk.rejects(&args);
        assert!(said.contains(named), "{args:?}: {said}");
    }
    let left: Vec<_> = fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["polsband-data"], "nothing is left behind");
}
