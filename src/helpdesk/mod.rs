//! The help desk: lost, found, broken and misprinted media.
//!
//! Every lifecycle move goes through the ledger's lane like money does, because it decides about money: it
//! advances the version of the wallet behind the medium, so that a charge decided before the move can't commit
//! after it, on any instance. From the moment a move is answered, every terminal that asks gets the new state.
//!
//! Who may do what is the caller's to know; each move leaves a row in the medium's own history and an entry in
//! the audit log, in one commit with the move. A move asked for again under its own [`MoveId`](crate::ids::MoveId) is answered, not
//! done again; something else asked for under that id is refused, and the same under another id with the status that
//! stands in its way.
//! The API and the command line draw an id for each request: whoever lost the answer to a revoke and sends it again
//! is refused, and reads in the refusal's status that the medium is revoked.
//!
//! Visitors freeze by themselves, and undo that with a one-time code ([`own_freeze`]). What the help desk froze, it alone
//! undoes; it may undo a visitor's freeze as well, or make it its own.
//!
//! A roll that was lost or stolen before it was handed out is put in quarantine as a range of its batch
//! ([`move_range`]): what is in use by then is left alone and counted.
//!
//! Once an event is closed, what is left on its wallets still belongs to somebody: media are frozen, unfrozen, replaced and
//! revoked as before, and nothing else ([`LifecycleMove::outlasts_event`](crate::media::LifecycleMove::outlasts_event)).
//!
//! A medium is found by anything printed on it ([`Scanner::find`](crate::media::Scanner::find)); [`story`] tells what
//! happened to it.

mod move_medium;
pub mod own_freeze;
mod quarantine;
#[cfg(test)]
mod quarantine_tests;
pub mod story;
#[cfg(test)]
mod tests;

pub use move_medium::{Asked, Move, move_medium};
pub use quarantine::{
    Range, RangeError, RangeMove, RangeMoved, RangeOrder, RangeRefusal, find_end, find_range, move_range,
};

use crate::media::{Medium, MediumStatus};
use crate::money::Cents;

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// A medium after a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediumState {
    /// The medium, in its new status.
    pub medium: Medium,
    /// What its wallet holds.
    pub balance: Cents,
}

/// Why a medium was not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such medium in this event.
    UnknownMedium,
    /// Its status does not allow the move.
    NotAllowedFrom(MediumStatus),
    /// The event is closed, and this is of use only before.
    EventClosed,
    /// The successor can't take the wallet over.
    Successor(BadSuccessor),
    /// A reason is missing where one is needed, or too long.
    Reason(&'static str),
    /// The help desk froze it, or made the visitor's freeze its own.
    FrozenByDesk,
    /// Not the code that undoes this freeze.
    WrongCode,
    /// Something else was done under the id of this move.
    IdReused {
        /// What differs: `medium`, `move`, `with` or `reason`.
        field: &'static str,
    },
}

/// Why a medium can't take another one's wallet over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSuccessor {
    /// It is none of this event's.
    Unknown,
    /// It is the medium that is to be replaced.
    Same,
    /// It was used before.
    NotUnused(MediumStatus),
}

impl BadSuccessor {
    /// What keeps one medium from taking over the wallet of another, if anything.
    #[must_use]
    pub fn of(old: &Medium, new: &Medium) -> Option<BadSuccessor> {
        if new.id == old.id {
            Some(BadSuccessor::Same)
        } else if new.event_id != old.event_id {
            Some(BadSuccessor::Unknown)
        } else {
            (new.status != MediumStatus::Issued).then_some(BadSuccessor::NotUnused(new.status))
        }
    }
}

impl Refusal {
    /// The name of the problem, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::UnknownMedium | Refusal::Successor(BadSuccessor::Unknown) => "unknown-medium",
            Refusal::NotAllowedFrom(_) | Refusal::Successor(BadSuccessor::NotUnused(_)) => "not-allowed-from",
            Refusal::EventClosed => "event-closed",
            Refusal::Successor(BadSuccessor::Same) => "same-successor",
            Refusal::Reason(_) => "invalid-reason",
            Refusal::FrozenByDesk => "frozen-by-help-desk",
            Refusal::WrongCode => "wrong-code",
            Refusal::IdReused { .. } => "id-reused",
        }
    }

    /// The status that stands in the way, where one does: the medium's, or the successor's.
    #[must_use]
    pub fn medium_status(&self) -> Option<MediumStatus> {
        match self {
            Refusal::NotAllowedFrom(status) | Refusal::Successor(BadSuccessor::NotUnused(status)) => {
                Some(*status)
            }
            _ => None,
        }
    }

    /// What to tell whoever asked.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Refusal::UnknownMedium => "this event has no such wristband or card".to_owned(),
            Refusal::NotAllowedFrom(status) => format!("a wristband or card that is {status} can't do that"),
            Refusal::EventClosed => {
                "the event is closed: its wristbands and cards are only frozen, unfrozen, replaced or revoked"
                    .to_owned()
            }
            Refusal::Successor(BadSuccessor::Unknown) => {
                "the new one is none of this event's: take an unused one of the same event".to_owned()
            }
            Refusal::Successor(BadSuccessor::Same) => {
                "a wristband or card can't replace itself: scan the new one".to_owned()
            }
            Refusal::Successor(BadSuccessor::NotUnused(status)) => {
                format!("the new one is {status}: take one that was never used")
            }
            Refusal::Reason(why) => (*why).to_owned(),
            Refusal::FrozenByDesk => {
                "the help desk froze it, and the help desk alone unfreezes it".to_owned()
            }
            Refusal::WrongCode => "this is not the code that was shown when it was frozen".to_owned(),
            Refusal::IdReused { field } => {
                let otherwise = match *field {
                    "medium" => "for another wristband or card",
                    "move" => "for something else",
                    "with" => "with another new one",
                    _ => "with another reason",
                };
                format!("this form was already used {otherwise}, and that was done: open the page again")
            }
        }
    }
}
