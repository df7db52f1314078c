//! Readers never keep writers waiting, and what is read together is of one moment.

use crate::clock::Timestamp;
use crate::db::connect::Pools;
use crate::db::testing::{ISOLATION, on_both_engines, on_postgres_address, on_sqlite_address};
use crate::db::{Error, Pooler, Rows, Session, Store, Value, take_lease};
use crate::values;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use uuid::Uuid;

async fn leases(session: &mut Session) -> i64 {
    let (count,): (i64,) = session.one("SELECT COUNT(*) FROM leases", values![]).await.unwrap();
    count
}

#[tokio::test]
async fn a_writer_finds_a_connection_while_readers_hold_all_of_theirs() {
    on_both_engines(async |store| {
        let mut readers = Vec::new();
        for _ in 0..store.readers_max() {
            readers.push(store.read().await.unwrap());
        }
        let mut tx = store.begin().await.expect("no reader took the writers' connections");
        assert!(take_lease(&mut tx, "a", Uuid::nil(), Timestamp(1), Duration::from_secs(1)).await.unwrap());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_shows_one_moment_however_long_it_reads() {
    on_both_engines(async |store| {
        let mut snapshot = store.snapshot().await.unwrap();
        let before = leases(&mut snapshot).await;
        let mut tx = store.begin().await.unwrap();
        assert!(take_lease(&mut tx, "a", Uuid::nil(), Timestamp(1), Duration::from_secs(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(leases(&mut snapshot).await, before);
        drop(snapshot);
        assert_eq!(leases(&mut store.snapshot().await.unwrap()).await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn what_writes_finds_its_rows_by_key_however_small_a_table_was() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for setting in ["SHOW enable_seqscan", "SHOW jit"] {
            let (value,): (String,) = tx.one(setting, values![]).await.unwrap();
            assert_eq!(value, "off", "{setting}");
        }
        drop(tx);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn transactions_are_isolated_as_this_run_of_the_tests_asks_for() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let asked = std::env::var(ISOLATION).unwrap_or_else(|_| "read committed".to_owned());
        assert_eq!(isolation(&mut store.begin().await.unwrap()).await, asked);
        assert_eq!(isolation(&mut store.read().await.unwrap()).await, asked);
        assert_eq!(isolation(&mut store.snapshot().await.unwrap()).await, "repeatable read");
        store.close().await;
    })
    .await;
}

async fn isolation(session: &mut Session) -> String {
    session.one::<(String,)>("SHOW transaction_isolation", values![]).await.unwrap().0
}

/// A pooler hands the connection on after a transaction, with whatever was left on it.
#[tokio::test]
async fn behind_a_pooler_a_connection_remembers_nothing() {
    on_postgres_address(async |url| {
        Store::open(&url).await.unwrap().close().await;
        let store = Store::open_behind(&url, Pooler::Transaction).await.unwrap();
        for name in ["a", "b"] {
            let mut tx = store.begin().await.unwrap();
            assert!(take_lease(&mut tx, name, Uuid::nil(), Timestamp(1), Duration::ZERO).await.unwrap());
            assert_eq!(remembered(&mut tx).await, (0, Some("enable_seqscan,jit".to_owned())));
            tx.commit().await.unwrap();
            assert_eq!(leases(&mut store.read().await.unwrap()).await, if name == "a" { 1 } else { 2 });
        }
        assert_eq!(remembered(&mut store.read().await.unwrap()).await, (0, None));
        assert_eq!(remembered(&mut store.snapshot().await.unwrap()).await, (0, None));
        // What a transaction sets ends with it.
        let Pools::Postgres { writers, .. } = &store.0 else { panic!("this is PostgreSQL") };
        let (scans,): (String,) = sqlx::query_as("SHOW enable_seqscan").fetch_one(writers).await.unwrap();
        assert_eq!(scans, "on");
        store.close().await;

        let direct = Store::open(&url).await.unwrap();
        let (statements, settings) = remembered(&mut direct.begin().await.unwrap()).await;
        assert!(statements > 0, "without a pooler statements are prepared once");
        assert_eq!(settings.as_deref(), Some("enable_seqscan,jit,plan_cache_mode"));
        direct.close().await;
    })
    .await;
}

/// How many statements are prepared on a connection, and which settings are its own.
async fn remembered(session: &mut Session) -> (i64, Option<String>) {
    session
        .one(
            "SELECT (SELECT COUNT(*) FROM pg_prepared_statements),
                 (SELECT STRING_AGG(name, ',' ORDER BY name) FROM pg_settings
                  WHERE name IN ('enable_seqscan', 'jit', 'plan_cache_mode') AND source = 'session')",
            values![],
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn behind_a_pooler_tables_that_are_not_up_to_date_are_refused() {
    on_postgres_address(async |url| {
        let open = async || Store::open_behind(&url, Pooler::Transaction).await;
        assert!(matches!(open().await, Err(Error::OlderSchema)), "there are none");
        let direct = Store::open(&url).await.unwrap();
        open().await.unwrap().close().await;
        for (forged, is_older) in [
            ("DELETE FROM _sqlx_migrations WHERE version > 1", true),
            ("UPDATE _sqlx_migrations SET version = version + 1000", false),
        ] {
            let mut tx = direct.begin().await.unwrap();
            tx.execute(forged, values![]).await.unwrap();
            tx.commit().await.unwrap();
            let error = open().await.expect_err(forged);
            assert_eq!(matches!(error, Error::OlderSchema), is_older, "{error}");
            assert_eq!(matches!(error, Error::NewerSchema(_)), !is_older, "{error}");
        }
        direct.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_database_is_its_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    let store = Store::open(&format!("sqlite://{}", file.display())).await.unwrap();
    for name in ["new.db", "new.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
}

/// The log alone would take 64 MB before anything of it reached the file.
#[tokio::test]
async fn what_is_written_reaches_the_file_beside_the_writing() {
    on_sqlite_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let bytes = || std::fs::metadata(store.file().unwrap()).unwrap().len();
        let before = bytes();
        for _ in 0..100 {
            let names = (0..500).map(|_| [Value::from(Uuid::now_v7().to_string()), Value::from(Uuid::nil())]);
            let mut tx = store.begin().await.unwrap();
            let sql = "INSERT INTO leases (name, holder, held_until) SELECT r.name, r.holder, 0 FROM {rows}";
            tx.execute_rows(sql, Rows::new(["name", "holder"], names)).await.unwrap();
            tx.commit().await.unwrap();
            if bytes() > before + 100_000 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(bytes() > before + 100_000, "{} bytes in the file", bytes());
        store.close().await;
    })
    .await;
}

/// SQLite opens its log for reading when it can't be written, and says nothing; `query_only` refuses with the same error.
#[tokio::test]
async fn a_connection_that_can_not_write_is_opened_afresh() {
    on_sqlite_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let leases = async |name| {
            let mut tx = store.begin().await?;
            take_lease(&mut tx, name, Uuid::nil(), Timestamp(1), Duration::from_secs(1)).await?;
            tx.commit().await
        };
        for spoilt_while_at_rest in [true, false] {
            let mut tx = store.begin().await.unwrap();
            tx.execute("PRAGMA query_only = ON", values![]).await.unwrap();
            match spoilt_while_at_rest {
                true => tx.commit().await.unwrap(),
                false => {
                    let taken = take_lease(&mut tx, "a", Uuid::nil(), Timestamp(1), Duration::ZERO).await;
                    assert!(taken.expect_err("it reads only").is_unavailable());
                    drop(tx);
                }
            }
            if spoilt_while_at_rest {
                assert!(leases("b").await.expect_err("it reads only").is_unavailable());
            }
            leases("b").await.expect("the next connection writes");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_can_not_be_written_beside_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    std::fs::create_dir(folder.path().join("new.db-wal")).unwrap();
    let error =
        Store::open(&format!("sqlite://{}", file.display())).await.expect_err("a folder in the log's place");
    assert!(matches!(error, Error::Url(_)), "{error}");
    assert!(error.to_string().contains("new.db can't be opened to write"), "{error}");
}

#[tokio::test]
async fn a_server_without_our_database_is_everyones_failure() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let elsewhere = store.postgres_options().database("no_such_database");
        let missing =
            PgConnection::connect_with(&elsewhere).await.map_err(Error::from).expect_err("it is not there");
        assert!(missing.is_unavailable(), "{missing}");
        let mut session = store.read().await.unwrap();
        let wrong =
            session.all::<(i64,)>("SELECT no_such_column", values![]).await.expect_err("one statement's");
        assert!(!wrong.is_unavailable(), "{wrong}");
        drop(session);
        store.close().await;
    })
    .await;
}
