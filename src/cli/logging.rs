//! Logs: to standard error, so that a pipe carries results only.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// PostgreSQL remarks at every start that the table of migrations exists, which is as it should be; `lopdf` of every
/// file it can't read, which is answered in a sentence of ours.
const WITHOUT_REMARKS: &str = "sqlx::postgres::notice=warn,lopdf=off";

/// Starts logging: lines for people on a terminal, JSON elsewhere. `default` counts unless `POLSBAND_LOG` is set.
pub(super) fn start(default: &str) {
    let asked = std::env::var("POLSBAND_LOG").ok().filter(|text| !text.is_empty());
    let filter = asked.map_or_else(|| EnvFilter::new(format!("{default},{WITHOUT_REMARKS}")), EnvFilter::new);
    // A log that can't be written (its disk is full, its reader gone) is no reason to fail what was being logged.
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    // A second start, in a test, leaves the first as it is.
    let _ = if io::stderr().is_terminal() { lines.try_init() } else { lines.json().try_init() };
}
