//! One matter: its story, and what resolves it.

use super::said::{Said, Saying, decision, names, sayings, words_about};
use super::waiting::Line;
use crate::clock::Timestamp;
use crate::codes::Reference;
use crate::db::Store;
use crate::ids::{EventId, ParkedId};
use crate::media::moves::store::{MoveRow, moves};
use crate::media::{Found, MediumStatus, Scanner, reference_hash};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::orders::Orders;
use crate::payments::parked::store::{self, ParkedStory, ParkedView, story};
use crate::payments::parked::{self, MoneyBack, ParkedKind, Resolution, Resolve, Resolved, WayBack};
use crate::payments::{PaymentKey, Suspended};
use crate::providers::{Adapter, Provider, Refunds};
use crate::secrets::KeyFile;
use crate::web::caller::{ResolveParked, SeeMoney};
use crate::web::console::at::AtFestival;
use crate::web::console::form::{Form, SAY_WHY};
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
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
    payment_path: String,
    line: Line,
    story: String,
    /// The provider's own id.
    payment: String,
    /// The medium that was paid: its reference, and its serial as it is printed.
    medium: Option<(String, String)>,
    media_path: String,
    /// Why that takes no money, where this is what it waits for.
    stopped: Option<Stopped>,
    actions: Actions,
    takes_two: Option<Cents>,
    /// That money of it went back, and what that means: then no wallet is credited.
    gone: Option<String>,
    /// A bank may still take the money that is decided on.
    is_disputed: bool,
    /// How its money goes back.
    sent_back: String,
    /// The latest word of each person, while it waits for two of them to say the same.
    sayings: Vec<Saying>,
    /// Who they are.
    names: String,
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
    /// Closed: what that does.
    Close(&'static str),
    /// Nothing does but time, or nobody who looks may.
    None(&'static str),
}

/// Who took a medium out of use, and why.
struct Stopped {
    status: MediumStatus,
    by: String,
    why: String,
    at: String,
}

/// What became of it.
struct Outcome {
    how: Said,
    /// Who had said the same before.
    with: Vec<Saying>,
    by: String,
    why: String,
    at: String,
}

/// `GET /console/{event}/waiting/{matter}`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(orders): State<Orders>,
    State(scanner): State<Arc<Scanner>>,
    InPath(id): InPath<ParkedId>,
) -> Result<Response, Sorry> {
    show(&at, &orders, &scanner, id, Form::default()).await
}

/// `POST /console/{event}/waiting/{matter}`
pub(in crate::web::console) async fn post(
    at: AtFestival<ResolveParked>,
    State(orders): State<Orders>,
    State(scanner): State<Arc<Scanner>>,
    InPath(id): InPath<ParkedId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let resolution = resolution(&at, &orders.keys, &scanner, &mut form).await?;
    // Where a page has two forms, their fields have names of their own.
    let field = if form.text("do") == "back" { "back_reason" } else { "reason" };
    let reason = match checked_reason(form.text(field)) {
        Ok(reason) => Some(reason),
        Err(_) if form.text(field).is_empty() => {
            form.wrong(field, SAY_WHY);
            None
        }
        Err(why) => {
            form.refused(why, field)?;
            form.beside("reason", field);
            None
        }
    };
    let (Some(resolution), Some(reason)) = (resolution, reason) else {
        return show(&at, &orders, &scanner, id, form).await;
    };
    let request = Resolve { event: at.event.id, parked: id, resolution, actor: at.actor(), reason };
    let resolved = orders.lane.submit(request).await?;
    if resolved == (Resolved::Done { balance: None })
        && let Some(other) = done_by_another(&at, &orders.store, id).await?
    {
        let said = format!("What you sent did nothing: {other} had resolved this in the same way before.");
        return Ok(at.done(&at.path(&format!("/waiting/{id}")), &said));
    }
    let said = match &resolved {
        Resolved::Done { balance: Some(balance) } => format!("Done: the wallet holds {balance} now."),
        Resolved::Done { balance: None } => "Done.".to_owned(),
        Resolved::AwaitsSecondPerson => return proposed(&at, &orders.store, &scanner, id).await,
        _ => String::new(),
    };
    match answer_of(id, resolved) {
        Ok(_) => Ok(at.done(&at.path("/waiting"), &said)),
        Err(why) => {
            let field = if form.text("do") == "wallet" { "to" } else { "" };
            form.refused(why, field)?;
            show(&at, &orders, &scanner, id, form).await
        }
    }
}

/// Who resolved it, where that is somebody else.
async fn done_by_another(
    at: &AtFestival<ResolveParked>,
    store: &Store,
    id: ParkedId,
) -> Result<Option<String>, Problem> {
    let found = story(&mut *store.read().await?, at.event.id, id).await?;
    let by = found.and_then(|found| found.resolved_by);
    Ok(by.filter(|by| *by != at.actor().to_string()).map(|by| words::who(&by)))
}

/// Proposed: alone so far, or otherwise than others before.
async fn proposed(
    at: &AtFestival<ResolveParked>,
    store: &Store,
    scanner: &Scanner,
    id: ParkedId,
) -> Result<Response, Sorry> {
    let found = story(&mut *store.read().await?, at.event.id, id).await?;
    let said = match found {
        Some(found) => {
            let words = words_about(store, at.event.id, &found.matter).await?;
            sayings(at, scanner, words, &found.matter.kind).await?
        }
        None => Vec::new(),
    };
    Ok(if said.len() > 1 {
        let said = format!("{} differ: nothing moves until two people say the same.", names(&said));
        at.done(&at.path(&format!("/waiting/{id}")), &said)
    } else {
        at.done(&at.path("/waiting"), "Proposed: a second person has to say the same.")
    })
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
    if typed.is_empty() {
        form.wrong("to", "scan the wristband or card, or type its number");
        return Ok(None);
    }
    let reference = match Reference::parse(&typed) {
        Some(reference) => Some(reference),
        None => match scanner.find(&typed).await? {
            Found::Medium(view) if view.medium.event_id == at.event.id => {
                // What was scanned waits for its reason, and a pay code stands in no page.
                *form = std::mem::take(form).instead("to", view.medium.serial.grouped());
                Some(view.medium.reference)
            }
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

/// What became of a matter, where something did.
async fn outcome<R>(
    at: &AtFestival<R>,
    store: &Store,
    scanner: &Scanner,
    found: &ParkedStory,
) -> Result<Option<Outcome>, Problem> {
    let (Some(how), Some(when)) = (&found.resolution, found.resolved_at) else { return Ok(None) };
    let (kind, by) = (&found.matter.kind, found.resolved_by.as_deref().unwrap_or_default());
    let mut with = words_about(store, at.event.id, &found.matter).await?;
    with.retain(|word| word.said == *how && word.by != by);
    Ok(Some(Outcome {
        how: decision(at, scanner, how, kind).await?,
        with: sayings(at, scanner, with, kind).await?,
        by: words::who(by),
        why: found.resolution_reason.clone().unwrap_or_default(),
        at: belgian_time(Timestamp(when)),
    }))
}

/// The move that had stopped the medium when it was paid.
async fn stopped(store: &Store, event: EventId, found: &ParkedStory) -> Result<Option<Stopped>, Problem> {
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

/// What it means that money of a payment went back, where it did. What a bank took is not sent as well.
fn gone(back: Option<MoneyBack>, matter: &ParkedView) -> Option<String> {
    let went = match back {
        Some(MoneyBack { by: WayBack::Chargeback, amount }) => {
            return Some(format!(
                "The payer's bank took {amount} of this payment back. It can't be credited any more: mark it for return, \
                 and don't send it back as well."
            ));
        }
        Some(MoneyBack { by: WayBack::Refund, amount }) => {
            format!("The provider sent {amount} of this payment back to the payer")
        }
        None if matter.reason == Suspended::RefundedAtProvider.as_str() => {
            "Money of this payment went back to the payer, and the provider did not say how much".to_owned()
        }
        None => return None,
    };
    Some(format!(
        "{went}. It can't be credited any more: mark it for return, and send what has not gone yet back in the \
         provider's own pages."
    ))
}

/// How a provider sends money back, or that a bank took it. No provider is asked to by Polsband.
fn sent_back(adapter: Option<&Adapter>, back: Option<MoneyBack>) -> String {
    if back.is_some_and(|back| back.by == WayBack::Chargeback) {
        return "the payer's bank took it, so nobody else sends it as well.".to_owned();
    }
    let known = adapter.map(|adapter| (adapter.name().title(), adapter.capabilities().refunds));
    match known {
        Some((title, Refunds::Once)) => format!(
            "the refund is made in {title}'s own pages, once for a payment: all of it, or a part that no other follows."
        ),
        Some((title, Refunds::Several)) => {
            format!("the refund is made in {title}'s own pages, at once or in parts.")
        }
        Some((_, Refunds::None)) | None => "the transfer is made by the organiser.".to_owned(),
    }
}

/// What whoever looks can do about a matter of this kind.
fn actions(kind: &str, may: bool, is_resolved: bool) -> Actions {
    match kind.parse() {
        _ if is_resolved => Actions::None(""),
        _ if !may => Actions::None("Your role may look, and not decide."),
        Ok(ParkedKind::Suspense) => Actions::Money,
        Ok(ParkedKind::Counterfeit) => Actions::Judge,
        Ok(ParkedKind::Mismatch) => Actions::Close("No wallet changes."),
        Ok(ParkedKind::NeedsReview) => Actions::Close(
            "No amount is known that could be moved: ask the provider about this payment. It closes by itself when the \
             provider reports one. Closed here, no wallet changes, and an amount that is reported later is settled all \
             the same.",
        ),
        Err(_) => Actions::None("Nothing resolves this here."),
    }
}

async fn show<R>(
    at: &AtFestival<R>,
    orders: &Orders,
    scanner: &Scanner,
    id: ParkedId,
    form: Form,
) -> Result<Response, Sorry> {
    let store = &orders.store;
    let found = story(&mut *store.read().await?, at.event.id, id).await?.ok_or_else(Problem::not_found)?;
    let outcome = outcome(at, store, scanner, &found).await?;
    let stopped = stopped(store, at.event.id, &found).await?;
    let sayings = match outcome {
        Some(_) => Vec::new(),
        None => {
            let words = words_about(store, at.event.id, &found.matter).await?;
            sayings(at, scanner, words, &found.matter.kind).await?
        }
    };
    let ParkedStory { matter, own_payment, reference, serial, .. } = found;
    let may = at.operator.may(Right::ResolveParked);
    let actions = actions(&matter.kind, may, outcome.is_some());
    let amount = matter.amount_cents.map(Cents).unwrap_or(Cents::ZERO);
    let is_money = matches!(actions, Actions::Money | Actions::Judge);
    let takes_two = is_money && amount >= at.event.rules.second_person;
    let is_disputed =
        is_money && store::is_disputed(&mut *store.read().await?, at.event.id, &matter.payment).await?;
    let back = match actions {
        Actions::Money => parked::gone(&mut *store.read().await?, at.event.id, &matter.payment).await?,
        _ => None,
    };
    let gone = if actions == Actions::Money { gone(back, &matter) } else { None };
    let adapter = match PaymentKey::named(&matter.payment) {
        Some(key) => orders.adapters.one(&at.event, key.provider).await?,
        None => None,
    };
    let payment = matter.payment.rsplit('/').next().unwrap_or_default().to_owned();
    let payment_path = match own_payment {
        Some(id) => at.path(&format!("/payments/{id}")),
        None => at.path(&format!("/payments?q={payment}")),
    };
    let path = at.path("/waiting");
    let shown = MatterPage {
        shell: at.shell(Place::Waiting).under("Waiting", &path),
        payment_path,
        path,
        line: Line::of(&matter),
        payment,
        story: matter.detail,
        medium: reference.zip(serial.map(|serial| serial.grouped())),
        media_path: at.path("/media"),
        stopped,
        actions,
        takes_two: takes_two.then_some(at.event.rules.second_person),
        gone,
        is_disputed,
        sent_back: sent_back(adapter.as_ref(), back),
        names: names(&sayings),
        sayings,
        resolved: outcome,
        form,
    };
    let status = shown.form.status();
    Ok(with_script(at.page(status, &shown)))
}
