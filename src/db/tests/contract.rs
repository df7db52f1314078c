//! What every room builds on: values that come back as they went in, transactions, leases, the key file's fingerprint.

use crate::clock::Timestamp;
use crate::db::testing::{on_both_addresses, on_both_engines};
use crate::db::{
    Engine, Error, Rows, Store, Tx, Value, all_written, check_key_fingerprint, copy_sqlite_into,
    known_key_fingerprint, ping, release_lease, take_lease,
};
use crate::values;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

type Whole = (Uuid, Option<Uuid>, i64, Option<i64>, String, Option<String>, Vec<u8>, Option<Vec<u8>>);

const ODD_TEXTS: [&str; 9] =
    ["", " ", "'; DROP TABLE lanes; --", "null", "12", "1e3", "{rows}", "\u{1F37A} é\n\t\"\\", "$1"];
const ODD_NUMBERS: [i64; 7] = [0, 1, -1, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1];

/// A table of every column type, each once with and once without NOT NULL.
async fn table(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let sql = match store.engine() {
        Engine::Sqlite => {
            "CREATE TABLE odd (id BLOB PRIMARY KEY, u BLOB, n INTEGER NOT NULL, m INTEGER, t TEXT NOT NULL, s TEXT,
                 b BLOB NOT NULL, c BLOB) STRICT"
        }
        Engine::Postgres => {
            "CREATE TABLE odd (id UUID PRIMARY KEY, u UUID, n BIGINT NOT NULL, m BIGINT, t TEXT NOT NULL, s TEXT,
                 b BYTEA NOT NULL, c BYTEA)"
        }
    };
    tx.execute(sql, values![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn values_come_back_as_they_went_in_one_by_one_and_in_rows() {
    on_both_engines(async |store| {
        table(&store).await;
        let mut wholes: Vec<Whole> = Vec::new();
        for (number, text) in ODD_TEXTS.iter().enumerate() {
            let n = ODD_NUMBERS[number % ODD_NUMBERS.len()];
            let bytes = vec![u8::try_from(number).unwrap(), 0, 255];
            let id = Uuid::now_v7();
            let text = (*text).to_owned();
            wholes.push((id, Some(id), n, Some(n), text.clone(), Some(text), bytes.clone(), Some(bytes)));
            wholes.push((Uuid::now_v7(), None, n, None, "x".to_owned(), None, Vec::new(), None));
        }
        let values = |whole: &Whole| {
            let (id, u, n, m, t, s, b, c) = whole.clone();
            [
                Value::from(id),
                Value::from(u),
                Value::from(n),
                Value::from(m),
                Value::from(t),
                Value::from(s),
                Value::from(b),
                Value::from(c),
            ]
        };
        let mut tx = store.begin().await.unwrap();
        let (alone, together) = wholes.split_at(wholes.len() / 2);
        for whole in alone {
            let written = tx
                .execute(
                    "INSERT INTO odd (id, u, n, m, t, s, b, c) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    values(whole).into(),
                )
                .await
                .unwrap();
            assert_eq!(written, 1);
        }
        let rows = Rows::new(["id", "u", "n", "m", "t", "s", "b", "c"], together.iter().map(values));
        assert_eq!(rows.len(), together.len());
        let written = tx
            .execute_rows(
                "INSERT INTO odd (id, u, n, m, t, s, b, c)
                 SELECT r.id, r.u, r.n, r.m, r.t, r.s, r.b, r.c FROM {rows}",
                rows,
            )
            .await
            .unwrap();
        assert_eq!(written, u64::try_from(together.len()).unwrap());
        let found: Vec<Whole> =
            tx.all("SELECT id, u, n, m, t, s, b, c FROM odd ORDER BY id", values![]).await.unwrap();
        assert_eq!(found, wholes, "ids are ordered as they were made, on both engines");
        let ids = wholes.iter().map(|whole| [Value::from(whole.0)]);
        let joined: Vec<(Uuid,)> = tx
            .all_rows(
                "SELECT o.id FROM {rows} JOIN odd o ON o.id = r.id ORDER BY o.id",
                Rows::new(["id"], ids),
            )
            .await
            .unwrap();
        assert_eq!(joined.len(), wholes.len());
    })
    .await;
}

#[tokio::test]
async fn a_nul_in_a_text_is_replaced_the_same_on_both_engines() {
    on_both_engines(async |store| {
        let mut session = store.read().await.unwrap();
        let (alone,): (String,) = session.one("SELECT CAST($1 AS TEXT)", values!["a\0b"]).await.unwrap();
        let rows = Rows::new(["t"], [[Value::from("a\0b")]]);
        let together: Vec<(String,)> = session.all_rows("SELECT r.t FROM {rows}", rows).await.unwrap();
        assert_eq!((alone.as_str(), together[0].0.as_str()), ("a\u{FFFD}b", "a\u{FFFD}b"));
    })
    .await;
}

#[tokio::test]
async fn an_empty_set_of_rows_runs_nothing_and_a_large_one_runs_at_once() {
    on_both_engines(async |store| {
        table(&store).await;
        let mut tx = store.begin().await.unwrap();
        let none = Rows::new(["id"], std::iter::empty::<[Value; 1]>());
        assert!(none.is_empty());
        assert_eq!(tx.execute_rows("this is not even SQL {rows}", none.clone()).await.unwrap(), 0);
        let found: Vec<(Uuid,)> = tx.all_rows("nor is this {rows}", none).await.unwrap();
        assert_eq!(found, []);
        let many = (0..20_000_i64).map(|n| {
            [Value::from(Uuid::now_v7()), Value::from(n), Value::from("x"), Value::from(vec![1_u8])]
        });
        let written = tx
            .execute_rows(
                "INSERT INTO odd (id, n, t, b) SELECT r.id, r.n, r.t, r.b FROM {rows}",
                Rows::new(["id", "n", "t", "b"], many),
            )
            .await
            .unwrap();
        assert_eq!(written, 20_000);
        let (sum,): (i64,) = tx.one("SELECT CAST(SUM(n) AS BIGINT) FROM odd", values![]).await.unwrap();
        assert_eq!(sum, 199_990_000);
    })
    .await;
}

#[test]
#[should_panic(expected = "in a column of")]
fn a_value_of_another_type_than_its_column_is_a_mistake_of_the_callers() {
    let _ = Rows::new(["n"], [[Value::from(1)], [Value::from("one")]]);
}

#[tokio::test]
async fn one_row_is_demanded_and_an_optional_one_is_not() {
    on_both_engines(async |store| {
        let mut session = store.read().await.unwrap();
        let none: Option<(i64,)> =
            session.optional("SELECT epoch FROM lanes WHERE id = 77", values![]).await.unwrap();
        assert_eq!(none, None);
        let missing = session.one::<(i64,)>("SELECT epoch FROM lanes WHERE id = 77", values![]).await;
        assert!(matches!(missing, Err(Error::Database(sqlx::Error::RowNotFound))));
        ping(&mut session).await.unwrap();
    })
    .await;
}

async fn put_lease(tx: &mut Tx, name: &str) {
    assert!(take_lease(tx, name, Uuid::from_u128(1), Timestamp(1), Duration::from_secs(1)).await.unwrap());
}

async fn leases(store: &Store) -> i64 {
    let (rows,): (i64,) = store
        .read()
        .await
        .unwrap()
        .one("SELECT COUNT(*) FROM leases WHERE name <> 'gate'", values![])
        .await
        .unwrap();
    rows
}

#[tokio::test]
async fn a_transaction_is_kept_when_committed_and_gone_when_dropped() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        put_lease(&mut tx, "dropped").await;
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        put_lease(&mut tx, "kept").await;
        tx.commit().await.unwrap();
        assert_eq!(leases(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_lost_race_is_run_again_from_the_start_and_a_refusal_is_not() {
    on_both_engines(async |store| {
        let runs = Arc::new(AtomicU32::new(0));
        let race = |wins_at: u32| {
            let (store, runs) = (store.clone(), Arc::clone(&runs));
            async move {
                runs.store(0, Ordering::SeqCst);
                store
                    .transact(|tx| {
                        let runs = Arc::clone(&runs);
                        Box::pin(async move {
                            let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
                            put_lease(tx, &format!("try {wins_at}")).await;
                            if run < wins_at { Err(Error::LostRace("a row")) } else { Ok(run) }
                        })
                    })
                    .await
            }
        };
        assert_eq!(race(3).await.unwrap(), 3);
        assert_eq!(leases(&store).await, 1, "what was written before a lost race is gone");
        assert!(matches!(race(u32::MAX).await, Err(Error::LostRace("a row"))), "it gives up");
        assert!(runs.load(Ordering::SeqCst) <= 12);

        runs.store(0, Ordering::SeqCst);
        let refused = store
            .transact(|tx| {
                runs.fetch_add(1, Ordering::SeqCst);
                Box::pin(async move {
                    put_lease(tx, "refused").await;
                    Err::<(), Error>(Error::Corrupt("nonsense".to_owned()))
                })
            })
            .await;
        assert!(matches!(refused, Err(Error::Corrupt(_))));
        assert_eq!((runs.load(Ordering::SeqCst), leases(&store).await), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_read_then_write_transactions_lose_nothing() {
    on_both_engines(async |store| {
        let mut tx = store.begin().await.unwrap();
        tx.execute("INSERT INTO lanes (id, epoch, number, held_until) VALUES (1, 0, 0, 0)", values![])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let tasks = (0..20).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .transact(|tx| {
                        Box::pin(async move {
                            let (number,): (i64,) =
                                tx.one("SELECT number FROM lanes WHERE id = 1", values![]).await?;
                            let written = tx
                                .execute(
                                    "UPDATE lanes SET number = $1 WHERE id = 1 AND number = $2",
                                    values![number + 1, number],
                                )
                                .await?;
                            all_written(written, 1, "lane")
                        })
                    })
                    .await
            })
        });
        let mut done = 0;
        for outcome in futures_util::future::join_all(tasks).await {
            done += i64::from(outcome.unwrap().is_ok());
        }
        let (number,): (i64,) = store
            .read()
            .await
            .unwrap()
            .one("SELECT number FROM lanes WHERE id = 1", values![])
            .await
            .unwrap();
        assert_eq!(number, done, "each that succeeded counted once");
        assert!(done > 0 && (store.engine() == Engine::Postgres || done == 20));
    })
    .await;
}

#[tokio::test]
async fn a_lease_has_one_holder_until_it_ends() {
    on_both_engines(async |store| {
        let (anna, bert) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let minute = Duration::from_secs(60);
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let take = |name: &'static str, holder: Uuid, now: Timestamp| {
            let store = store.clone();
            async move {
                let mut tx = store.begin().await.unwrap();
                let taken = take_lease(&mut tx, name, holder, now, minute).await.unwrap();
                tx.commit().await.unwrap();
                taken
            }
        };
        assert!(take("reconcile", anna, at(0)).await);
        assert!(!take("reconcile", bert, at(30)).await);
        assert!(take("purge", bert, at(30)).await, "another lease");
        assert!(take("reconcile", anna, at(50)).await, "renewed");
        assert!(!take("reconcile", bert, at(110)).await, "held up to its last instant");
        assert!(take("reconcile", bert, at(111)).await);
        assert!(!take("reconcile", anna, at(112)).await);
        let mut tx = store.begin().await.unwrap();
        release_lease(&mut tx, "reconcile", anna).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!take("reconcile", anna, at(112)).await, "a stranger gives nothing back");
        let mut tx = store.begin().await.unwrap();
        release_lease(&mut tx, "reconcile", bert).await.unwrap();
        tx.commit().await.unwrap();
        assert!(take("reconcile", anna, at(112)).await);
        assert!(take("purge", anna, at(36_000)).await, "by a clock that was wrong");
        assert!(take("purge", bert, at(200)).await, "and is set right: nobody waits for hours");
    })
    .await;
}

#[tokio::test]
async fn the_first_key_file_is_remembered_and_another_is_refused() {
    on_both_engines(async |store| {
        assert_eq!(known_key_fingerprint(&mut store.read().await.unwrap()).await.unwrap(), None);
        for (fingerprint, ours) in [([1; 32], true), ([2; 32], false), ([1; 32], true)] {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(check_key_fingerprint(&mut tx, fingerprint, Timestamp(1)).await.unwrap(), ours);
            tx.commit().await.unwrap();
        }
        let known = known_key_fingerprint(&mut store.read().await.unwrap()).await.unwrap();
        assert_eq!(known, Some(vec![1; 32]));
    })
    .await;
}

#[tokio::test]
async fn a_copy_is_whole_while_others_write_and_overwrites_nothing() {
    on_both_addresses(async |url| {
        let store = Store::open(&url).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        put_lease(&mut tx, "before").await;
        tx.commit().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy's.db");
        let copied = {
            let mut writing = store.begin().await.unwrap();
            put_lease(&mut writing, "during").await;
            let mut session = store.read().await.unwrap();
            copy_sqlite_into(&mut session, copy.to_str().unwrap()).await
        };
        if store.engine() == Engine::Postgres {
            assert!(copied.is_err(), "PostgreSQL has tools of its own for that");
        } else {
            copied.unwrap();
            let again = copy_sqlite_into(&mut store.read().await.unwrap(), copy.to_str().unwrap()).await;
            assert!(again.is_err(), "it is there already");
            let opened = Store::open(&format!("sqlite://{}", copy.display())).await.unwrap();
            assert_eq!(leases(&opened).await, 1, "what was committed, and nothing else");
            opened.close().await;
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_that_names_no_database_is_refused_with_what_would_be_right() {
    for wrong in ["", "polsband.db", "mysql://x/y", "http://localhost/", "SQLITE://x"] {
        let error = Store::open(wrong).await.expect_err("it is none").to_string();
        assert!(error.contains("sqlite://polsband.db"), "{wrong}: {error}");
    }
    assert!(Store::open("postgres://127.0.0.1:1/none").await.is_err());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "not a database, and long enough to be taken for one")
        .unwrap();
    for place in ["file", "file/below/it.db", ""] {
        let url = format!("sqlite://{}/{place}", folder.path().display());
        assert!(Store::open(&url).await.is_err(), "{url} was opened");
    }
    let missing = format!("sqlite://{}/none.db", folder.path().display());
    assert!(Store::open_unchanged(&missing).await.is_err());
    assert!(!folder.path().join("none.db").exists(), "looking makes nothing");
}

#[test]
fn what_may_be_tried_again_and_what_may_have_happened_are_told_apart() {
    let race = Error::LostRace("a row");
    assert!(race.is_retryable() && !race.is_connection_lost() && !race.is_unavailable());
    let lost = Error::Database(sqlx::Error::Io(std::io::Error::other("cut")));
    assert!(!lost.is_retryable() && lost.is_connection_lost() && lost.is_unavailable());
    let busy = Error::Database(sqlx::Error::PoolTimedOut);
    assert!(!busy.is_retryable() && !busy.is_connection_lost() && busy.is_unavailable());
    let wrong = Error::Corrupt("nonsense".to_owned());
    assert!(!wrong.is_retryable() && !wrong.is_connection_lost() && !wrong.is_unavailable());
}
