//! Audit log entries of a batch, written in the commit of what they tell of.

use super::Page;
use crate::audit_log::{self, Entry};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use futures_util::future::BoxFuture;

/// What people did in this batch: `book.page::<Entries>().add(…)`. Sales write none, so there are few.
#[derive(Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// Adds an entry to the batch.
    pub fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }
}

impl Page for Entries {
    type Key = ();

    fn begin(&mut self, _gate_moved: bool) {
        self.0.clear();
    }

    fn load<'a>(&'a mut self, _session: &'a mut Session, _keys: Vec<()>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            for entry in &self.0 {
                audit_log::store::write(tx, now, entry).await?;
            }
            Ok(())
        })
    }
}
