//! Both engines have the same schema, and every migration can be run on a database that is in use.

use super::{samples, schema};
use crate::db::connect::{Pooler, Pools};
use crate::db::migrate::{POSTGRES, SQLITE};
use crate::db::testing::{on_both_addresses, on_both_engines, on_postgres_address, on_sqlite_address};
use crate::db::{Error, Session, Store, migrate};
use crate::values;
use sqlx::migrate::{MigrateError, Migrator};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use uuid::Uuid;

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_keys_and_indexes() {
    let schemas = Mutex::new(Vec::new());
    let read = async |url: String| {
        let store = Store::open(&url).await.unwrap();
        let found = schema::read(&mut store.read().await.unwrap()).await;
        schemas.lock().unwrap().push(found);
        store.close().await;
    };
    on_sqlite_address(read).await;
    on_postgres_address(read).await;
    let mut schemas = schemas.into_inner().unwrap();
    let (postgres, sqlite) = (schemas.pop().unwrap(), schemas.pop().unwrap());
    let names = |schema: &schema::Schema| schema.keys().cloned().collect::<Vec<String>>();
    assert_eq!(names(&sqlite), names(&postgres));
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "{name} differs: SQLite left, PostgreSQL right");
        assert!(!table.primary_key.is_empty(), "{name} has no primary key");
    }
}

/// Tables that are no event's own: the five directories, people, and what concerns the whole installation.
const WITHOUT_EVENT: [&str; 22] = [
    "audit_log",
    "batch_directory",
    "code_directory",
    "enrolment_codes",
    "events",
    "gates",
    "installation",
    "lanes",
    "leases",
    "operator_factors",
    "operator_links",
    "operator_recovery_codes",
    "operator_sessions",
    "operator_tokens",
    "operators",
    "order_directory",
    "payment_directory",
    "print_layouts",
    "printers",
    "profile_claims",
    "retired_hosts",
    "terminal_tokens",
];

#[tokio::test]
async fn the_event_leads_every_key_but_those_of_directories() {
    on_both_engines(async |store| {
        for (name, table) in schema::read(&mut store.read().await.unwrap()).await {
            let keys = std::iter::once(&table.primary_key).chain(&table.unique);
            for key in keys.filter(|_| !WITHOUT_EVENT.contains(&name.as_str())) {
                assert_eq!(key[0], "event_id", "{name}: {key:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_table_has_a_sample_row_and_every_migration_takes_the_rows_before_it() {
    on_both_addresses(async |url| {
        let store = Store(Pools::connect(&url, Pooler::None, true).await.unwrap());
        let mut tables = BTreeMap::new();
        for migration in SQLITE.iter() {
            migrate::run_to(&store, migration.version).await.unwrap();
            let mut tx = store.begin().await.unwrap();
            samples::insert(&mut tx, migration.version).await;
            tx.commit().await.unwrap();
            let mut session = store.read().await.unwrap();
            for name in schema::read(&mut session).await.into_keys() {
                let rows = rows_in(&mut session, &name).await;
                assert!(rows > 0, "{name} has no sample row: add one to samples.rs");
                let before = tables.insert(name.clone(), rows);
                assert!(before.is_none_or(|before| before <= rows), "{name} lost rows");
            }
        }
        assert!(tables.len() >= 30);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_written_before_a_column_for_it_is_read_from_that_column() {
    on_both_addresses(async |url| {
        let store = Store(Pools::connect(&url, Pooler::None, true).await.unwrap());
        migrate::run_to(&store, 1).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        samples::insert(&mut tx, 1).await;
        for said in ["refunded 2500", "charged back 40", "paid to nobody named"] {
            tx.execute(
                "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, opened_at)
                 SELECT id, $1, 'mismatch', 'bancontact/x/y', $2, 'told', 'told', 3 FROM events",
                values![Uuid::now_v7(), said],
            )
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        migrate::run_to(&store, 18).await.unwrap();
        let mut session = store.read().await.unwrap();
        let sql = "SELECT went_back_by, went_back_cents FROM parked ORDER BY said";
        let told: Vec<(Option<String>, Option<i64>)> = session.all(sql, values![]).await.unwrap();
        let back = |by: &str, cents| (Some(by.to_owned()), Some(cents));
        // The first is the sample's, which is no contradiction.
        assert_eq!(told, [(None, None), back("chargeback", 40), (None, None), back("refund", 2_500)]);
        let sql = "SELECT name, last_used_at FROM operator_tokens";
        let tokens: Vec<(String, Option<i64>)> = session.all(sql, values![]).await.unwrap();
        assert_eq!(tokens, [("without a name".to_owned(), None)]);
        drop(session);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_booked_as_sent_back_before_it_had_rows_of_its_own_has_them() {
    on_both_addresses(async |url| {
        let store = Store(Pools::connect(&url, Pooler::None, true).await.unwrap());
        migrate::run_to(&store, 1).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        samples::insert(&mut tx, 1).await;
        tx.commit().await.unwrap();
        migrate::run_to(&store, 20).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let [refunded, taken, disputed, marked] = [(); 4].map(|()| Uuid::now_v7());
        let of = [(refunded, "a/b/1"), (taken, "a/b/2"), (disputed, "a/b/3"), (marked, "a/b/4")];
        for (id, subject) in of {
            let sql = "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, amount_cents, opened_at,
                     resolved_at, resolution, transfer_id)
                 SELECT id, $1, 'suspense', $2, '', 'told', 'told', 70, 3, 4, 'return', $1 FROM events";
            tx.execute(sql, values![id, subject]).await.unwrap();
        }
        // Of the second a refund was told after the chargeback was booked, and of the third the chargeback was closed after the
        // refund was.
        for (subject, by, opened_at, resolved_at) in [
            ("a/b/1", "refund", 3_i64, None),
            ("a/b/2", "chargeback", 3, Some(5_i64)),
            ("a/b/2", "refund", 6, None),
            ("a/b/3", "chargeback", 3, Some(6)),
        ] {
            let sql = "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, opened_at, resolved_at,
                     went_back_by, went_back_cents)
                 SELECT id, $1, 'mismatch', $2, $3, 'told', 'told', $4, $5, $3, 70 FROM events";
            tx.execute(sql, values![Uuid::now_v7(), subject, by, opened_at, resolved_at]).await.unwrap();
        }
        for id in [refunded, taken, disputed] {
            let sql = "INSERT INTO transfers (event_id, id, code, debit_account, credit_account, amount_cents, fact_id,
                     lane, lane_number, at)
                 SELECT id, $1, 'refund-executed', $1, $2, 70, $1, 1, 1, 5 FROM events";
            tx.execute(sql, values![id, Uuid::now_v7()]).await.unwrap();
        }
        tx.commit().await.unwrap();
        migrate::run_to(&store, 22).await.unwrap();
        let mut session = store.read().await.unwrap();
        let sql = "SELECT id, was_cents, amount_cents, went_back_by, transfer_id FROM returned ORDER BY id";
        let found: Vec<(Uuid, i64, i64, String, Uuid)> = session.all(sql, values![]).await.unwrap();
        let row = |id, by: &str| (id, 0, 70, by.to_owned(), id);
        let rows = [row(refunded, "refund"), row(taken, "chargeback"), row(disputed, "refund")];
        assert_eq!(found, rows);
        drop(session);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_proposed_before_proposals_had_rows_of_their_own_still_waits_for_a_second_person() {
    on_both_addresses(async |url| {
        let store = Store(Pools::connect(&url, Pooler::None, true).await.unwrap());
        migrate::run_to(&store, 1).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        samples::insert(&mut tx, 1).await;
        tx.commit().await.unwrap();
        migrate::run_to(&store, 24).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let proposed = Uuid::now_v7();
        let sql = "INSERT INTO parked (event_id, id, kind, subject, said, reason, detail, amount_cents, opened_at,
                 proposal, proposed_by)
             SELECT id, $1, 'suspense', 'a/b/1', '', 'told', 'told', 70, 3, 'return', 'operator:an@fest.example'
             FROM events";
        tx.execute(sql, values![proposed]).await.unwrap();
        tx.commit().await.unwrap();
        migrate::run_to(&store, 25).await.unwrap();
        let mut session = store.read().await.unwrap();
        let sql = "SELECT parked_id, nth, person, said, said_at FROM proposals";
        let found: Vec<(Uuid, i64, String, String, Option<i64>)> = session.all(sql, values![]).await.unwrap();
        let an = "operator:an@fest.example".to_owned();
        assert_eq!(found, [(proposed, 1, an, "return".to_owned(), None)], "and none of the sample's, which had none");
        drop(session);
        store.close().await;
    })
    .await;
}

async fn rows_in(session: &mut Session, table: &str) -> i64 {
    // A table's name can't be bound, and a statement's text lives as long as the program.
    let sql: &'static str = format!("SELECT COUNT(*) FROM {table}").leak();
    let (rows,): (i64,) = session.one(sql, values![]).await.unwrap();
    rows
}

#[tokio::test]
async fn the_folders_are_what_the_migration_tool_takes_and_what_the_program_holds() {
    for (folder, embedded) in [("migrations/sqlite", &SQLITE), ("migrations/postgres", &*POSTGRES)] {
        let resolved = Migrator::new(Path::new(folder)).await.expect("the tool reads the folder");
        let named = |migrator: &Migrator| {
            migrator.iter().map(|m| (m.version, m.description.to_string())).collect::<Vec<_>>()
        };
        let checksums =
            |migrator: &Migrator| migrator.iter().map(|m| m.checksum.to_vec()).collect::<Vec<_>>();
        assert_eq!(named(&resolved), named(embedded), "{folder}");
        assert_eq!(checksums(&resolved), checksums(embedded), "{folder}");
        assert_eq!(named(embedded), named(&SQLITE), "both engines have the same migrations");
        let versions: Vec<i64> = embedded.iter().map(|m| m.version).collect();
        assert_eq!(versions, (1..).take(versions.len()).collect::<Vec<i64>>(), "numbered without gaps");
        assert!(embedded.iter().all(|m| !m.migration_type.is_down_migration()), "forward only");
    }
}

#[tokio::test]
async fn a_database_that_is_up_to_date_is_opened_again_and_again() {
    on_both_addresses(async |url| {
        for _ in 0..2 {
            Store::open(&url).await.unwrap().close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn processes_that_start_at_once_on_an_empty_database_all_start() {
    on_both_addresses(async |url| {
        let starts: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Store::open(&url).await })
            })
            .collect();
        for start in starts {
            start.await.unwrap().expect("it opens").close().await;
        }
    })
    .await;
}

#[test]
fn no_advisory_lock_is_taken_while_migrating() {
    assert!(!POSTGRES.locking);
}

#[tokio::test]
async fn a_schema_that_is_newer_than_the_program_is_refused() {
    on_both_addresses(async |url| {
        let store = Store::open(&url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.execute("UPDATE _sqlx_migrations SET version = version + 1000 WHERE version = 1", values![])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let error = Store::open(&url).await.expect_err("a newer schema");
        assert!(matches!(error, Error::NewerSchema(1001)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_ran_is_refused() {
    on_both_addresses(async |url| {
        let store = Store::open(&url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.execute("UPDATE _sqlx_migrations SET checksum = $1 WHERE version = 1", values![[9_u8; 32]])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let error = Store::open(&url).await.expect_err("an edited migration");
        assert!(matches!(error, Error::Migration(MigrateError::VersionMismatch(1))), "{error}");
    })
    .await;
}
