//! The database room's promises, each on both engines.

mod migrations;
mod samples;
mod schema;
mod sessions;
