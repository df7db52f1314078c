//! One medium: its state, its wallet, every movement with its why, and the media before and after it.

use super::super::asked::{Asked, Named};
use super::super::at::{AtFestival, PAGE_LINES, page_of};
use super::super::shell::{Place, Shell};
use super::super::words;
use super::movement::Movement;
use super::moves::{Known, MOVES, stuck};
use super::{OK, may_see_movements, named};
use crate::db::{Error, Session, Store};
use crate::helpdesk::story::credited::{Credited, credited};
use crate::helpdesk::story::{self, Link, ReturnWay, Returned, Waiting};
use crate::ids::ParkedId;
use crate::media::moves::store::MoveRow;
use crate::media::{
    self, Batch, LifecycleMove, Medium, MediumStatus, TopUpCodes, batch_life, store::MediumView,
};
use crate::money::Cents;
use crate::operators::Right;
use crate::secrets::KeyFile;
use crate::web::caller::LookUp;
use crate::web::operator_api::Desk;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/console/medium.html")]
struct MediumPage {
    shell: Shell,
    find_path: String,
    path: String,
    charges_path: String,
    medium: Medium,
    kind: &'static str,
    serial: String,
    tag: &'static str,
    balance: Cents,
    batch: String,
    batch_count: i64,
    top_up: String,
    /// What can be done with it by whoever looks.
    doors: Vec<Door>,
    /// When the festival was closed, after which little can, and what that means.
    closed: Option<(String, &'static str)>,
    /// Where its batch makes new pieces for misprints, where it is one and some have none yet.
    reissue_path: Option<String>,
    /// Media whose wallet this one took over, the oldest first.
    before: Vec<Link>,
    /// Media that took its wallet over.
    after: Vec<Link>,
    life: Vec<Step>,
    /// For whoever may know.
    movements: Option<Vec<Movement>>,
    /// For whoever may know.
    matters: Matters,
    is_first: bool,
    next: Option<String>,
}

/// Money that was paid onto a medium, or onto one whose wallet it took over, and is not on that wallet.
#[derive(Default)]
struct Matters {
    /// Waits for a person.
    waiting: Vec<Matter>,
    /// Waited, and was credited to another wallet.
    credited: Vec<Matter>,
    /// Went back, or is to go.
    returned: Vec<Matter>,
}

impl Matters {
    async fn of(
        session: &mut Session,
        at: &AtFestival<LookUp>,
        medium: &Medium,
        before: &[Link],
    ) -> Result<Matters, Error> {
        let event = at.event.id;
        let media: Vec<_> = before.iter().map(|link| link.id).chain([medium.id]).collect();
        let waiting = story::store::waiting(session, event, &media).await?;
        let elsewhere = credited(session, event, (medium.wallet_id, &media)).await?;
        let media: Vec<_> = before.iter().map(|link| &link.reference).chain([&medium.reference]).collect();
        let returned = story::store::returned(session, event, &media).await?;
        Ok(Matters {
            waiting: waiting.iter().map(|found| Matter::waiting(at, found)).collect(),
            credited: elsewhere.into_iter().map(|found| Matter::credited(at, found)).collect(),
            returned: returned.into_iter().map(|found| Matter::returned(at, found)).collect(),
        })
    }
}

/// Money of a payment that waits for a person, was credited to another wallet, or goes back to whoever paid.
struct Matter {
    what: String,
    why: String,
    /// None where nobody knows yet how much came.
    amount: Option<Cents>,
    at: String,
    /// Where it is decided, or was, for whoever may go there.
    path: Option<String>,
}

struct Door {
    word: &'static str,
    label: &'static str,
    /// It can't be undone, and takes something away.
    is_final: bool,
}

struct Step {
    what: String,
    by: String,
    reason: String,
    at: String,
}

impl Step {
    fn of(row: MoveRow) -> Step {
        Step { what: row.what(), by: words::who(&row.actor), reason: row.reason, at: belgian_time(row.at) }
    }
}

/// Which page of the movements: before the one of this version.
#[derive(Deserialize)]
pub(super) struct Cursor {
    after: Option<i64>,
}

/// `GET /console/{event}/media/{reference}`
pub(super) async fn get(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(desk): State<Desk>,
    Named(reference): Named<String>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let MediumView { medium, balance, .. } = named(&at, &desk, &reference).await?;
    let mut session = store.read().await?;
    let batch = media::store::batch_with_key(&mut session, medium.batch_id).await?;
    let Some((batch, _)) = batch else {
        return Err(Problem::internal("a medium without its batch").into());
    };
    let codes = TopUpCodes::of(&mut session, &keys, at.event.id).await?;
    let top_up = codes.text(&batch, &medium).map_err(Problem::internal)?;
    let (before, after) = story::chain(&mut session, at.event.id, medium.id).await?;
    let life = media::moves::store::moves(&mut session, at.event.id, medium.id).await?;
    let (mut movements, mut next) = (None, None);
    let mut matters = Matters::default();
    if may_see_movements(&at.operator) {
        let lines = PAGE_LINES + 1;
        let found =
            story::store::told(&mut session, at.event.id, medium.wallet_id, cursor.after, lines).await?;
        let (found, more) = page_of(found, |told| told.version.to_string());
        let may_void = at.operator.may(Right::VoidCharges) && at.event.is_open();
        let payments = at.operator.may(Right::SeeMoney).then(|| at.path("/payments"));
        let movement = |told| Movement::of(told, &medium.serial, may_void, payments.as_deref());
        movements = Some(found.into_iter().map(movement).collect());
        next = more;
        matters = Matters::of(&mut session, &at, &medium, &before).await?;
    }
    drop(session);
    let reissue_path = reissue_path(&at, &store, &medium, &batch).await?;
    let find_path = at.path("/media");
    Ok(at.page(
        OK,
        &MediumPage {
            shell: at.shell(Place::Media).under("Media", find_path.clone()),
            path: at.path(&format!("/media/{}", medium.reference)),
            find_path,
            charges_path: at.path("/charges"),
            kind: words::kind(medium.kind),
            serial: medium.serial.grouped(),
            tag: words::tag(medium.status),
            balance,
            batch: at.path(&format!("/batches/{}", batch.id)),
            batch_count: batch.count,
            top_up,
            doors: doors(&at, &medium),
            closed: at.event.closed_at.map(|at| (belgian_time(at), stays(medium.status))),
            reissue_path,
            before,
            after,
            life: life.into_iter().map(Step::of).collect(),
            movements,
            matters,
            is_first: cursor.after.is_none(),
            next,
            medium,
        },
    ))
}

impl Matter {
    fn waiting(at: &AtFestival<LookUp>, found: &Waiting) -> Matter {
        Matter {
            what: "Paid, waits for a person".to_owned(),
            why: words::waits_because(&found.reason).to_owned(),
            amount: found.amount,
            at: belgian_time(found.at),
            path: Matter::path(at, found.id),
        }
    }

    fn credited(at: &AtFestival<LookUp>, found: Credited) -> Matter {
        let by = format!("by {}", words::who(&found.by));
        let why = [words::waits_because(&found.reason).to_owned(), by, found.why];
        Matter {
            what: format!("Paid, waited, and credited to {}", found.to.grouped()),
            why: why.join(" · "),
            amount: Some(found.amount),
            at: belgian_time(found.at),
            path: Matter::path(at, found.id),
        }
    }

    fn returned(at: &AtFestival<LookUp>, found: Returned) -> Matter {
        let (provider, payment) = &found.payment;
        let mut why = vec![format!("{} payment {payment}", provider.title())];
        let what = match found.way {
            ReturnWay::Marked(Some(gone)) if gone.amount >= found.amount => {
                format!("Marked for return, and gone on {}", belgian_time(gone.at))
            }
            ReturnWay::Marked(_) => "Marked for return".to_owned(),
            ReturnWay::Refund(told) => {
                why.push(told);
                "Sent back at the provider".to_owned()
            }
            ReturnWay::Chargeback(told) => {
                why.push(told);
                "Charged back".to_owned()
            }
        };
        why.extend(found.by.map(|by| format!("by {}", words::who(&by))));
        why.extend(found.reason.filter(|reason| !reason.is_empty()));
        Matter {
            what,
            why: why.join(" · "),
            amount: Some(found.amount),
            at: belgian_time(found.at),
            path: Matter::path(at, found.id),
        }
    }

    fn path(at: &AtFestival<LookUp>, id: ParkedId) -> Option<String> {
        at.operator.may(Right::SeeMoney).then(|| at.path(&format!("/waiting/{id}")))
    }
}

async fn reissue_path(
    at: &AtFestival<LookUp>,
    store: &Store,
    medium: &Medium,
    batch: &Batch,
) -> Result<Option<String>, Problem> {
    let may = at.operator.may(Right::ManageEvents) && at.event.is_open();
    if medium.status != MediumStatus::Spoiled || !may {
        return Ok(None);
    }
    let life = batch_life::life(store, batch).await?;
    let path = || at.path(&format!("/batches/{}/reissue?medium={}", batch.id, medium.reference));
    Ok((life.to_reissue() > 0).then(path))
}

/// What a festival's end means for it as it is.
fn stays(status: MediumStatus) -> &'static str {
    match status {
        MediumStatus::Active => {
            "nothing is paid with it any more, and no sale is taken back. One that is lost can still be frozen, replaced or \
             revoked"
        }
        MediumStatus::Frozen => {
            "nothing is paid with it any more, and no sale is taken back. It can still be unfrozen, replaced or revoked"
        }
        MediumStatus::Issued => {
            "it is not handed out any more. One that is lost can still be replaced or revoked"
        }
        MediumStatus::Quarantined => "it is not handed out any more. It can still be revoked",
        MediumStatus::Replaced | MediumStatus::Revoked | MediumStatus::Spoiled => {
            "nothing is paid with it any more, no sale is taken back, and it stays as it is"
        }
    }
}

/// The moves that it allows as it is, for whoever may make them.
fn doors(at: &AtFestival<LookUp>, medium: &Medium) -> Vec<Door> {
    let allowed = MOVES.iter().filter(|known| {
        let is_late = !at.event.is_open() && !known.asked.outlasts_event();
        at.operator.may(Right::MoveMedia) && !is_late && stuck(known, medium).is_none()
    });
    let door = |known: &Known| Door {
        word: known.word,
        label: known.label,
        // Replacing ends the old one and loses nothing: what warns stays with what does.
        is_final: known.is_final && known.asked != LifecycleMove::Replace,
    };
    allowed.map(door).collect()
}
