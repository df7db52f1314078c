//! Progress of long work: a bar on a terminal, nothing anywhere else.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error; gone when dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of work whose size is known.
    pub(super) fn of(total: u64, unit: &'static str) -> Progress {
        let template = format!("{{bar:40}} {{human_pos}} of {{human_len}} {unit}, {{eta}} left");
        Progress::styled(ProgressBar::new(total), &template)
    }

    /// Of work whose end nobody knows.
    pub(super) fn without_end(unit: &'static str) -> Progress {
        Progress::styled(ProgressBar::new_spinner(), &format!("{{spinner}} {{human_pos}} {unit}"))
    }

    fn styled(bar: ProgressBar, template: &str) -> Progress {
        bar.set_style(ProgressStyle::with_template(template).expect("these templates are right"));
        Progress(bar)
    }

    /// So much is done.
    pub(super) fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
