//! Facts that don't fit together: each rule is one statement that finds what breaks it in a window of a table.

mod store;

pub(super) use store::{OF_TRANSFERS, ROWS_PER_WINDOW, WALKS, Walk, broken, end};
