//! Progress of long work: a bar on a terminal; on a pipe nothing, unless the log is asked for (`POLSBAND_LOG=info`), which
//! then has a line every few seconds.

use indicatif::{ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Between two lines of the log.
const LOGGED_EVERY: Duration = Duration::from_secs(5);

/// A bar on standard error; gone when dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    logged_at: Cell<Instant>,
}

impl Progress {
    /// Of work whose size is known.
    pub(super) fn of(total: u64, unit: &'static str) -> Progress {
        let template = format!("{{bar:40}} {{human_pos}} of {{human_len}} {unit}, {{eta}} left");
        Progress::styled(ProgressBar::new(total), &template)
    }

    /// Of work whose end nobody knows.
    pub(super) fn without_end() -> Progress {
        Progress::styled(ProgressBar::new_spinner(), "{spinner} {human_pos} {msg}")
    }

    fn styled(bar: ProgressBar, template: &str) -> Progress {
        bar.set_style(ProgressStyle::with_template(template).expect("these templates are right"));
        Progress { bar, logged_at: Cell::new(Instant::now()) }
    }

    /// So much is done.
    pub(super) fn at(&self, done: u64) {
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.logged_at.get().elapsed() >= LOGGED_EVERY {
            self.logged_at.set(Instant::now());
            tracing::info!(done, what = self.bar.message(), "under way");
        }
    }

    /// So much is done of this.
    pub(super) fn doing(&self, done: u64, what: String) {
        self.bar.set_message(what);
        self.at(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
