//! Money that was paid onto a wristband and is not on its wallet: it arrived, and a person decides about it, sends it back, or
//! put it on another one.

use super::holder::Holder;
use super::wallet::has_ended;
use crate::clock::Timestamp;
use crate::codes::Reference;
use crate::db::{Error, Session};
use crate::helpdesk::story::credited::{Credited, credited};
use crate::helpdesk::story::{self, Gone, ReturnWay, Returned, Waiting};
use crate::ids::MediumId;
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::web::page::belgian_time;
use std::iter::once;

/// All of it.
#[derive(Default)]
pub(super) struct Elsewhere {
    pub(super) waits: Vec<Waits>,
    /// When something came of which nobody knows yet how much.
    pub(super) reviews: Vec<String>,
    pub(super) back: Vec<Back>,
    pub(super) credited: Vec<Credited>,
}

/// A payment that waits. Why it does may be the help desk's own affair, and stands on no visitor's page.
pub(super) struct Waits {
    pub(super) amount: Cents,
    pub(super) at: String,
}

impl Waits {
    /// What is left of it, if anything is.
    fn of(found: &Waiting) -> Option<Waits> {
        let amount = found.amount?.minus(found.back).filter(|left| *left > Cents::ZERO)?;
        Some(Waits { amount, at: belgian_time(found.at) })
    }
}

/// Money of a payment that a person here marked for return, and that was on no wallet: what was stands among the movements. What a
/// provider or a bank took by itself, and nobody marked, is theirs to tell.
pub(super) struct Back {
    pub(super) amount: Cents,
    pub(super) at: String,
    /// It has gone.
    pub(super) is_gone: bool,
    /// And the payer's bank took it.
    pub(super) is_taken: bool,
}

impl Back {
    /// What of it is on its way, what was sent, and what the payer's bank took, as far as there is any. What that took is told
    /// of among all that went back before a person has closed it.
    fn of(returned: &Returned, all: &[Returned]) -> Vec<Back> {
        let ReturnWay::Marked(gone) = returned.way else { return Vec::new() };
        if returned.was_credited {
            return Vec::new();
        }
        let (marked, none) = (returned.at, Cents::ZERO);
        let gone = gone.unwrap_or(Gone { amount: none, taken: none, at: marked });
        let on_its_way = returned.amount.minus(gone.amount);
        let took = all.iter().find(|one| {
            let is_chargeback = matches!(one.way, ReturnWay::Chargeback(_));
            is_chargeback && one.payment == returned.payment && on_its_way <= Some(one.amount)
        });
        let left = match took {
            Some(took) => (on_its_way, took.at, [true, true]),
            None => (on_its_way, marked, [false, false]),
        };
        let sent = (gone.amount.minus(gone.taken), gone.at, [true, false]);
        let taken = (Some(gone.taken), gone.at, [true, true]);
        let some = |(amount, at, [is_gone, is_taken]): (Option<Cents>, Timestamp, [bool; 2])| {
            let amount = amount.filter(|amount| amount.is_positive())?;
            Some(Back { amount, at: belgian_time(at), is_gone, is_taken })
        };
        [left, sent, taken].into_iter().filter_map(some).collect()
    }
}

/// What became of the money that was paid onto the medium and did not reach its wallet; where it has a say over its wallet, onto
/// those it replaced as well. One that was replaced tells nothing: its successor does, while that has such a say.
pub(super) async fn elsewhere(
    session: &mut Session,
    holder: &Holder,
    last: MediumStatus,
) -> Result<Elsewhere, Error> {
    let medium = &holder.medium;
    if medium.status == MediumStatus::Replaced && !has_ended(last) {
        return Ok(Elsewhere::default());
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
    let in_review = waiting.iter().filter(|found| found.amount.is_none());
    Ok(Elsewhere {
        reviews: in_review.map(|found| belgian_time(found.at)).collect(),
        waits: waiting.iter().filter_map(Waits::of).collect(),
        back: returned.iter().flat_map(|one| Back::of(one, &returned)).collect(),
        credited: credited(session, medium.event_id, (medium.wallet_id, &media)).await?,
    })
}
