//! Money that was paid onto a wristband and is on no wallet: it arrived, and a person decides about it.

use super::holder::Holder;
use crate::db::{Error, Session};
use crate::helpdesk::story::{self, Waiting};
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::web::page::belgian_time;

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

/// What waits for a person of the money that was paid onto the medium; where it has a say over its wallet, onto those it
/// replaced as well. One that was replaced tells nothing: its successor does.
pub(super) async fn waits(session: &mut Session, holder: &Holder) -> Result<Vec<Waits>, Error> {
    let medium = &holder.medium;
    if medium.status == MediumStatus::Replaced {
        return Ok(Vec::new());
    }
    let mut media = vec![medium.id];
    if holder.holds_wallet() {
        let before = story::before(session, medium.event_id, medium.id).await?;
        media.extend(before.into_iter().map(|link| link.id));
    }
    let found = story::store::waiting(session, medium.event_id, &media).await?;
    Ok(found.iter().filter_map(Waits::of).collect())
}
