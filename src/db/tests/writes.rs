//! What waits to be written is written once, all of it or nothing.

use crate::db::testing::on_both_engines;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::values;

const INSERT: &str = "INSERT INTO leases (name, holder, held_until)
    SELECT r.name, r.holder, r.held_until FROM {rows} WHERE 1 = 1 ON CONFLICT DO NOTHING";
const UPDATE: &str = "UPDATE leases SET held_until = r.held_until FROM {rows} WHERE leases.name = r.name";
const TOKEN: &str = "INSERT INTO terminal_tokens (hash, event_id, terminal_id)
    SELECT r.hash, r.event_id, r.terminal_id FROM {rows}";

fn leases(names: &[&str], held_until: i64) -> Rows {
    let row = |name: &&str| [Value::from(*name), Value::from(uuid::Uuid::nil()), Value::from(held_until)];
    Rows::new(["name", "holder", "held_until"], names.iter().map(row))
}

fn held(name: &str, until: i64) -> Rows {
    Rows::new(["name", "held_until"], [[Value::from(name), Value::from(until)]])
}

fn token(tx: &mut Tx, number: u8) {
    let id = uuid::Uuid::from_bytes([number; 16]);
    let row = [Value::from([number; 32]), Value::from(id), Value::from(id)];
    tx.write("token", TOKEN, Rows::new(["hash", "event_id", "terminal_id"], [row]));
}

async fn counted(session: &mut Session) -> (i64, i64) {
    let sql = "SELECT (SELECT COUNT(*) FROM leases), (SELECT COUNT(*) FROM terminal_tokens)";
    session.one(sql, values![]).await.unwrap()
}

#[tokio::test]
async fn what_waits_is_written_before_the_next_read_and_the_commit() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        tx.write("lease", INSERT, leases(&["a", "b"], 1));
        token(&mut tx, 1);
        assert_eq!(counted(&mut tx).await, (2, 1));
        token(&mut tx, 2);
        tx.write("lease", INSERT, leases(&[], 1));
        tx.commit().await.unwrap();
        assert_eq!(counted(&mut store.read().await.unwrap()).await, (2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_not_written_undoes_all_that_was_written_with_it() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        tx.write("lease", INSERT, leases(&["a"], 1));
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        token(&mut tx, 1);
        tx.write("lease", INSERT, leases(&["a", "b"], 1));
        assert!(matches!(tx.commit().await, Err(Error::LostRace("lease"))));
        assert_eq!(counted(&mut store.read().await.unwrap()).await, (1, 0));
    })
    .await;
}

#[tokio::test]
async fn some_of_the_rows_may_be_there_already_where_that_is_said() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        tx.write_some("lease", INSERT, leases(&["a"], 1));
        token(&mut tx, 1);
        tx.write_some("lease", INSERT, leases(&["a", "b"], 1));
        tx.commit().await.unwrap();
        assert_eq!(counted(&mut store.read().await.unwrap()).await, (2, 1));
    })
    .await;
}

#[tokio::test]
async fn what_is_written_of_the_same_things_is_written_one_after_the_other() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        tx.write("lease", INSERT, leases(&["a"], 1));
        tx.write("lease", UPDATE, held("a", 7));
        tx.commit().await.unwrap();
        let mut reader = store.read().await.unwrap();
        let (until,): (i64,) =
            reader.one("SELECT held_until FROM leases WHERE name = 'a'", values![]).await.unwrap();
        assert_eq!(until, 7);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_forgotten_with_a_transaction_that_is_dropped() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        token(&mut tx, 1);
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        token(&mut tx, 2);
        tx.commit().await.unwrap();
        assert_eq!(counted(&mut store.read().await.unwrap()).await, (0, 1));
    })
    .await;
}
