//! One matter: its story, and what resolves it.

use super::back::{closing, contradiction, gone, sent_back};
use super::paid_onto::{PaidOnto, Room, Stopped, above, paid_onto, room, stopped, told};
use super::said::{Said, Saying, decision, names, sayings, standing, words_about};
use super::waiting::{Line, payment_path};
use crate::clock::Timestamp;
use crate::codes::Reference;
use crate::db::Store;
use crate::ids::ParkedId;
use crate::media::{Found, Scanner, reference_hash};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::PaymentKey;
use crate::payments::orders::Orders;
use crate::payments::parked::store::{ParkedStory, story};
use crate::payments::parked::{self, ParkedKind, Resolution, Resolve, Resolved, Warnings};
use crate::secrets::KeyFile;
use crate::web::caller::{ResolveParked, SeeMoney};
use crate::web::console::asked::Named;
use crate::web::console::at::AtFestival;
use crate::web::console::form::{Form, SAY_WHY};
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
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
    medium: Option<PaidOnto>,
    media_path: String,
    /// Why that takes no money, where this is what it waits for.
    stopped: Option<Stopped>,
    actions: Actions,
    /// Whether the money fits on the wallet that stands in the form, where that is worth saying.
    room: Option<Room>,
    /// When the festival was closed, after which nothing is spent.
    closed_at: Option<String>,
    /// From which amount on it takes two people, where whoever looks may decide about as much.
    takes_two: Option<Cents>,
    /// It takes two, whoever looks.
    needs_two: bool,
    /// That money of it went back, and what that means: then no wallet is credited.
    gone: Option<String>,
    /// A bank may still take the money that is decided on.
    warnings: Warnings,
    /// The page of a contradiction between two reports of the same payment, where that is open and this is none.
    contradiction: Option<String>,
    /// How its money goes back.
    sent_back: String,
    /// What closing it does in the books.
    books: String,
    /// The latest word of each person, while it waits for two of them to say the same.
    sayings: Vec<Saying>,
    /// Who they are.
    names: String,
    resolved: Option<Outcome>,
    form: Form,
}

impl MatterPage {
    /// What a button is called that decides: where one person does, where nobody else has said so yet, and where somebody has.
    fn button<'w>(&self, is_return: bool, [alone, first, second]: &[&'w str; 3]) -> &'w str {
        let says_so = |one: &Saying| !one.is_own && one.said.medium.is_none() == is_return;
        match self.takes_two {
            None => alone,
            Some(_) if self.sayings.iter().any(says_so) => second,
            Some(_) => first,
        }
    }
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
    Named(id): Named<ParkedId>,
) -> Result<Response, Sorry> {
    show(&at, &orders, &scanner, id, Form::default()).await
}

/// `POST /console/{event}/waiting/{matter}`
pub(in crate::web::console) async fn post(
    at: AtFestival<ResolveParked>,
    State(orders): State<Orders>,
    State(scanner): State<Arc<Scanner>>,
    Named(id): Named<ParkedId>,
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
    let (actor, why, up_to) = (at.actor(), reason.clone(), told(&form, &resolution));
    let request = Resolve { event: at.event.id, parked: id, resolution, actor, reason, up_to };
    match orders.lane.submit(request).await? {
        Resolved::Done { balance } => done(&at, &orders.store, &scanner, id, balance).await,
        Resolved::AwaitsSecondPerson => proposed(&at, &orders.store, &scanner, id, &why).await,
        Resolved::Exceeds { .. } => {
            let more = "It would lead over what a wallet may hold: read below how far, and send it again to credit it all the same.";
            form.wrong("", more);
            show(&at, &orders, &scanner, id, form).await
        }
        refused => {
            if let Err(problem) = answer_of(id, refused) {
                form.refused(problem, if form.text("do") == "wallet" { "to" } else { "" })?;
            }
            show(&at, &orders, &scanner, id, form).await
        }
    }
}

/// Resolved, now or in the same way before: what became of it, above what else waits.
async fn done(
    at: &AtFestival<ResolveParked>,
    store: &Store,
    scanner: &Scanner,
    id: ParkedId,
    balance: Option<Cents>,
) -> Result<Response, Sorry> {
    let found = story(&mut *store.read().await?, at.event.id, id).await?.ok_or_else(Problem::not_found)?;
    let by = found.resolved_by.unwrap_or_default();
    if balance.is_none() && by != at.actor().to_string() {
        let by = words::who(&by);
        let said = format!("What you sent did nothing: {by} had resolved this in the same way before.");
        return Ok(at.done(&at.path(&format!("/waiting/{id}")), &said));
    }
    let (matter, how) = (found.matter, found.resolution.unwrap_or_default());
    let how = decision(at, scanner, &how, &matter.kind).await?;
    let amount = matter.amount_cents.map(Cents).unwrap_or_default();
    let list = at.path("/waiting");
    Ok(match (matter.kind.parse(), how.medium) {
        (Ok(ParkedKind::Counterfeit), Some(on)) => {
            at.done_with(&list, &format!("{amount} stays on the wallet it is on."), (&on.label, &on.path))
        }
        (_, Some(on)) => {
            let now = balance.map(|now| format!(": the wallet holds {now} now{}", above(at, now)));
            let said = format!("{amount} is credited{}.", now.unwrap_or_default());
            at.done_with(&list, &said, (&on.label, &on.path))
        }
        (Ok(ParkedKind::Suspense | ParkedKind::Counterfeit), None) => {
            let said = format!("{amount} is marked for return.");
            at.done_with(&list, &said, ("On its way back", &at.path("/returns")))
        }
        _ => at.done(&list, "It is closed."),
    })
}

/// Proposed: alone so far, or otherwise than others before.
async fn proposed(
    at: &AtFestival<ResolveParked>,
    store: &Store,
    scanner: &Scanner,
    id: ParkedId,
    reason: &str,
) -> Result<Response, Sorry> {
    let found = story(&mut *store.read().await?, at.event.id, id).await?;
    let said = match found {
        Some(found) => standing(at, store, scanner, &found.matter).await?,
        None => Vec::new(),
    };
    let path = at.path(&format!("/waiting/{id}"));
    Ok(if said.iter().any(|one| one.is_own && one.why != reason) {
        let said = "Nothing was changed: you had said so before, and the reason you gave then stands. A second person has \
                    to say the same.";
        at.done(&path, said)
    } else if said.len() > 1 {
        let said = format!("{} differ: nothing moves until two people say the same.", names(&said));
        at.done(&path, &said)
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
    let mut with = words_about(store, at.event.id, found.matter.id).await?;
    with.retain(|word| word.said == *how && word.person != by);
    Ok(Some(Outcome {
        how: decision(at, scanner, how, kind).await?,
        with: sayings(at, scanner, with, kind).await?,
        by: words::who(by),
        why: found.resolution_reason.clone().unwrap_or_default(),
        at: belgian_time(Timestamp(when)),
    }))
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
        None => standing(at, store, scanner, &found.matter).await?,
    };
    let ParkedStory { matter, own_payment, .. } = found;
    let line = Line::of(&matter);
    let medium = paid_onto(at, store, scanner, &matter).await?;
    let may = at.operator.may(Right::ResolveParked);
    let [possible, actions] = [true, may].map(|may| actions(&matter.kind, may, outcome.is_some()));
    let is_money = matches!(actions, Actions::Money | Actions::Judge);
    let warnings = match is_money {
        true => parked::warnings(&mut *store.read().await?, at.event.id, &matter.payment).await?,
        false => Warnings::default(),
    };
    let back = match actions {
        Actions::Money => parked::gone(&mut *store.read().await?, at.event.id, &matter.payment).await?,
        _ => None,
    };
    let gone = if actions == Actions::Money { gone(back, &matter) } else { None };
    let adapter = match PaymentKey::named(&matter.payment) {
        Some(key) => orders.adapters.one(&at.event, key.provider).await?,
        None => None,
    };
    let sent_back = sent_back(adapter.as_ref(), back, gone.is_some());
    let closing = closing(store, at.event.id, matter.id).await?;
    let moved =
        matter.amount_cents.map(Cents).filter(|_| matches!(possible, Actions::Money | Actions::Judge));
    let moves = closing.books().or(moved);
    let needs_two = moves.is_some_and(|moves| moves >= at.event.rules.second_person);
    let form = if actions == Actions::Money { prefilled(form, &sayings, medium.as_ref()) } else { form };
    let room = room(at, scanner, &matter, form.text("to")).await?;
    let path = at.path("/waiting");
    let shown = MatterPage {
        shell: at.shell(Place::Waiting).under("Waiting", &path),
        contradiction: contradiction(at, store, &matter, own_payment).await?,
        payment_path: payment_path(at, own_payment, &line.payment),
        path,
        line,
        story: matter.detail,
        medium,
        media_path: at.path("/media"),
        stopped,
        actions,
        room,
        closed_at: at.event.closed_at.map(belgian_time),
        takes_two: (needs_two && may).then_some(at.event.rules.second_person),
        needs_two,
        gone,
        warnings,
        sent_back,
        books: closing.words(),
        names: names(&sayings),
        sayings,
        resolved: outcome,
        form,
    };
    let status = shown.form.status();
    Ok(with_script(at.page(status, &shown)))
}

/// The form with whom somebody else said the money belongs to, and else with whose was paid.
fn prefilled(form: Form, sayings: &[Saying], paid: Option<&PaidOnto>) -> Form {
    let proposed = sayings.iter().rev().find(|one| !one.is_own).and_then(|one| one.said.serial.as_deref());
    let paid = paid.filter(|paid| paid.is_usable).map(|paid| paid.serial.as_str());
    match proposed.or(paid) {
        Some(serial) if form.text("do").is_empty() => form.instead("to", serial),
        _ => form,
    }
}
