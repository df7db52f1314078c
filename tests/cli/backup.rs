//! `polsband backup`.

use crate::desk::{Desk, finished, on_both_engines};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_backup_is_a_whole_database_of_one_moment_while_others_write() {
    let desk = Desk::with_sqlite();
    desk.with_summer().issues(10);
    let writer = desk.starts(&["media", "issue", "summer", "--count", "20000", "--kind", "card"]);
    let copied = desk.prints(&["backup", "copy.db"]);
    assert_eq!(finished(writer).code, 0);
    let about = fs::metadata(desk.path("copy.db")).unwrap();
    assert_eq!(copied["bytes"], about.len());
    assert_eq!(about.permissions().mode() & 0o777, 0o600);

    let on_copy = |args: &[&str]| desk.prints(&[args, &["--database-url", "sqlite://copy.db"]].concat());
    assert_eq!(on_copy(&["event", "list"])[0]["slug"], "summer");
    assert_eq!(on_copy(&["ledger", "audit"]), serde_json::json!([]));
}

#[test]
fn a_backup_says_that_the_key_file_is_kept_beside_it() {
    let desk = Desk::with_sqlite();
    desk.with_summer();
    let ran = desk.run(&["backup", "copy.db"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("The key file polsband-data/secret.key is not in it"), "{}", ran.err);
}

#[test]
fn a_backup_overwrites_nothing_and_invents_nothing() {
    let desk = Desk::with_sqlite();
    let said = desk.refuses(&["backup", "copy.db"]);
    assert!(said.contains("there is no database at"), "{said}");
    assert!(!desk.path("polsband-data").exists());

    desk.with_summer();
    fs::write(desk.path("copy.db"), "mine").unwrap();
    assert!(desk.refuses(&["backup", "copy.db"]).contains("copy.db exists already"));
    assert_eq!(fs::read(desk.path("copy.db")).unwrap(), b"mine");
    assert!(desk.refuses(&["backup", "no/copy.db"]).contains("no/copy.db can't be written"));
    desk.rejects(&["backup"]);
}

#[test]
fn a_postgresql_database_is_left_to_its_own_tools() {
    on_both_engines(|desk| {
        desk.with_summer();
        if !desk.database_url().starts_with("sqlite:") {
            let said = desk.refuses(&["backup", "copy.db"]);
            assert!(said.contains("pg_dump") && said.contains("secret.key"), "{said}");
            assert!(!desk.path("copy.db").exists());
        }
    });
}
