//! Checkpoints: SQLite's log, moved into its file beside the writing.
//!
//! A commit appends the pages it changed to the log, and at some time they must go into the file. Whoever writes does that
//! as a rule, after each thousand pages, and all others wait. In a large festival those pages lie all over the file:
//! with a million wallets the p99 of 64 tills was 2.3 times that of a small festival, with ten million transfers 6.9 times.
//! So a connection of its own does it, in small steps, each after so many rows; in steps that were five times as long,
//! commits waited behind them for 150 ms. It can't begin the log anew while somebody writes: the writer does that when the
//! log has grown to [`LOG_PAGES_MAX`], and finds little left to move.

use sqlx::SqlitePool;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Rows that are written between two steps: about a hundred charges.
const ROWS: u64 = 400;
/// At how many pages of 4 KiB the writer takes a step itself, after which the log begins anew.
pub(super) const LOG_PAGES_MAX: u32 = 16_000;

/// Shared by the sessions of a store that write.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints(Arc<Due>);

#[derive(Debug)]
struct Due {
    rows: AtomicU64,
    steps: mpsc::Sender<()>,
    pool: SqlitePool,
}

impl Checkpoints {
    /// Takes steps on the connection of this pool, until nobody writes any more.
    pub(super) fn on(pool: SqlitePool) -> Checkpoints {
        let (steps, mut due) = mpsc::channel(1);
        let stepping = pool.clone();
        tokio::spawn(async move {
            while due.recv().await.is_some() {
                // One that fails is made up for by the next.
                if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&stepping).await {
                    tracing::debug!(%error, "a checkpoint failed");
                }
            }
        });
        Checkpoints(Arc::new(Due { rows: AtomicU64::new(0), steps, pool }))
    }

    /// So many rows more are durable.
    pub(super) fn written(&self, rows: u64) {
        let waiting = self.0.rows.fetch_add(rows, Ordering::Relaxed).saturating_add(rows);
        if waiting >= ROWS && self.0.steps.try_send(()).is_ok() {
            self.0.rows.store(0, Ordering::Relaxed);
        }
    }

    /// Waits until its connection is closed.
    pub(super) async fn close(&self) {
        self.0.pool.close().await;
    }
}
