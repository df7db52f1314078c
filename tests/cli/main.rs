//! The command line, through the built program: for each command what it does and what it refuses, on both engines.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod backup;
mod batches;
mod callback;
mod desk;
mod events;
mod general;
mod ledger;
mod media;
mod operators;
mod printing;
mod products;
mod providers;
mod service;
mod sheet;
mod terminals;
