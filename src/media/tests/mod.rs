//! The media room's promises, each on both engines.

mod contract;
mod issuing;
mod scanning;
