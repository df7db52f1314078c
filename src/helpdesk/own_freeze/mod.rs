//! Visitors freeze their own wristband, and unfreeze it with the code they were shown.
//!
//! Whoever holds the pay code may freeze: the visitor, and a thief as well. So the pay code does not unfreeze; a one-time
//! code does, which is shown once when freezing and stored as a keyed hash in the medium's own row. While the hash is
//! there the freeze is its visitor's; a frozen medium without one is the help desk's. Status and hash are read and written
//! together, in moves that hold the version of the wallet, so that nobody decides on who froze it a moment ago.

#[cfg(test)]
mod tests;

use super::{Asked, MediumState, Move, Refusal, move_medium};
use crate::audit_log::Actor;
use crate::codes::{draw_unfreeze_code, parse_unfreeze_code};
use crate::ids::MoveId;
use crate::ledger::{LaneError, LaneHandle};
use crate::media::{Medium, UnfreezeHash};
use crate::secrets::KeyFile;

/// A medium its visitor froze, and the code that undoes it: shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnFrozen {
    /// The code.
    pub code: String,
    /// The medium as it is then.
    pub state: MediumState,
}

/// Freezes a medium for whoever holds its pay code.
///
/// # Errors
/// The lane's. A refusal is not an error but an answer.
pub async fn freeze(
    lane: &LaneHandle,
    keys: &KeyFile,
    medium: &Medium,
) -> Result<Result<OwnFrozen, Refusal>, LaneError> {
    let code = draw_unfreeze_code(&mut rand::rng());
    let asked = Asked::FreezeOwn { code: UnfreezeHash::of(keys, medium, &code) };
    Ok(move_medium(lane, order(medium, asked)).await?.map(|state| OwnFrozen { code, state }))
}

/// Unfreezes what its visitor froze, with the code as typed.
///
/// # Errors
/// The lane's. A refusal is not an error but an answer.
pub async fn unfreeze(
    lane: &LaneHandle,
    keys: &KeyFile,
    medium: &Medium,
    typed: &str,
) -> Result<Result<MediumState, Refusal>, LaneError> {
    let Some(code) = parse_unfreeze_code(typed) else { return Ok(Err(Refusal::WrongCode)) };
    let asked = Asked::UnfreezeOwn { code: UnfreezeHash::of(keys, medium, &code) };
    move_medium(lane, order(medium, asked)).await
}

fn order(medium: &Medium, asked: Asked) -> Move {
    Move {
        event: medium.event_id,
        medium: medium.id,
        id: MoveId::new(),
        asked,
        actor: Actor::Visitor,
        reason: None,
    }
}
