//! Logs: to standard error, so that a pipe carries results only.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// What a command logs unless `POLSBAND_LOG` says otherwise.
const COMMAND: &str = "warn";
/// And what a service logs.
const SERVICE: &str = "info";

/// Starts logging: lines for people on a terminal, JSON elsewhere.
pub(super) fn start(is_service: bool) {
    let default = if is_service { SERVICE } else { COMMAND };
    let asked = std::env::var("POLSBAND_LOG").ok().filter(|text| !text.is_empty());
    let filter = asked.as_deref().map_or_else(|| EnvFilter::new(default), EnvFilter::new);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second start, in a test, leaves the first as it is.
    let _ = if io::stderr().is_terminal() { lines.try_init() } else { lines.json().try_init() };
}
