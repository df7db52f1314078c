//! The settlement table row by row, and what becomes of parked matters, on both engines.

mod disagreements;
mod names;
mod pages;
mod resolving;
mod returns;
mod reviews;
mod settling;
mod statuses;
mod suspense;
pub(crate) mod world;
