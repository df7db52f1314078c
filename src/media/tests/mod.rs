//! The media room's promises, each on both engines.

mod batch_life;
mod contract;
mod issuing;
mod scanning;
