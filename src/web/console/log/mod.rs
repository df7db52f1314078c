//! The audit log: who did what to what, when and why, the newest first; all of it, or what one person did or what was
//! done to one thing.
//!
//! The form is posted, and leads to an address that says what was asked. A pay code stands in none: it gives way to the
//! reference of what it is printed on.

mod named;
mod subject;

use super::asked::Asked;
use super::at::{AtConsole, PAGE_LINES, page_of};
use super::form::Form;
use super::shell::{Place, Shell};
use crate::audit_log;
use crate::codes::{Code, holds_pay_code};
use crate::db::Store;
use crate::media::{Found, Scanner};
use crate::web::caller::SeeMoney;
use crate::web::page::{Sorry, belgian_time, see_other};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use subject::Known;
use url::form_urlencoded;
use uuid::Uuid;

/// Most characters of what is looked for: the longest name that the log shows is an e-mail address, of 254.
const TYPED_CHARS_MAX: usize = 300;
const PATH: &str = "/console/log";

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
    subject: Vec<Word>,
    /// Its page; empty where it has none.
    path: String,
    /// Where it was done, unless the subject says so.
    festival: Option<String>,
    reason: Option<String>,
    detail: Vec<Word>,
}

/// A word of a text with the space behind it, and whether it is a number as it is printed, in which no line ends.
type Word = (String, bool);

fn words(text: &str) -> Vec<Word> {
    let is_number = |word: &str| word.contains('-') && matches!(Code::parse(word), Some(Code::Serial(_)));
    let words = text.split_inclusive(' ');
    words.map(|word| (word.to_owned(), is_number(word.trim_end_matches([' ', ',', '.'])))).collect()
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
    let mut form = Form::with([("who", who.as_str()), ("what", what.as_str())]);
    check_length(&mut form);
    for (field, typed) in [("who", &who), ("what", &what)] {
        if holds_pay_code(typed) {
            form = form.without(field);
            form.wrong(field, "this has no place in an address, and was not looked for");
        }
    }
    show(&at, &store, scanner, form, wanted.after).await
}

/// `POST /console/log`: a pay code has no place in an address.
pub(super) async fn post(
    at: AtConsole<SeeMoney>,
    State(store): State<Store>,
    State(scanner): State<Arc<Scanner>>,
    mut form: Form,
) -> Result<Response, Sorry> {
    check_length(&mut form);
    if form.is_right()
        && let Some(reference) = reference(&scanner, form.text("what")).await?
    {
        form = form.instead("what", reference);
    }
    for field in ["who", "what"] {
        if holds_pay_code(form.text(field)) {
            form.wrong(field, "nobody and nothing is called by this code");
        }
    }
    if form.is_right() {
        return Ok(see_other(&address(&form, None)));
    }
    show(&at, &store, scanner, form, None).await
}

fn check_length(form: &mut Form) {
    for field in ["who", "what"] {
        if form.text(field).chars().count() > TYPED_CHARS_MAX {
            form.wrong(field, format!("at most {TYPED_CHARS_MAX} characters"));
        }
    }
}

/// The reference of what a pay code, or the text of any code, is printed on.
async fn reference(scanner: &Scanner, typed: &str) -> Result<Option<String>, Problem> {
    if !holds_pay_code(typed) && !typed.contains("://") {
        return Ok(None);
    }
    Ok(match scanner.find(typed).await? {
        Found::Medium(view) => Some(view.medium.reference.to_string()),
        _ => None,
    })
}

/// What is looked for as an address, and behind which entry the page begins.
fn address(form: &Form, after: Option<&str>) -> String {
    let asked =
        [("who", form.text("who")), ("what", form.text("what")), ("after", after.unwrap_or_default())];
    let asked = asked.into_iter().filter(|(_, text)| !text.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
    if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
}

async fn show(
    at: &AtConsole<SeeMoney>,
    store: &Store,
    scanner: Arc<Scanner>,
    form: Form,
    after: Option<Uuid>,
) -> Result<Response, Sorry> {
    let limit = u32::try_from(PAGE_LINES + 1).unwrap_or_default();
    let found = if form.is_right() {
        let search = named::search(store, &scanner, form.text("who"), form.text("what")).await?;
        audit_log::store::search(&mut *store.read().await?, &search, after, limit).await?
    } else {
        Vec::new()
    };
    let (found, next) = page_of(found, |entry| entry.id.to_string());
    let next = next.map(|after| address(&form, Some(&after)));
    let mut known = Known::of(store, scanner, &found).await?;
    let mut entries = Vec::with_capacity(found.len());
    for entry in found {
        let detail = known.detail(&entry).await?;
        let subject = known.subject((entry.event_id, &entry.action), &entry.subject).await?;
        entries.push(Line {
            at: belgian_time(entry.at),
            who: known.who(&entry.actor).await?,
            festival: known.festival(entry.event_id, &subject),
            subject: words(&subject.name),
            path: subject.path,
            what: entry.action.replace('-', " "),
            reason: entry.reason,
            detail: detail.as_deref().map(words).unwrap_or_default(),
        });
    }
    let (shell, is_first) = (at.shell(Place::Log), after.is_none());
    let shown = LogPage { shell, form, entries, is_first, next };
    Ok(at.page(shown.form.status(), &shown))
}
