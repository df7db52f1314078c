//! The database room's promises, each on both engines.

mod contract;
mod migrations;
mod plans;
mod samples;
mod schema;
mod sessions;
mod writes;
