//! Readers never keep writers waiting, and what is read together is of one moment.

use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::db::{Session, take_lease};
use crate::values;
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
