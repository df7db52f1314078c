//! Moving a medium along its life: a page that says what it does, and why it is done, before it is done.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::{Form, sentence};
use super::super::shell::Shell;
use super::super::words;
use super::{OK, below, named};
use crate::codes::holds_pay_code;
use crate::events::Event;
use crate::helpdesk::{Asked, BadSuccessor, Refusal};
use crate::ids::MoveId;
use crate::media::{LifecycleMove, Medium, NotAllowedFrom, store::MediumView};
use crate::money::Cents;
use crate::web::caller::MoveMedia;
use crate::web::operator_api::Desk;
use crate::web::page::{Sorry, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

/// A move as it stands in addresses and on buttons.
pub(super) struct Known {
    pub(super) asked: LifecycleMove,
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    /// What is said when it was done.
    done: &'static str,
    pub(super) is_final: bool,
}

/// The moves, in the order of their buttons.
pub(super) const MOVES: [Known; 8] = [
    known(LifecycleMove::Activate, "activate", "Activate", "It is active now.", false),
    known(LifecycleMove::Unfreeze, "unfreeze", "Unfreeze", "It pays again.", false),
    known(
        LifecycleMove::Freeze,
        "freeze",
        "Freeze",
        "It is frozen: it pays nothing until it is unfrozen.",
        false,
    ),
    known(LifecycleMove::Replace, "replace", "Replace", "", true),
    known(LifecycleMove::Release, "release", "Release", "It is released: unused as before.", false),
    known(LifecycleMove::Quarantine, "quarantine", "Quarantine", "It is in quarantine.", false),
    known(
        LifecycleMove::Spoil,
        "spoil",
        "Misprint",
        "It is a misprint now: reissue it to have a new piece made.",
        true,
    ),
    known(LifecycleMove::Revoke, "revoke", "Revoke", "It is revoked for good.", true),
];

const fn known(
    asked: LifecycleMove,
    word: &'static str,
    label: &'static str,
    done: &'static str,
    is_final: bool,
) -> Known {
    Known { asked, word, label, done, is_final }
}

impl Known {
    /// What is said when it was done. Once the festival is closed, nothing pays any more.
    fn done(&self, event: &Event) -> &'static str {
        match self.asked {
            LifecycleMove::Freeze if !event.is_open() => "It is frozen.",
            LifecycleMove::Unfreeze if !event.is_open() => "It is not frozen any more.",
            _ => self.done,
        }
    }

    /// What it does to this medium, said before it is done.
    fn consequence(&self, event: &Event, medium: &Medium, balance: Cents) -> String {
        let held = if balance.is_positive() { format!("its {balance}") } else { "nothing yet".to_owned() };
        match self.asked {
            LifecycleMove::Freeze if !event.is_open() => {
                "The festival is closed, and no bar takes it anyway. Frozen, it says to whoever looks it up that it is lost \
                 or in doubt: ask before anybody is paid what it holds. Unfreezing undoes it."
                    .to_owned()
            }
            LifecycleMove::Unfreeze if !event.is_open() => {
                "The festival is closed: it pays nothing, frozen or not. It is no longer said to be lost or in doubt. Do it \
                 for the person it belongs to, who has it in their hands."
                    .to_owned()
            }
            LifecycleMove::Replace if !event.is_open() => format!(
                "The new one gets the wallet with {held}, so that the person it belongs to can show it. The festival is \
                 closed: neither of them pays, and money that is still paid onto either waits in suspense. It can't be \
                 undone. Take a new one that was never used."
            ),
            LifecycleMove::Activate => "From now on it pays and takes top-ups.".to_owned(),
            LifecycleMove::Freeze if medium.own_freeze.is_some() => {
                "Its visitor froze it, and was shown a code that unfreezes it. From this moment that code is worth \
                 nothing: only the help desk unfreezes it. Money can still be added."
                    .to_owned()
            }
            LifecycleMove::Freeze => {
                "From this moment no bar takes it. Money can still be added, and stays on its \
                 wallet. Unfreezing undoes it; what the help desk froze only the help desk unfreezes."
                    .to_owned()
            }
            LifecycleMove::Unfreeze => format!(
                "From this moment whoever holds it spends {held}. Do it for the person it belongs to, who has it in \
                 their hands."
            ),
            LifecycleMove::Replace => format!(
                "The new one gets the wallet with {held}, and the old one never pays again. Money that is still paid \
                 onto the old one's top-up code goes to the new one. It can't be undone. Take a new one that was \
                 never used."
            ),
            LifecycleMove::Release => "It is unused again, as it was before the quarantine.".to_owned(),
            LifecycleMove::Quarantine => {
                "It neither pays nor takes money until it is released; what is paid onto it \
                 all the same waits in suspense."
                    .to_owned()
            }
            LifecycleMove::Spoil => {
                "It is a misprint: it never pays, and what is paid onto it waits in suspense. \
                 It can't be undone. Reissuing it then makes a new piece for its batch."
                    .to_owned()
            }
            LifecycleMove::Revoke if balance.is_positive() => format!(
                "It never pays again, and nobody can spend {held}: that stays on its wallet. What is paid onto it from \
                 now on waits in suspense. It can't be undone. To give the money to a new one, replace it instead."
            ),
            LifecycleMove::Revoke => {
                "It never pays again, and what is paid onto it from now on waits in suspense. \
                 It can't be undone."
                    .to_owned()
            }
        }
    }
}

#[derive(Template)]
#[template(path = "web/console/move.html")]
struct MovePage {
    shell: Shell,
    path: String,
    medium_path: String,
    name: String,
    status: &'static str,
    tag: &'static str,
    label: &'static str,
    is_final: bool,
    takes_successor: bool,
    consequence: String,
    /// Why it can't be done at all: then there is nothing to fill in.
    stuck: Option<String>,
    form: Form,
}

/// What a path asks for.
pub(super) type MovePath = Steps<(String, String, String)>;

/// `GET /console/{event}/media/{reference}/{move}`
pub(super) async fn get(
    at: AtFestival<MoveMedia>,
    State(desk): State<Desk>,
    Steps((_, reference, word)): MovePath,
) -> Result<Response, Sorry> {
    let known = found(&word)?;
    let view = named(&at, &desk, &reference).await?;
    if let Some(closed) = closed(&at, known, &view.medium) {
        return Ok(closed);
    }
    let form = Form::with([("id", MoveId::new().to_string())]);
    Ok(show(&at, known, &view, None, form))
}

/// `POST /console/{event}/media/{reference}/{move}`
pub(super) async fn post(
    at: AtFestival<MoveMedia>,
    State(desk): State<Desk>,
    Steps((_, reference, word)): MovePath,
    mut form: Form,
) -> Result<Response, Sorry> {
    let known = found(&word)?;
    let view = named(&at, &desk, &reference).await?;
    if let Some(closed) = closed(&at, known, &view.medium) {
        return Ok(closed);
    }
    let successor = match known.asked {
        LifecycleMove::Replace => successor(&desk, &mut form).await?,
        _ => None,
    };
    let reason = form.reason();
    // A scanner types into whatever field has the focus.
    if reason.as_deref().is_some_and(holds_pay_code) {
        form.wrong("reason", "it held a pay code, a secret that spends: that was taken out");
    }
    if !form.is_right() {
        // Said at once. A form that is right goes to the lane all the same: sent twice, its new one is in use by then.
        let bad = successor.as_ref().and_then(|new| BadSuccessor::of(&view.medium, new));
        if let Some(why) = bad {
            form.wrong("with", Refusal::Successor(why).sentence());
        }
        let form = words::with_number(&desk, form, "with").await?;
        return Ok(show(&at, known, &view, None, form));
    }
    // The page's own id: sent twice, it is done once.
    let id = form.text("id").parse().unwrap_or_else(|_| MoveId::new());
    let asked = asked(known, successor.as_ref());
    let done = (known.asked, at.actor().to_string(), reason.clone().unwrap_or_default());
    let said = known.done(&at.event);
    match desk.move_medium(&view.medium, id, asked, at.actor(), reason).await? {
        Ok(moved) => Ok(match successor {
            Some(new) => {
                let name = view.medium.serial.grouped();
                let said = format!("It replaces {name} and holds {} now.", moved.balance);
                at.done(&at.path(&format!("/media/{}", new.reference)), &said)
            }
            None => at.done(&at.path(&format!("/media/{}", view.medium.reference)), said),
        }),
        // A double tap on a form without an id: the first one did it.
        Err(Refusal::NotAllowedFrom(_))
            if successor.is_none() && desk.was_moved_last(&view.medium, &done).await? =>
        {
            Ok(at.done(&at.path(&format!("/media/{}", view.medium.reference)), said))
        }
        Err(why) => {
            // The page's id is used up: what it asks for otherwise takes a page of its own.
            let used = matches!(why, Refusal::IdReused { .. }).then(|| sentence(&why.sentence()));
            form.refused(why, if successor.is_some() { "with" } else { "" })?;
            let form = words::with_number(&desk, form, "with").await?;
            // It may have been moved since the page was asked for.
            Ok(show(&at, known, &named(&at, &desk, &reference).await?, used, form))
        }
    }
}

fn found(word: &str) -> Result<&'static Known, Problem> {
    MOVES.iter().find(|known| known.word == word).ok_or_else(Problem::not_found)
}

/// The new medium, by anything that is printed on it.
async fn successor(desk: &Desk, form: &mut Form) -> Result<Option<Medium>, Sorry> {
    let text = form.text("with").to_owned();
    if text.is_empty() {
        form.wrong("with", "scan the new one, or type its number");
        return Ok(None);
    }
    match desk.found(&text).await {
        Ok(view) => Ok(Some(view.medium)),
        Err(problem) => {
            form.refused(problem, "with")?;
            Ok(None)
        }
    }
}

fn asked(known: &Known, successor: Option<&Medium>) -> Asked {
    match (known.asked, successor) {
        (LifecycleMove::Replace, Some(new)) => Asked::Replace { with: new.id },
        (LifecycleMove::Activate, _) => Asked::Activate,
        (LifecycleMove::Freeze, _) => Asked::Freeze,
        (LifecycleMove::Unfreeze, _) => Asked::Unfreeze,
        (LifecycleMove::Spoil, _) => Asked::Spoil,
        (LifecycleMove::Quarantine, _) => Asked::Quarantine,
        (LifecycleMove::Release, _) => Asked::Release,
        (LifecycleMove::Replace | LifecycleMove::Revoke, _) => Asked::Revoke,
    }
}

/// Why this can't be done with it. What its visitor froze the help desk may freeze as its own.
pub(super) fn stuck(known: &Known, medium: &Medium) -> Option<String> {
    let NotAllowedFrom(status) = medium.status.after(known.asked).err()?;
    let may = known.asked == LifecycleMove::Freeze && medium.own_freeze.is_some();
    let moved = known.asked.as_str().trim_start_matches("medium ");
    (!may).then(|| match status.as_str() {
        status if status == moved => format!("It is {status} already."),
        status => format!("It is {status}: it can't be {moved}."),
    })
}

/// In place of the form of a move that ends with the festival.
fn closed(at: &AtFestival<MoveMedia>, known: &Known, medium: &Medium) -> Option<Response> {
    let stays = "its wristbands and cards are only frozen, unfrozen, replaced or revoked";
    at.closed(below(at, medium), known.label, stays).filter(|_| !known.asked.outlasts_event())
}

fn show(
    at: &AtFestival<MoveMedia>,
    known: &Known,
    view: &MediumView,
    used: Option<String>,
    form: Form,
) -> Response {
    let MediumView { medium, balance, .. } = view;
    let medium_path = at.path(&format!("/media/{}", medium.reference));
    let (name, shell) = (words::medium(medium), below(at, medium));
    let status = if form.is_right() { OK } else { form.status() };
    with_script(at.page(
        status,
        &MovePage {
            shell,
            path: format!("{medium_path}/{}", known.word),
            medium_path,
            name,
            status: medium.status.as_str(),
            tag: words::tag(medium.status),
            label: known.label,
            is_final: known.is_final,
            takes_successor: known.asked == LifecycleMove::Replace,
            consequence: known.consequence(&at.event, medium, *balance),
            stuck: used.or_else(|| stuck(known, medium)),
            form,
        },
    ))
}
