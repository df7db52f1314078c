//! What printing remembers: layouts of one's own, what each printer needs, and what an event's sheets are dressed with.
//! All of it is checked when it is given, so that a sheet that is wanted tonight does not fail because of it.

mod artwork;
mod layouts;
mod names;
mod printers;
pub(in crate::media) mod store;

pub use artwork::{Artwork, ArtworkChange, artwork, change_artwork};
pub use layouts::{OwnLayout, add_layout, layout_file, layout_named, layouts_known, remove_layout};
pub use names::{add_point_of_sale, check_names, rename_point_of_sale, rename_vendor};
pub use printers::{Printer, printer_named, printers, remove_printer, set_printer};

use crate::db;
use crate::print::{LayoutError, LogoError, Refusal};

/// Why the print shop says no.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// There is none of this name.
    #[error("there is no {what} {name:?}; there are: {known}")]
    Unknown {
        /// `layout` or `printer`.
        what: &'static str,
        /// As asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// The name of a layout that comes with the program.
    #[error("{0} comes with the program: give your own another name")]
    BuiltIn(String),
    /// Too many of one's own.
    #[error("there are {0} already, which is the most: remove one first")]
    TooMany(usize),
    /// A name that can't be typed.
    #[error("a name has 1 to 40 of a-z, 0-9 and -")]
    Name,
    /// The layout can't be right.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The logo can't be printed.
    #[error(transparent)]
    Logo(#[from] LogoError),
    /// Not a colour.
    #[error("{0}")]
    Colour(String),
    /// The event is closed.
    #[error("the event is closed: its logo and colour stay as they are")]
    EventClosed,
    /// Out of its range.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for ShopError {
    fn is_retryable(&self) -> bool {
        matches!(self, ShopError::Database(error) if error.is_retryable())
    }
}

/// Most layouts of one's own, and most printers.
const OWN_MAX: usize = 200;

/// Refuses a name that could not be typed after a flag or in an address.
///
/// # Errors
/// [`ShopError::Name`].
pub fn check_name(name: &str) -> Result<(), ShopError> {
    let typed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=40).contains(&name.len()) && name.bytes().all(typed) && !name.starts_with('-');
    if fits { Ok(()) } else { Err(ShopError::Name) }
}

fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}
