//! A new batch: its options, what its codes will be on each layout, a picture of one piece, and only then the issuing.

use super::super::asked::Asked;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::{Link, Place, Shell};
use super::files::{self, picture};
use super::{Row, for_kind, issued, title, words};
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::print_shop::{layout_named, layouts_known};
use crate::media::{self, Batch, BatchOptions, MediumKind, NewBatch};
use crate::plural::grouped;
use crate::print::{Language, Level};
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::operator_api::{COUNT_MAX, Press};
use crate::web::page::{Sorry, see_other};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use url::form_urlencoded;

#[derive(Template)]
#[template(path = "web/console/new_batch.html")]
struct NewBatchPage {
    shell: Shell,
    path: String,
    form: Form,
    /// How many there may be.
    counts: String,
    kinds: Vec<(&'static str, &'static str)>,
    levels: Vec<(&'static str, &'static str)>,
    languages: Vec<(&'static str, &'static str)>,
    /// What the event's codes carry unless told otherwise.
    event_amount: String,
    takes_amount: bool,
    preview: Option<Preview>,
}

/// What was looked at, and can be issued.
struct Preview {
    /// Of the batch that it may become. It stands in the address: whoever comes back to the page looks at the same one.
    id: BatchId,
    /// `Issue 500 wristbands`
    issue: String,
    /// The batch that it has become, where it has.
    issued: Option<Link>,
    /// That its codes lead to this machine, where nobody else would get.
    unreachable: Option<&'static str>,
    /// That is another than what was looked at: the address was changed meanwhile.
    is_another: bool,
    /// The options, as they are sent.
    fields: [(&'static str, String); FIELDS.len()],
    rows: Vec<Row>,
    /// The layout whose picture is shown.
    layout: String,
    /// The options, as they stand in an address.
    query: String,
}

const FIELDS: [&str; 6] = ["count", "kind", "level", "language", "description", "amount"];
/// What the address of a look says: the options, on which layout, and the id of the batch that it may become.
const LOOKED_AT: [&str; 8] = ["count", "kind", "level", "language", "description", "amount", "layout", "id"];

/// `GET /console/{event}/batches/new`: with options, what they come to. Each look has an address of its own, with the id of
/// the batch that it may become.
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(press): State<Press>,
    Asked(asked): Asked<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    if let Some(closed) = closed(&at) {
        return Ok(closed);
    }
    if asked.is_empty() {
        let defaults =
            [("kind", "wristband"), ("level", "M"), ("language", "nl"), ("description", "{serial}")];
        return Ok(show(&at, Form::with(defaults), None));
    }
    let mut form = Form::of(asked);
    let Some(new) = counted(&at, &press, &mut form).await? else { return Ok(show(&at, form, None)) };
    let id = looked_at(&form);
    if form.is_right() && id.is_none() {
        return Ok(look(&at, form));
    }
    let layouts = for_kind(layouts_known(&store).await?, new.kind);
    let listed = match media::preview(&store, &keys, &at.event, &new, &layouts, None).await {
        Ok(listed) => listed,
        Err(why) => {
            form.refused(why, "")?;
            return Ok(show(&at, form, None));
        }
    };
    let Some(id) = id.filter(|_| form.is_right()) else { return Ok(show(&at, form, None)) };
    let rows: Vec<Row> = listed.iter().map(|listing| Row::of(listing, new.count)).collect();
    let asked = rows.iter().find(|row| row.fits && row.name == form.text("layout"));
    let layout = asked.or_else(|| rows.iter().find(|row| row.fits)).map(|row| row.name.clone());
    let became = |batch: &Batch| Link::new(title(batch), at.path(&format!("/batches/{id}")));
    let batch = issued(&store, &at.event, id).await?;
    let preview = Preview {
        id,
        issue: format!("Issue {}", words::counted(new.count, new.kind)),
        issued: batch.as_ref().map(became),
        unreachable: new.unreachable(),
        is_another: batch.is_some_and(|batch| is_another(&batch, &new)),
        fields: FIELDS.map(|name| (name, form.shown(name))),
        layout: layout.unwrap_or_default(),
        query: query(&form, &FIELDS),
        rows,
    };
    Ok(show(&at, form, Some(preview)))
}

/// `POST /console/{event}/batches/new`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(press): State<Press>,
    mut form: Form,
) -> Result<Response, Sorry> {
    if let Some(closed) = closed(&at) {
        return Ok(closed);
    }
    let new = counted(&at, &press, &mut form).await?;
    let Some(new) = new.filter(|_| form.is_right()) else { return Ok(show(&at, form, None)) };
    // The page's own id: sent twice, it is issued once.
    let Some(id) = looked_at(&form) else { return Ok(look(&at, form)) };
    let kind = new.kind;
    match press.issue(at.actor(), at.event.clone(), NewBatch { id, ..new }).await {
        Ok(batch) => {
            let are = if batch.count == 1 { "is" } else { "are" };
            let said = format!("{} {are} issued and ready to be printed.", words::counted(batch.count, kind));
            Ok(at.done(&at.path(&format!("/batches/{}", batch.id)), &said))
        }
        Err(why) => {
            if issued(&store, &at.event, id).await?.is_some() {
                let said =
                    "Sent again, the form issued nothing more: this is its batch, as it was sent first.";
                return Ok(at.done(&at.path(&format!("/batches/{id}")), said));
            }
            form.refused(why, "")?;
            Ok(show(&at, form, None))
        }
    }
}

/// Whether a batch was issued otherwise than it is looked at.
fn is_another(batch: &Batch, new: &NewBatch) -> bool {
    let BatchOptions { level, language, amount, .. } = new.options;
    (batch.count, batch.kind) != (new.count, new.kind)
        || level.is_some_and(|level| level != batch.level)
        || language.is_some_and(|language| language != batch.language)
        || amount.is_some_and(|amount| Some(amount) != batch.amount)
}

/// The id of a look, which was drawn here and before now: batches are listed by their ids, and one of anybody's making could
/// stand before or behind all others for ever.
fn looked_at(form: &Form) -> Option<BatchId> {
    let id: BatchId = form.text("id").parse().ok()?;
    (id.0.get_version_num() == 7 && id < BatchId::new()).then_some(id)
}

/// To the address of a look with an id of its own.
fn look(at: &AtFestival<ManageEvents>, form: Form) -> Response {
    let query = query(&form.instead("id", BatchId::new().to_string()), &LOOKED_AT);
    see_other(&at.path(&format!("/batches/new?{query}")))
}

/// `GET /console/{event}/batches/new/specimen.svg?layout=…`: a piece as it would be.
pub(in crate::web::console) async fn specimen(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(press): State<Press>,
    Asked(asked): Asked<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let mut form = Form::of(asked);
    let layout = layout_named(&store, form.text("layout")).await?;
    let new = order(&at, &press, &mut form).await?;
    let Some(new) = new.filter(|_| form.is_right()) else { return Err(files::nothing()) };
    let layouts = [layout];
    let listed = media::preview(&store, &keys, &at.event, &new, &layouts, None).await?;
    picture(&store, &at.event, &listed).await
}

/// The batch that a form describes, which says how many, as far as it can be read; none when its kind can't.
async fn counted(
    at: &AtFestival<ManageEvents>,
    press: &Press,
    form: &mut Form,
) -> Result<Option<NewBatch>, Sorry> {
    if form.text("count").is_empty() {
        form.wrong("count", format!("a whole number from 1 to {}", grouped(COUNT_MAX)));
    }
    order(at, press, form).await
}

/// The same without asking how many: a picture of one piece is the same for any.
async fn order(
    at: &AtFestival<ManageEvents>,
    press: &Press,
    form: &mut Form,
) -> Result<Option<NewBatch>, Sorry> {
    let kind = form.read::<MediumKind>("kind");
    let count = form.number("count", 1..=COUNT_MAX).unwrap_or(1);
    let options = BatchOptions {
        level: form.read_optional::<Level>("level"),
        language: form.read_optional::<Language>("language"),
        description: Some(form.text("description").to_owned()),
        amount: form.amount("amount"),
    };
    let Some(kind) = kind else { return Ok(None) };
    Ok(Some(press.order(&at.event, count, kind, None, options).await?))
}

fn shell(at: &AtFestival<ManageEvents>) -> Shell {
    at.shell(Place::Batches).under("Batches", at.path("/batches"))
}

fn closed(at: &AtFestival<ManageEvents>) -> Option<Response> {
    at.closed(shell(at), "New batch", "nothing is issued for it any more")
}

fn query(form: &Form, fields: &[&str]) -> String {
    let pairs = fields.iter().map(|name| (name, form.text(name)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn show(at: &AtFestival<ManageEvents>, form: Form, preview: Option<Preview>) -> Response {
    let (status, rules) = (form.status(), &at.event.rules);
    let shown = NewBatchPage {
        shell: shell(at),
        path: at.path("/batches/new"),
        form,
        counts: format!("1 to {}", grouped(COUNT_MAX)),
        kinds: vec![("wristband", "Wristbands"), ("card", "Cards")],
        levels: vec![
            ("M", "M: for what stays flat"),
            ("Q", "Q: where a band wraps or creases"),
            ("H", "H: the most, and the densest code"),
        ],
        languages: words::languages(),
        event_amount: rules.amount.map(|amount| amount.to_string()).unwrap_or_default(),
        takes_amount: rules.amount.is_some(),
        preview,
    };
    at.page(status, &shown)
}
