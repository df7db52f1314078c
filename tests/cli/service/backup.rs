//! A copy made while the service is at work.

use super::festival::Festival;
use super::harness::{Server, run};
use super::load::{Load, Told};
use crate::desk::{Desk, on_both_engines};
use serde_json::json;
use std::time::Instant;

const WRISTBANDS: usize = 12;
const TILLS: usize = 8;
const ACCEPTED_BEFORE: usize = 150;
const ACCEPTED_AFTER: usize = 30;
const COPY: [&str; 2] = ["--database-url", "sqlite://copy.db"];

#[test]
fn a_backup_under_load_holds_whatever_was_answered_before_it_began() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, WRISTBANDS as u32, TILLS).await;
            festival.fund(WRISTBANDS, 5_000).await;
            let load = Load::start(&festival, festival.terminals.clone());
            load.waits_for(ACCEPTED_BEFORE);
            let began = Instant::now();
            let is_copied = copies(desk);
            load.waits_for(load.accepted() + ACCEPTED_AFTER);
            let told = load.ends().await.and_before(WRISTBANDS, 5_000);
            assert_eq!(told.lost(), [], "a backup disturbs nobody");
            if is_copied {
                holds(desk, &told.until(began)).await;
            }
            festival.reconciles(&server).await;
            told.is_in_the_books(&festival, &server).await;
        });
    });
}

/// Runs the command; PostgreSQL is left to its own tools.
fn copies(desk: &Desk) -> bool {
    let is_sqlite = desk.database_url().starts_with("sqlite:");
    if is_sqlite {
        desk.prints(&["backup", "copy.db"]);
    } else {
        assert!(desk.refuses(&["backup", "copy.db"]).contains("pg_dump"));
    }
    assert_eq!(desk.path("copy.db").exists(), is_sqlite);
    is_sqlite
}

/// The copy is whole, and served in the place of the database it says what clients were told.
async fn holds(desk: &Desk, told: &Told) {
    assert!(told.sales.len() >= ACCEPTED_BEFORE);
    assert_eq!(desk.prints(&[&["ledger", "audit"], &COPY[..]].concat()), json!([]));
    let restored = Server::with(desk, "127.0.0.1:0", &[("DATABASE_URL", "sqlite://copy.db")]);
    told.is_true_at(&restored).await;
}
