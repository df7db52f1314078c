//! `polsband ledger`.

use crate::desk::{Desk, PROFILE, block_on, on_both_engines};
use serde_json::json;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

#[test]
fn the_audit_of_right_books_says_so_and_the_statement_adds_up() {
    on_both_engines(|desk| {
        desk.with_summer().issues(50);
        desk.does(&["point-of-sale", "add", "summer", "Main bar"]);
        assert_eq!(desk.does(&["ledger", "audit"]), "1 event, 0 transfers: every rule holds");
        assert_eq!(desk.does(&["ledger", "audit", "summer"]), "1 event, 0 transfers: every rule holds");
        assert_eq!(desk.prints(&["ledger", "audit"]), json!([]));
        let statement = desk.prints(&["ledger", "statement", "summer"]);
        assert_eq!((&statement["debits_cents"], &statement["credits_cents"]), (&json!(0), &json!(0)));
        let accounts = statement["accounts"].as_array().unwrap();
        assert!(accounts.iter().any(|account| account["name"] == "Main bar"), "{statement}");
        let text = desk.does(&["ledger", "statement", "summer"]);
        assert!(text.contains("Main bar") && text.contains(&format!("Bancontact {PROFILE}")), "{text}");
    });
}

#[test]
fn an_audit_that_finds_something_names_it_and_exits_with_1() {
    let desk = Desk::with_sqlite();
    desk.with_summer().issues(3);
    block_on(async {
        let mut connection = SqliteConnection::connect(&desk.database_url()).await.unwrap();
        let theft = "UPDATE wallets SET balance_cents = 500 WHERE id = (SELECT MIN(id) FROM wallets)";
        sqlx::query(theft).execute(&mut connection).await.unwrap();
    });
    let ran = desk.run(&["ledger", "audit"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("a wallet's balance is the sum of its transfers"), "{}", ran.out);
    assert!(ran.err.contains("the audit found a broken rule"), "{}", ran.err);
    let ran = desk.run(&["ledger", "audit", "--json"]);
    assert_eq!(ran.code, 1);
    let findings: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(findings.as_array().unwrap().len(), 1);
    assert_eq!(findings[0]["event"], "summer");
}

#[test]
fn an_audit_where_there_is_no_database_is_refused_and_makes_none() {
    let desk = Desk::with_sqlite();
    for args in [&["ledger", "audit"][..], &["ledger", "statement", "summer"], &["reconcile", "summer"]] {
        let said = desk.refuses(args);
        assert!(said.contains("there is no database at"), "{args:?}: {said}");
    }
    assert!(!desk.path("polsband-data").exists());
    std::fs::create_dir(desk.path("polsband-data")).unwrap();
    std::fs::write(desk.path("polsband-data/polsband.db"), "").unwrap();
    assert!(desk.refuses(&["ledger", "audit"]).contains("there is no database of Polsband here"));
    let file = std::fs::read(desk.path("polsband-data/polsband.db")).unwrap();
    assert!(!file.windows(12).any(|bytes| bytes == b"installation"), "no tables of ours were made");
    assert!(!desk.path("polsband-data/secret.key").exists());
    desk.with_summer();
    assert_eq!(desk.does(&["ledger", "audit"]), "1 event, 0 transfers: every rule holds");
}
