//! What a matter's money was paid onto: what its wallet holds, whether that can be credited, and who had stopped it.

use crate::codes::Reference;
use crate::db::Store;
use crate::events::{Activation, OverBalance, Rules};
use crate::helpdesk::story::chain;
use crate::ids::EventId;
use crate::media::moves::store::{MoveRow, moves};
use crate::media::store::MediumView;
use crate::media::{Found, MediumStatus, Scanner};
use crate::money::Cents;
use crate::payments::Suspended;
use crate::payments::parked::store::{ParkedStory, ParkedView};
use crate::payments::parked::takes_parked;
use crate::web::console::at::AtFestival;
use crate::web::console::words;
use crate::web::page::belgian_time;
use crate::web::problem::Problem;

/// The medium that was paid.
pub(super) struct PaidOnto {
    pub(super) reference: Reference,
    /// As it is printed.
    pub(super) serial: String,
    /// What its wallet holds, would hold and may hold, where that is why the money waits.
    pub(super) over: Option<String>,
    /// Its wallet can be credited, and nothing says that it was not meant.
    pub(super) is_usable: bool,
}

/// The medium that a matter's money was paid onto, if it was one of ours.
pub(super) async fn paid_onto<R>(
    at: &AtFestival<R>,
    store: &Store,
    scanner: &Scanner,
    matter: &ParkedView,
) -> Result<Option<PaidOnto>, Problem> {
    let Some(reference) = &matter.reference else { return Ok(None) };
    let Found::Medium(view) = scanner.find(reference.as_str()).await? else { return Ok(None) };
    let MediumView { medium, balance, .. } = *view;
    let (_, after) = chain(&mut *store.read().await?, at.event.id, medium.id).await?;
    let holder = after.last().map_or(medium.status, |last| last.status);
    let rules = &at.event.rules;
    let takes = |status| takes_parked(status, rules.activation == Activation::Explicit);
    let reason = matter.reason.parse::<Suspended>().ok();
    let is_over = reason == Some(Suspended::OverBalance);
    let amount = matter.amount_cents.map(Cents).filter(|_| is_over);
    Ok(Some(PaidOnto {
        reference: reference.clone(),
        serial: medium.serial.grouped(),
        over: amount.map(|amount| over(rules, balance, amount)),
        is_usable: takes(medium.status) && takes(holder) && reason != Some(Suspended::PossibleCounterfeit),
    }))
}

/// Why money found no room on a wallet, as both are now.
fn over(rules: &Rules, balance: Cents, amount: Cents) -> String {
    let most = rules.balance_max.filter(|_| rules.over_balance == OverBalance::Suspense);
    match (balance.plus(amount), most) {
        (Some(with), Some(most)) if with > most => format!(
            "Its wallet holds {balance}; with this it would hold {with}, and {most} is the most. Credited here, it goes \
             over that."
        ),
        _ => format!("Its wallet holds {balance} now, and this fits on it."),
    }
}

/// Who took a medium out of use, and why.
pub(super) struct Stopped {
    pub(super) status: MediumStatus,
    pub(super) by: String,
    pub(super) why: String,
    pub(super) at: String,
}

/// The move that had stopped the medium when it was paid.
pub(super) async fn stopped(
    store: &Store,
    event: EventId,
    found: &ParkedStory,
) -> Result<Option<Stopped>, Problem> {
    let (Some(medium), Ok(status)) = (found.medium_id, found.matter.reason.parse::<MediumStatus>()) else {
        return Ok(None);
    };
    let moves = moves(&mut *store.read().await?, event, medium).await?;
    let stops = |row: &MoveRow| row.to_status == status.as_str() && row.at <= found.matter.opened_at;
    Ok(moves.into_iter().rfind(stops).map(|row| Stopped {
        status,
        by: words::who(&row.actor),
        why: row.reason,
        at: belgian_time(row.at),
    }))
}
