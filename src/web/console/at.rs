//! How a page begins: who is signed in, at which festival, with the right the page takes.
//!
//! `AtFestival<Print>` as a parameter reads the festival from the path, and nobody reaches the handler without the right
//! to print; `AtConsole<ManageOperators>` is the same for pages of the whole installation. Whoever lacks the right sees a
//! page that says which it is and whom to ask. The page is answered with [`At::page`], or, when something was done, with
//! [`At::done`].

use super::form::with_labels;
use super::shell::{Place, Shell, festival_path};
use super::{SignedIn, notice, words};
use crate::audit_log::Actor;
use crate::events::Event;
use crate::operators::{Operator, Right, Role};
use crate::web::App;
use crate::web::app::PublicUrl;
use crate::web::caller::Grants;
use crate::web::in_path::EventInPath;
use crate::web::page::{Sorry, belgian_time, page, page_headers, rendered, see_other, with_cookie};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::marker::PhantomData;

/// Whoever asks for a page and may see it.
pub(super) struct At<R, W> {
    pub(super) operator: Operator,
    /// What their browser keeps; never shown.
    pub(super) session: String,
    /// The festival, where it is a festival's page.
    pub(super) event: W,
    public_url: PublicUrl,
    notice: Option<String>,
    /// A form was sent, which changes something.
    is_form: bool,
    right: PhantomData<R>,
}

/// A page of a festival.
pub(super) type AtFestival<R> = At<R, Event>;
/// A page of the installation.
pub(super) type AtConsole<R> = At<R, Nowhere>;

/// In place of a festival.
#[derive(Debug)]
pub(super) struct Nowhere;

/// What a page belongs to.
pub(super) trait Whereabouts: Sized + Send {
    fn find(parts: &mut Parts, app: &App) -> impl Future<Output = Result<Self, Problem>> + Send;
    fn festival(&self) -> Option<&Event>;
}

impl Whereabouts for Event {
    async fn find(parts: &mut Parts, app: &App) -> Result<Event, Problem> {
        EventInPath::from_request_parts(parts, app).await.map(|EventInPath(event)| event)
    }

    fn festival(&self) -> Option<&Event> {
        Some(self)
    }
}

impl Whereabouts for Nowhere {
    async fn find(_: &mut Parts, _: &App) -> Result<Nowhere, Problem> {
        Ok(Nowhere)
    }

    fn festival(&self) -> Option<&Event> {
        None
    }
}

impl<R, W: Whereabouts> At<R, W> {
    /// As the audit log names them.
    pub(super) fn actor(&self) -> Actor {
        self.operator.actor()
    }

    /// What stands around the page.
    pub(super) fn shell(&self, current: Place) -> Shell {
        Shell::new(&self.operator, self.event.festival(), self.notice.as_deref(), current)
    }

    /// The page. A notice was shown by it and ends.
    pub(super) fn page(&self, status: StatusCode, template: &impl Template) -> Response {
        let shown = match rendered(template) {
            Ok(html) => (status, page_headers(), Html(with_labels(&html))).into_response(),
            Err(problem) => problem.into_response(),
        };
        match self.notice {
            Some(_) => with_cookie(shown, &notice::ended(&self.public_url)),
            None => shown,
        }
    }

    /// Goes on to another page of ours, which says what was done.
    pub(super) fn done(&self, path: &str, what: &str) -> Response {
        with_cookie(see_other(path), &notice::carried(&self.public_url, what))
    }
}

impl<R> AtFestival<R> {
    /// The same as [`At::done`], with a link to what it speaks of: its label, and its address.
    pub(super) fn done_with(&self, path: &str, what: &str, (label, to): (&str, &str)) -> Response {
        self.done(path, &notice::with_link(what, label, to))
    }

    /// The address of a page of this festival: `rest` is empty or begins with `/`.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", festival_path(&self.event))
    }

    /// In place of a page whose form a closed festival takes no more: `stays` says what stays as it is. Nothing while it is
    /// open.
    pub(super) fn closed(&self, shell: Shell, title: &str, stays: &str) -> Option<Response> {
        let at = belgian_time(self.event.closed_at?);
        // It may have been opened before.
        let status = if self.is_form { StatusCode::CONFLICT } else { StatusCode::OK };
        Some(self.page(status, &ClosedPage { shell, title, at, stays }))
    }
}

#[derive(Template)]
#[template(path = "web/console/closed.html")]
struct ClosedPage<'a> {
    shell: Shell,
    title: &'a str,
    at: String,
    stays: &'a str,
}

impl<R: Grants, W: Whereabouts> FromRequestParts<App> for At<R, W> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<At<R, W>, Response> {
        let SignedIn { operator, session } = SignedIn::from_request_parts(parts, app).await?;
        let event = W::find(parts, app).await.map_err(|problem| Sorry(problem).into_response())?;
        let public_url = PublicUrl::from_ref(app);
        let notice = notice::brought(&public_url, &parts.headers);
        let is_form = parts.method == Method::POST;
        let at = At { operator, session, event, public_url, notice, is_form, right: PhantomData };
        if at.operator.may(R::RIGHT) { Ok(at) } else { Err(not_yours(&at, R::RIGHT)) }
    }
}

#[derive(Template)]
#[template(path = "web/console/not_yours.html")]
struct NotYours {
    shell: Shell,
    role: &'static str,
    right: &'static str,
    /// Who may.
    roles: String,
}

fn not_yours<R, W: Whereabouts>(at: &At<R, W>, right: Right) -> Response {
    let roles: Vec<&str> =
        Role::ALL.iter().filter(|role| role.may(right)).map(|role| words::role(*role)).collect();
    let shell = Shell::new(&at.operator, at.event.festival(), None, Place::Festivals);
    let role = words::role(at.operator.role);
    let shown = NotYours { shell, role, right: right.as_sentence(), roles: roles.join(", ") };
    page(StatusCode::FORBIDDEN, &shown)
}

/// What the store is asked for a page of a list: one more than it shows.
pub(super) const PAGE_LINES: i64 = 50;

/// Cuts a list that was asked for one line more than a page has; the cursor of the next page, where there is one.
pub(super) fn page_of<T>(mut found: Vec<T>, cursor: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let lines = usize::try_from(PAGE_LINES).unwrap_or(usize::MAX);
    let more = found.len() > lines;
    found.truncate(lines);
    let next = found.last().filter(|_| more).map(cursor);
    (found, next)
}
