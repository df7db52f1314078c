//! Moves a medium along its life: activate, freeze, unfreeze, replace, revoke, spoil, quarantine, release.

use super::{BadSuccessor, MediumState, REASON_CHARS_MAX, Refusal};
use crate::audit_log::{Actor, Entry};
use crate::codes::{PAY_CODE_IN_TEXT, holds_pay_code};
use crate::events::Event;
use crate::ids::{EventId, MediumId, MoveId};
use crate::ledger::{Book, Entries, LaneError, LaneHandle, Moving, Request, Touches};
use crate::media::moves::store::MadeMove;
use crate::media::{LifecycleMove, Medium, MediumStatus, NotAllowedFrom, UnfreezeHash};
use crate::money::Cents;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Into use, where the event activates explicitly.
    Activate,
    /// No spending until it is found again. What its visitor froze becomes the help desk's.
    Freeze,
    /// Found again. The help desk may do that to every frozen medium, whoever froze it.
    Unfreeze,
    /// Frozen by whoever holds it.
    FreezeOwn {
        /// The hash of what undoes it.
        code: UnfreezeHash,
    },
    /// Found again by whoever froze it.
    UnfreezeOwn {
        /// The hash of what was typed.
        code: UnfreezeHash,
    },
    /// Its wallet goes to another, unused medium of the event, which becomes active.
    Replace {
        /// The successor.
        with: MediumId,
    },
    /// Ended without a successor. Needs a reason.
    Revoke,
    /// A misprint.
    Spoil,
    /// Lost or stolen before it was handed out; [`move_range`](super::move_range) does whole rolls.
    Quarantine,
    /// Back from quarantine.
    Release,
}

/// A lifecycle move to be made.
#[derive(Clone, Debug)]
pub struct Move {
    /// Whose medium.
    pub event: EventId,
    /// Which.
    pub medium: MediumId,
    /// Names this move: the same again under this id is answered, not done again; anything else is refused.
    pub id: MoveId,
    /// What is asked.
    pub asked: Asked,
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: Option<String>,
}

/// Makes a move. When it returns `Ok(Ok(…))` the move is committed, and no terminal of any instance charges on
/// the old status any more.
///
/// # Errors
/// The lane's. A refusal is not an error but an answer.
pub async fn move_medium(lane: &LaneHandle, order: Move) -> Result<Result<MediumState, Refusal>, LaneError> {
    let reason = order.reason.as_deref().map(str::trim).unwrap_or_default();
    if reason.chars().count() > REASON_CHARS_MAX {
        return Ok(Err(Refusal::Reason("a reason has at most 500 characters")));
    }
    if holds_pay_code(reason) {
        return Ok(Err(Refusal::Reason(PAY_CODE_IN_TEXT)));
    }
    if order.asked == Asked::Revoke && reason.is_empty() {
        return Ok(Err(Refusal::Reason("revoking needs a reason: it can't be undone")));
    }
    let reason = reason.to_owned();
    lane.submit(MoveRequest { order, reason }).await
}

struct MoveRequest {
    order: Move,
    reason: String,
}

impl Asked {
    fn lifecycle_move(self) -> LifecycleMove {
        match self {
            Asked::Activate => LifecycleMove::Activate,
            Asked::Freeze | Asked::FreezeOwn { .. } => LifecycleMove::Freeze,
            Asked::Unfreeze | Asked::UnfreezeOwn { .. } => LifecycleMove::Unfreeze,
            Asked::Replace { .. } => LifecycleMove::Replace,
            Asked::Revoke => LifecycleMove::Revoke,
            Asked::Spoil => LifecycleMove::Spoil,
            Asked::Quarantine => LifecycleMove::Quarantine,
            Asked::Release => LifecycleMove::Release,
        }
    }
}

impl Request for MoveRequest {
    type Answer = Result<MediumState, Refusal>;

    fn touches(&self, touches: &mut Touches) {
        touches.medium(self.order.event, self.order.medium);
        if let Asked::Replace { with } = self.order.asked {
            touches.medium(self.order.event, with);
        }
        touches.lifecycle_move(self.order.event, self.order.id);
        touches.event(self.order.event);
    }

    fn decide(&self, book: &mut Book) -> Result<MediumState, Refusal> {
        let before = self.medium(book, self.order.medium).ok_or(Refusal::UnknownMedium)?.clone();
        if let Some(made) = book.made_move(self.order.id) {
            if let Some(field) = self.differs(made) {
                return Err(Refusal::IdReused { field });
            }
        } else {
            let detail = self.make(book, &before)?;
            book.page::<Entries>().add(Entry {
                event: Some(self.order.event),
                reason: (!self.reason.is_empty()).then(|| self.reason.clone()),
                detail,
                ..Entry::new(
                    &self.order.actor,
                    self.order.asked.lifecycle_move().as_str(),
                    before.reference.as_str(),
                )
            });
        }
        let medium = book.medium(before.id).expect("found above").clone();
        let balance = book.wallet(medium.wallet_id).map_or(Cents::ZERO, |wallet| wallet.balance);
        Ok(MediumState { medium, balance })
    }
}

impl MoveRequest {
    fn medium<'b>(&self, book: &'b Book, id: MediumId) -> Option<&'b Medium> {
        book.medium(id).filter(|medium| medium.event_id == self.order.event)
    }

    /// What this asks for otherwise than the move that was made under its name.
    fn differs(&self, made: &MadeMove) -> Option<&'static str> {
        let asked = self.order.asked;
        let takes_over = asked == Asked::Freeze && made.from == MediumStatus::Frozen;
        let is_asked = match takes_over {
            true => made.to == MediumStatus::Frozen,
            false => made.from.after(asked.lifecycle_move()) == Ok(made.to),
        };
        let with = match asked {
            Asked::Replace { with } => Some(with),
            _ => None,
        };
        if made.medium != self.order.medium {
            Some("medium")
        } else if !is_asked {
            Some("move")
        } else if made.successor != with {
            Some("with")
        } else if made.reason != self.reason {
            Some("reason")
        } else {
            None
        }
    }

    /// Makes the move; answers what the audit log says besides.
    fn make(&self, book: &mut Book, before: &Medium) -> Result<Option<String>, Refusal> {
        let is_open = book.event(self.order.event).is_some_and(Event::is_open);
        if !is_open && !self.order.asked.lifecycle_move().outlasts_event() {
            return Err(Refusal::EventClosed);
        }
        match (self.order.asked, before.status, before.own_freeze) {
            (Asked::Replace { with }, _, _) => return self.replace(book, before, with).map(Some),
            (Asked::Freeze, MediumStatus::Frozen, Some(_)) => {
                book.confirm_medium(before.id, self.moving());
                return Ok(Some("freeze taken over from its visitor".to_owned()));
            }
            (Asked::FreezeOwn { code }, _, _) => {
                book.freeze_own(before.id, code, self.moving()).map_err(not_allowed)?;
                return Ok(None);
            }
            (Asked::UnfreezeOwn { .. }, MediumStatus::Frozen, None) => return Err(Refusal::FrozenByDesk),
            (Asked::UnfreezeOwn { code }, MediumStatus::Frozen, Some(shown)) if shown != code => {
                return Err(Refusal::WrongCode);
            }
            _ => {}
        }
        book.move_medium(before.id, self.moving()).map_err(not_allowed)?;
        Ok(None)
    }

    fn moving(&self) -> Moving {
        Moving {
            id: self.order.id,
            asked: self.order.asked.lifecycle_move(),
            actor: self.order.actor.to_string(),
            reason: self.reason.clone(),
        }
    }

    /// Answers what the audit log says of the successor.
    fn replace(&self, book: &mut Book, old: &Medium, with: MediumId) -> Result<String, Refusal> {
        old.status.after(LifecycleMove::Replace).map_err(not_allowed)?;
        let new = self.medium(book, with).ok_or(Refusal::Successor(BadSuccessor::Unknown))?;
        if let Some(why) = BadSuccessor::of(old, new) {
            return Err(Refusal::Successor(why));
        }
        let detail = format!("by {}", new.reference);
        book.replace_medium(old.id, with, self.moving()).map_err(not_allowed)?;
        Ok(detail)
    }
}

fn not_allowed(NotAllowedFrom(status): NotAllowedFrom) -> Refusal {
    Refusal::NotAllowedFrom(status)
}
