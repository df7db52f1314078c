//! Readers never keep writers waiting, and what is read together is of one moment.

use crate::clock::Timestamp;
use crate::db::testing::{on_both_engines, on_postgres_address};
use crate::db::{Session, Store, take_lease};
use crate::values;
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
        let (scans,): (String,) = tx.one("SHOW enable_seqscan", values![]).await.unwrap();
        assert_eq!(scans, "off");
        drop(tx);
        store.close().await;
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
