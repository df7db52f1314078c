//! One matter: its story, and what resolves it.

use super::waiting::Line;
use crate::clock::Timestamp;
use crate::codes::Reference;
use crate::db::Store;
use crate::ids::ParkedId;
use crate::ledger::LaneHandle;
use crate::media::{Found, Scanner, reference_hash};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::parked::store::{ParkedStory, story};
use crate::payments::parked::{ParkedKind, Resolution, Resolve, Resolved};
use crate::secrets::KeyFile;
use crate::web::caller::{ResolveParked, SeeMoney};
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::{Place, Shell};
use crate::web::in_path::InPath;
use crate::web::operator_api::parked::{answer_of, checked_reason};
use crate::web::page::{Sorry, belgian_time, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/console/matter.html")]
struct MatterPage {
    shell: Shell,
    path: String,
    payments_path: String,
    line: Line,
    story: String,
    /// The provider's own id.
    payment: String,
    /// The medium that was paid: its reference and its serial.
    medium: Option<(String, String)>,
    actions: Actions,
    takes_two: Option<Cents>,
    proposal: Option<String>,
    resolved: Option<Outcome>,
    form: Form,
}

/// What resolves it.
#[derive(Debug, PartialEq, Eq)]
enum Actions {
    /// To a wallet, or back.
    Money,
    /// Kept where it is, or back.
    Judge,
    /// Closed.
    Close,
    /// Nothing does but time, or nobody who looks may.
    None(&'static str),
}

/// What became of it.
struct Outcome {
    how: String,
    by: String,
    why: String,
    at: String,
}

/// `GET /console/{event}/waiting/{matter}`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    InPath(id): InPath<ParkedId>,
) -> Result<Response, Sorry> {
    show(&at, &store, id, Form::default()).await
}

/// `POST /console/{event}/waiting/{matter}`
pub(in crate::web::console) async fn post(
    at: AtFestival<ResolveParked>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(lane): State<LaneHandle>,
    State(scanner): State<Arc<Scanner>>,
    InPath(id): InPath<ParkedId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let resolution = resolution(&at, &keys, &scanner, &mut form).await?;
    // Where a page has two forms, their fields have names of their own.
    let field = if form.text("do") == "back" { "back_reason" } else { "reason" };
    let reason = match checked_reason(form.text(field)) {
        Ok(reason) => Some(reason),
        Err(why) => {
            form.refused(why, field)?;
            form.beside("reason", field);
            None
        }
    };
    let (Some(resolution), Some(reason)) = (resolution, reason) else {
        return show(&at, &store, id, form).await;
    };
    let request = Resolve { event: at.event.id, parked: id, resolution, actor: at.actor(), reason };
    let resolved = lane.submit(request).await?;
    let said = match &resolved {
        Resolved::Done { balance: Some(balance) } => format!("Done: the wallet holds {balance} now."),
        Resolved::Done { balance: None } => "Done.".to_owned(),
        _ => "Proposed: a second person has to say the same.".to_owned(),
    };
    match answer_of(id, resolved) {
        Ok(_) => Ok(at.done(&at.path("/waiting"), &said)),
        Err(why) => {
            let field = if form.text("do") == "wallet" { "to" } else { "" };
            form.refused(why, field)?;
            show(&at, &store, id, form).await
        }
    }
}

/// What was decided; none where the form says why not.
async fn resolution<R>(
    at: &AtFestival<R>,
    keys: &KeyFile,
    scanner: &Scanner,
    form: &mut Form,
) -> Result<Option<Resolution>, Problem> {
    if matches!(form.text("do"), "return" | "back") {
        return Ok(Some(Resolution::Return));
    }
    let typed = form.text("to").to_owned();
    let reference = match Reference::parse(&typed) {
        Some(reference) => Some(reference),
        None => match scanner.find(&typed).await? {
            Found::Medium(view) if view.medium.event_id == at.event.id => Some(view.medium.reference),
            Found::Medium(_) | Found::Unknown => {
                form.wrong("to", "this festival has no wristband or card with this code");
                None
            }
            Found::Foreign(why) => {
                form.wrong("to", why);
                None
            }
        },
    };
    Ok(reference.map(|reference| {
        let hash = reference_hash(keys, &reference);
        Resolution::To { reference, hash }
    }))
}

async fn show<R>(at: &AtFestival<R>, store: &Store, id: ParkedId, form: Form) -> Result<Response, Sorry> {
    let found = story(&mut *store.read().await?, at.event.id, id).await?;
    let ParkedStory { matter, reference, serial, .. } = found.clone().ok_or_else(Problem::not_found)?;
    let outcome = found.and_then(|found| {
        let how = found.resolution?;
        Some(Outcome {
            how,
            by: found.resolved_by.unwrap_or_default(),
            why: found.resolution_reason.unwrap_or_default(),
            at: belgian_time(Timestamp(found.resolved_at?)),
        })
    });
    let may = at.operator.may(Right::ResolveParked);
    let actions = match matter.kind.parse() {
        _ if outcome.is_some() => Actions::None(""),
        _ if !may => Actions::None("Your role may look, and not decide."),
        Ok(ParkedKind::Suspense) => Actions::Money,
        Ok(ParkedKind::Counterfeit) => Actions::Judge,
        Ok(ParkedKind::Mismatch) => Actions::Close,
        Ok(ParkedKind::NeedsReview) | Err(_) => Actions::None(
            "No amount is known that could be moved. It closes by itself when the provider reports one; if it does not, \
             ask the provider about this payment.",
        ),
    };
    let amount = matter.amount_cents.map(Cents).unwrap_or(Cents::ZERO);
    let takes_two =
        matches!(actions, Actions::Money | Actions::Judge) && amount >= at.event.rules.second_person;
    let path = at.path("/waiting");
    let shown = MatterPage {
        shell: at.shell(Place::Waiting).under("Waiting", &path),
        payments_path: at.path("/payments"),
        path,
        line: Line::of(&matter),
        payment: matter.payment.rsplit('/').next().unwrap_or_default().to_owned(),
        story: matter.detail,
        medium: reference.zip(serial),
        actions,
        takes_two: takes_two.then_some(at.event.rules.second_person),
        proposal: matter.proposal,
        resolved: outcome,
        form,
    };
    let status = shown.form.status();
    Ok(with_script(at.page(status, &shown)))
}
