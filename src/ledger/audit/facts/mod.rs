//! Facts that don't fit together: each rule is one statement that finds what breaks it.

mod store;

pub(super) use store::{Rule, broken};
