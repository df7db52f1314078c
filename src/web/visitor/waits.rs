//! Money that was paid onto a wristband and is on no wallet: it arrived, and a person decides about it, or sends it back.

use super::holder::Holder;
use crate::clock::Timestamp;
use crate::codes::Reference;
use crate::db::{Error, Session};
use crate::helpdesk::story::{self, Gone, ReturnWay, Returned, Waiting};
use crate::ids::MediumId;
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::web::page::belgian_time;
use std::iter::once;

/// A payment that waits. Why it does may be the help desk's own affair, and stands on no visitor's page.
pub(super) struct Waits {
    pub(super) amount: Cents,
    pub(super) at: String,
}

impl Waits {
    /// What is left of it, if anything is.
    fn of(found: &Waiting) -> Option<Waits> {
        let amount = found.amount.minus(found.back).filter(|left| *left > Cents::ZERO)?;
        Some(Waits { amount, at: belgian_time(found.at) })
    }
}

/// Money of a payment that a person here marked for return, and that was on no wallet: what was stands among the movements. What a
/// provider or a bank took by itself is theirs to tell.
pub(super) struct Back {
    pub(super) amount: Cents,
    pub(super) at: String,
    /// It has gone.
    pub(super) is_gone: bool,
    /// And the payer's bank took it.
    pub(super) is_taken: bool,
}

impl Back {
    /// What of it is on its way, what was sent, and what the payer's bank took, as far as there is any.
    fn of(returned: &Returned) -> Vec<Back> {
        let ReturnWay::Marked(gone) = returned.way else { return Vec::new() };
        if returned.was_credited {
            return Vec::new();
        }
        let (marked, none) = (returned.at, Cents::ZERO);
        let gone = gone.unwrap_or(Gone { amount: none, taken: none, at: marked });
        let left = (returned.amount.minus(gone.amount), marked, [false, false]);
        let sent = (gone.amount.minus(gone.taken), gone.at, [true, false]);
        let taken = (Some(gone.taken), gone.at, [true, true]);
        let some = |(amount, at, [is_gone, is_taken]): (Option<Cents>, Timestamp, [bool; 2])| {
            let amount = amount.filter(|amount| amount.is_positive())?;
            Some(Back { amount, at: belgian_time(at), is_gone, is_taken })
        };
        [left, sent, taken].into_iter().filter_map(some).collect()
    }
}

/// What waits for a person, and what goes back, of the money that was paid onto the medium; where it has a say over its wallet, onto those it
/// replaced as well. One that was replaced tells nothing: its successor does.
pub(super) async fn elsewhere(
    session: &mut Session,
    holder: &Holder,
) -> Result<(Vec<Waits>, Vec<Back>), Error> {
    let medium = &holder.medium;
    if medium.status == MediumStatus::Replaced {
        return Ok((Vec::new(), Vec::new()));
    }
    let before = match holder.holds_wallet() {
        true => story::before(session, medium.event_id, medium.id).await?,
        false => Vec::new(),
    };
    let media: Vec<MediumId> = once(medium.id).chain(before.iter().map(|link| link.id)).collect();
    let references: Vec<&Reference> =
        once(&medium.reference).chain(before.iter().map(|link| &link.reference)).collect();
    let waiting = story::store::waiting(session, medium.event_id, &media).await?;
    let returned = story::store::returned(session, medium.event_id, &references).await?;
    Ok((waiting.iter().filter_map(Waits::of).collect(), returned.iter().flat_map(Back::of).collect()))
}
