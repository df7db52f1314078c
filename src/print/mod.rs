//! Printing: layouts, codes and sheets. Pure: data in, bytes out; no clock, no randomness, no files.
//!
//! A sheet can't be fixed once it hangs on thousands of wrists, so everything that can be known beforehand
//! is said beforehand: [`plan`] takes a [`Layout`], the texts and the longest codes of a batch, places every
//! element of a cell, and answers with the module size and version each code gets, or with a [`Refusal`]
//! that names the numbers. Whatever a plan holds can be printed.
//!
//! ```text
//! Layout (TOML) ─┐
//! SheetText ─────┼→ plan → Plan → write_pdf(pieces) → bytes
//! Longest codes ─┘
//! ```
//!
//! - **Sharp at any resolution.** A code is a 1-bit image mask of one pixel a module, inside the page's own
//!   stream, and lettering is outlines. Measured against rectangles, polygons and merged runs this form was
//!   the smallest and the only one whose every code decoded at 150, 300 and 400 dpi: vector modules leave
//!   hairline seams under anti-aliasing. Everything is K 100, pure black.
//! - **Memory does not grow with the batch.** printpdf makes the document's skeleton once (subset fonts,
//!   resources, information, boxes); pages are then drawn on all cores in bounded chunks and written as they
//!   are ready. Only eight bytes an object are kept, for the table at the end of the file.
//! - **Same input, same bytes**, on any machine with any number of threads: pages are independent and written
//!   in order, and there is no date and no random id in the file.
//! - **The best mask at a fraction of its price.** Choosing among QR's eight masks is 95% of encoding in
//!   `qrcode`; `mask.rs` scores them with whole rows as machine words and chooses the same one.
//!
//! - **An event's own look stays clear of the codes.** A [`Logo`] is checked when it is given and drawn in printing
//!   inks, a [`Colour`] fills bars and rules; `arrange` refuses whatever would touch a quiet zone or stand where the
//!   layout keeps it out.
//! - **A specimen for the screen.** [`specimen_svg`] draws a piece of a plan with codes that say so.
//! - **The books on paper.** [`tables_pdf`] sets tables of figures on A4, with the same fonts and the same writer.
//! - **What was written can be read back.** [`read_codes`] decodes the masks of a PDF, [`write_manifest`] tells the pieces
//!   of a batch by hashes.
//!
//! Lengths are whole nanometres ([`Length`]): no rounding adds up over a page, and no float decides whether
//! a code fits.

mod arrange;
mod calibrate;
mod choice;
mod colour;
mod column;
mod counted;
mod draw;
mod encode;
mod file;
mod font;
mod layout;
mod length;
mod logo;
mod manifest;
mod mask;
mod page;
mod picture;
mod plan;
mod skeleton;
mod specimen;
mod tables;
mod verify;
mod words;
mod write_csv;
mod write_pdf;
mod write_zip;

#[cfg(test)]
mod proof;
#[cfg(test)]
pub(crate) use proof::text_of;

pub use calibrate::calibration_pdf;
pub use choice::Choice;
pub use colour::Colour;
pub use encode::Level;
pub use font::check as check_characters;
pub use layout::{Kind, Layout, LayoutError, layout_source, layouts};
pub use length::{Length, parse_scale};
pub use logo::{LOGO_BYTES_MAX, Logo, LogoError};
pub use manifest::write_manifest;
pub use picture::{qr_png, qr_svg, qr_terminal};
pub use plan::{CodePlan, Listing, Plan, check_options, check_text, list, list_usual, plan};
pub use specimen::{specimen_size, specimen_svg};
pub use tables::{Column, Table, Tables, tables_pdf};
pub use verify::{Flaw, SheetCode, VerifyError, read_codes};
pub use write_csv::write_csv;
pub use write_pdf::{Summary, write_pdf};
pub use write_zip::{PICTURES_PER_PIECE, write_zip};

use crate::codes::{PayCode, Reference, Serial};
pub use crate::language::Language;
use crate::money::Cents;
use std::fmt;
use std::sync::Arc;

/// Smallest module that is printed at all.
pub const MODULE_LEAST: Length = Length::um(330);

/// Smallest module that is recommended; below it a plan warns.
pub const MODULE_GOOD: Length = Length::um(396);

/// Light modules that must surround a code on every side.
pub const QUIET_MODULES: i64 = 4;

/// One wristband or card of a batch with everything that is printed on it.
#[derive(Clone)]
pub struct Piece {
    /// Position in the batch, from 1.
    pub sequence: u64,
    /// Printed for people, grouped 4-4.
    pub serial: Serial,
    /// What the top-up code is paid onto.
    pub reference: Reference,
    /// Exact text of the top-up QR.
    pub qr_text: String,
    /// The secret that spends.
    pub pay_code: PayCode,
    /// Exact text of the pay-code QR: the bare code or its upper-case link.
    pub pay_qr_text: String,
}

impl fmt::Debug for Piece {
    /// Leaves out the pay code and the text that holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("sequence", &self.sequence)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// What on a sheet is the event's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetText {
    /// As visitors know the event.
    pub event_name: String,
    /// Whom a bank app must show as payee; printed as "Pay only to …".
    pub merchant: String,
    /// Language of everything around them.
    pub language: Language,
    /// What each scan of the top-up code costs, where the payer can't choose.
    pub fixed_amount: Option<Cents>,
    /// True where the top-up code pays as well, so that nobody may see it.
    pub spends: bool,
    /// Printed where the layout has room for it.
    pub logo: Option<Arc<Logo>>,
    /// Of bars and rules; never of a code or near one.
    pub colour: Option<Colour>,
}

/// The longest texts that codes of a batch hold; all pieces get the same QR version from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Longest<'a> {
    /// Longest `qr_text`.
    pub qr_text: &'a str,
    /// Longest `pay_qr_text`.
    pub pay_qr_text: &'a str,
}

/// How a sheet is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Resolution of the printer: modules become whole dots where that keeps them at 0.33 mm or more.
    pub dpi: Option<u32>,
    /// Moves everything to the right, for a printer that prints too far left.
    pub nudge_x: Length,
    /// Moves everything down.
    pub nudge_y: Length,
    /// Size of the print in millionths, from the page's top left corner: 1,002,000 for a printer that
    /// prints 0.2% too small.
    pub scale_ppm: u32,
    /// Error correction of the top-up code: M for what stays flat, Q where a band wraps or creases.
    pub level: Level,
}

impl Options {
    /// A length as it comes out on this printer's file.
    pub(crate) fn scaled(&self, length: Length) -> Length {
        let nm = i128::from(length.as_nm()) * i128::from(self.scale_ppm) / 1_000_000;
        Length::nm(i64::try_from(nm).expect("at most a few metres"))
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dpi: None,
            nudge_x: Length::ZERO,
            nudge_y: Length::ZERO,
            scale_ppm: 1_000_000,
            level: Level::M,
        }
    }
}

/// Which of a piece's two codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Adds money.
    TopUp,
    /// Spends it.
    Pay,
}

impl fmt::Display for CodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CodeKind::TopUp => "top-up code",
            CodeKind::Pay => "pay code",
        })
    }
}

/// Why a sheet, a code or a list can't be made from what was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A scanner would not read it.
    #[error(
        "the {code} would have modules of {module} on {layout} ({modules} modules and 8 of quiet zone); \
         at least {MODULE_LEAST} is needed: take a larger layout or a shorter code"
    )]
    ModuleTooSmall {
        /// Which code.
        code: CodeKind,
        /// Name of the layout.
        layout: String,
        /// What fits.
        module: Length,
        /// Modules across, without the quiet zone.
        modules: i64,
    },
    /// The cell is too small or too narrow for what must stand in it.
    #[error("{layout} has no room for the {what}: {detail}")]
    NoRoom {
        /// Name of the layout.
        layout: String,
        /// The element.
        what: String,
        /// The two sizes.
        detail: String,
    },
    /// The printer's own nudge and scale push something off the paper.
    #[error("with this nudge and scale the {what} would end {over} beyond the {edge} of the page")]
    OffPage {
        /// A code, a text, the serial, the logo or the whole piece.
        what: String,
        /// By how much.
        over: Length,
        /// `left`, `right`, `top` or `bottom`.
        edge: &'static str,
    },
    /// The text does not fit a QR of the largest version printed here.
    #[error("the {what} is {bytes} bytes long; at most {bytes_max} fit a code here")]
    CodeTooLong {
        /// Which text.
        what: String,
        /// Its length.
        bytes: usize,
        /// What fits.
        bytes_max: usize,
    },
    /// A code holds more than the plan was made for.
    #[error("the {code} of piece {sequence} is longer than the longest the sheet was planned for")]
    LongerThanPlanned {
        /// Which code.
        code: CodeKind,
        /// The piece.
        sequence: u64,
    },
    /// Pay codes use QR's alphanumeric mode, which has digits, capitals, space and `$%*+-./:` only.
    #[error(
        "the pay code text of piece {sequence} has a character outside digits, capitals, space and $%*+-./:"
    )]
    NotAlphanumeric {
        /// The piece; 0 when the longest text of a batch is meant.
        sequence: u64,
    },
    /// The printed font lacks it.
    #[error("the printed font has no character “{character}” (in “{text}”)")]
    Character {
        /// The first one that is missing.
        character: char,
        /// Where it stands.
        text: String,
    },
    /// A text of the event is empty or too long to print.
    #[error("{what} must have 1 to {chars_max} characters, none of them a control character")]
    Text {
        /// Which text.
        what: &'static str,
        /// Longest allowed.
        chars_max: usize,
    },
    /// An option is outside its range.
    #[error("{option} must lie between {least} and {most}")]
    Option {
        /// Which option.
        option: &'static str,
        /// Lower end.
        least: String,
        /// Upper end.
        most: String,
    },
    /// A spreadsheet would read the value as something else.
    #[error("{column} of piece {sequence} would be changed by a spreadsheet")]
    Spreadsheet {
        /// The column.
        column: &'static str,
        /// The piece.
        sequence: u64,
    },
}

/// Why writing stopped. `E` is the caller's own error while fetching pieces.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The next piece could not be fetched.
    #[error("the batch could not be read")]
    Source(#[source] E),
    /// The bytes could not be written.
    #[error("the output could not be written")]
    Output(#[from] std::io::Error),
    /// A piece does not fit the plan.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
