//! Arguments that are one of a few words, or an id.

/// A parser for an enum of words: help lists the choices, and so does a refusal.
macro_rules! one_of {
    ($words:ty) => {{
        use clap::builder::{PossibleValuesParser, TypedValueParser};
        PossibleValuesParser::new(<$words>::ALL.iter().map(|word| word.as_str()))
            .map(|word| word.parse::<$words>().expect("only the listed words get here"))
    }};
}
pub(super) use one_of;

use crate::ids::{BatchId, TerminalId, TokenId};
use crate::print::Level;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A parser for a level of error correction; use it with `ignore_case`.
pub(super) fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.iter().map(|level| level.as_str()))
        .map(|word| word.to_ascii_uppercase().parse().expect("only the listed words get here"))
}

/// Reads the id of a batch.
pub(super) fn batch_id(text: &str) -> Result<BatchId, String> {
    text.trim()
        .parse()
        .map_err(|_| "not a batch's id: `media issue` prints it, `event show` lists them".to_owned())
}

/// Reads the id of an API token.
pub(super) fn token_id(text: &str) -> Result<TokenId, String> {
    text.trim().parse().map_err(|_| "not a token's id: `operator list --json` shows them".to_owned())
}

/// Reads the id of a terminal.
pub(super) fn terminal_id(text: &str) -> Result<TerminalId, String> {
    text.trim().parse().map_err(|_| "not a terminal's id: `terminal list` shows them".to_owned())
}
