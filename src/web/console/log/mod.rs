//! The audit log: who did what to what, when and why, the newest first; all of it, or what one person did or what was
//! done to one thing.

mod subject;

use super::asked::Asked;
use super::at::{AtConsole, PAGE_LINES, page_of};
use super::form::Form;
use super::shell::{Place, Shell};
use crate::audit_log::{self, Search};
use crate::codes::{Code, Reference};
use crate::db::Store;
use crate::helpdesk::story::store::logged_as;
use crate::media::{Found, Scanner};
use crate::web::caller::SeeMoney;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use subject::{Known, Subject};
use url::form_urlencoded;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "web/console/log.html")]
struct LogPage {
    shell: Shell,
    form: Form,
    entries: Vec<Line>,
    is_first: bool,
    /// The address of the next page.
    next: Option<String>,
}

struct Line {
    at: String,
    who: String,
    what: String,
    subject: Subject,
    /// Where it was done, unless the subject says so.
    festival: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
}

/// What is looked for, and which page.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    who: Option<String>,
    what: Option<String>,
    after: Option<Uuid>,
}

/// `GET /console/log`
pub(super) async fn get(
    at: AtConsole<SeeMoney>,
    State(store): State<Store>,
    State(scanner): State<Arc<Scanner>>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let (who, what) = (wanted.who.unwrap_or_default(), wanted.what.unwrap_or_default());
    let subjects = subjects(&store, &scanner, what.trim()).await?;
    let search = Search { actor: actor(who.trim()), subjects };
    let limit = u32::try_from(PAGE_LINES + 1).unwrap_or_default();
    let found = audit_log::store::search(&mut *store.read().await?, &search, wanted.after, limit).await?;
    let (found, next) = page_of(found, |entry| entry.id.to_string());
    let next = next.map(|after| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("who", &who).append_pair("what", &what).append_pair("after", &after);
        format!("/console/log?{}", query.finish())
    });
    let mut known = Known::of(&store, scanner, &found).await?;
    let mut entries = Vec::with_capacity(found.len());
    for entry in found {
        let detail = known.detail(&entry).await?;
        let subject = known.subject((entry.event_id, &entry.action), &entry.subject).await?;
        entries.push(Line {
            at: belgian_time(entry.at),
            who: known.who(&entry.actor).await?,
            festival: known.festival(entry.event_id, &subject),
            subject,
            what: entry.action.replace('-', " "),
            reason: entry.reason,
            detail,
        });
    }
    let shown = LogPage {
        shell: at.shell(Place::Log),
        form: Form::with([("who", who), ("what", what)]),
        entries,
        is_first: wanted.after.is_none(),
        next,
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// Who is meant, as the log names them: an address alone is an operator's.
fn actor(typed: &str) -> Option<String> {
    let is_address = typed.contains('@') && !typed.contains(':');
    let named = if is_address { format!("operator:{}", typed.to_lowercase()) } else { typed.to_owned() };
    Some(named).filter(|named| !named.is_empty())
}

/// What is meant: a reference as it may be typed is found as it is written, and a serial by its reference, also behind the
/// word for its kind. With a medium is found what belongs to it, and with an id what is written with a word before it.
async fn subjects(store: &Store, scanner: &Scanner, typed: &str) -> Result<Vec<String>, Problem> {
    let is_kind = |word: &str| ["wristband", "card"].contains(&word.to_lowercase().as_str());
    let code = match typed.split_once(' ') {
        Some((word, rest)) if is_kind(word) => rest,
        _ => typed,
    };
    let read = match Code::parse(code) {
        Some(Code::Reference(reference)) => Some(reference.to_string()),
        Some(Code::Serial(serial)) => Some(serial.as_str().to_owned()),
        _ => None,
    };
    let Some(read) = read else { return Ok(as_typed(typed)) };
    match scanner.find(&read).await? {
        Found::Medium(view) => {
            let mut subjects = logged_as(&mut *store.read().await?, &view.medium).await?;
            subjects.push(view.medium.reference.to_string());
            Ok(subjects)
        }
        Found::Unknown | Found::Foreign(_) if Reference::parse(&read).is_some() => Ok(vec![read]),
        Found::Unknown | Found::Foreign(_) => Ok(as_typed(typed)),
    }
}

/// What is no code: a name, an address, or an id as the log writes it.
fn as_typed(typed: &str) -> Vec<String> {
    match typed.parse::<Uuid>() {
        Ok(id) => ["", "batch:", "parked:", "event:"].map(|word| format!("{word}{id}")).to_vec(),
        Err(_) if typed.is_empty() => Vec::new(),
        Err(_) => vec![typed.to_owned()],
    }
}
