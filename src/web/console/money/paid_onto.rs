//! What a matter's money was paid onto: whether that can be credited, who had stopped it; and whether the money fits on a
//! wallet.

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
use crate::payments::parked::{Resolution, takes_parked};
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::words;
use crate::web::page::belgian_time;
use crate::web::problem::Problem;

/// The medium that was paid.
pub(super) struct PaidOnto {
    pub(super) reference: Reference,
    /// As it is printed.
    pub(super) serial: String,
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
    let MediumView { medium, .. } = *view;
    let (_, after) = chain(&mut *store.read().await?, at.event.id, medium.id).await?;
    let holder = after.last().map_or(medium.status, |last| last.status);
    let takes = |status| takes_parked(status, at.event.rules.activation == Activation::Explicit);
    let reason = matter.reason.parse::<Suspended>().ok();
    Ok(Some(PaidOnto {
        reference: reference.clone(),
        serial: medium.serial.grouped(),
        is_usable: takes(medium.status) && takes(holder) && reason != Some(Suspended::PossibleCounterfeit),
    }))
}

/// Whether a matter's money fits on a wallet.
pub(super) struct Room {
    pub(super) said: String,
    /// Where it doesn't: of which medium that is said, and how much it would hold, as the form carries it.
    pub(super) warned: Option<String>,
}

/// The most that a wallet holds, where what leads over it is not simply credited.
fn most(rules: &Rules) -> Option<Cents> {
    rules.balance_max.filter(|_| rules.over_balance == OverBalance::Suspense)
}

/// What the page that was sent had said that the wallet which is meant would hold; nothing, where it had said that of another.
pub(super) fn told(form: &Form, resolution: &Resolution) -> Option<Cents> {
    let Resolution::To { reference, .. } = resolution else { return None };
    let said = form.text("warned").split_once(' ').filter(|(of, _)| *of == reference.as_str());
    Some(said.and_then(|(_, cents)| cents.parse().ok()).map_or(Cents::ZERO, Cents))
}

/// That a wallet holds more than it may; empty where it doesn't.
pub(super) fn above<R>(at: &AtFestival<R>, balance: Cents) -> String {
    let most = most(&at.event.rules).filter(|most| balance > *most);
    most.map(|most| format!(", which is more than the {most} that it may")).unwrap_or_default()
}

/// What the wallet of the medium in a form holds, would hold with a matter's money and may hold: where that is more than it
/// may, or where the money waits because it once was. Of a form that names none there is nothing to say.
pub(super) async fn room<R>(
    at: &AtFestival<R>,
    scanner: &Scanner,
    matter: &ParkedView,
    chosen: &str,
) -> Result<Option<Room>, Problem> {
    let (Some(amount), Found::Medium(view)) = (matter.amount_cents, scanner.find(chosen).await?) else {
        return Ok(None);
    };
    let MediumView { medium, balance, .. } = *view;
    if medium.event_id != at.event.id {
        return Ok(None);
    }
    let name = words::medium(&medium);
    Ok(match (balance.plus(Cents(amount)), most(&at.event.rules)) {
        (Some(with), Some(most)) if with > most => Some(Room {
            said: format!(
                "{name} holds {balance}; with this it would hold {with}, and {most} is the most. Credited here, it goes \
                 over that."
            ),
            warned: Some(format!("{} {}", medium.reference, with.0)),
        }),
        _ if matter.reason == Suspended::OverBalance.as_str() => {
            Some(Room { said: format!("{name} holds {balance} now, and this fits on it."), warned: None })
        }
        _ => None,
    })
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
