//! What needs a person, the oldest first.

use crate::db::Store;
use crate::money::Cents;
use crate::payments::parked::{self, ParkedKind, store::ParkedView};
use crate::web::caller::SeeMoney;
use crate::web::console::asked::Asked;
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::shell::{Place, Shell};
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "web/console/waiting.html")]
struct WaitingPage {
    shell: Shell,
    path: String,
    matters: Vec<Line>,
    is_first: bool,
    next: Option<String>,
}

/// A matter in a list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) reason: String,
    pub(super) amount: Option<Cents>,
    /// What of it went back to its payer.
    pub(super) back: Option<Cents>,
    /// The amount is its payment's, and not what is contradicted.
    pub(super) is_contradiction: bool,
    pub(super) since: String,
    pub(super) proposed_by: Option<String>,
}

impl Line {
    pub(super) fn of(matter: &ParkedView) -> Line {
        Line {
            id: matter.id.to_string(),
            kind: kind_words(&matter.kind),
            reason: matter.reason.replace('-', " "),
            amount: matter.amount_cents.map(Cents),
            back: matter.went_back_cents.map(Cents),
            is_contradiction: matches!(matter.kind.parse(), Ok(ParkedKind::Mismatch)),
            since: belgian_time(matter.opened_at),
            proposed_by: matter.proposed_by.clone(),
        }
    }

    /// The money it is about.
    pub(super) fn money(&self) -> Option<Cents> {
        self.back.or(self.amount)
    }
}

/// A kind of matter, for people.
pub(super) fn kind_words(kind: &str) -> &'static str {
    match kind.parse() {
        Ok(ParkedKind::Suspense) => "Money in suspense",
        Ok(ParkedKind::NeedsReview) => "A payment to look at",
        Ok(ParkedKind::Counterfeit) => "Possibly a counterfeit code",
        Ok(ParkedKind::Mismatch) => "A contradiction",
        Err(_) => "A matter",
    }
}

/// Which page of the list.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Cursor {
    after: Option<Uuid>,
}

/// `GET /console/{event}/waiting`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let after = cursor.after.unwrap_or_default();
    let open = parked::store::open(&mut *store.read().await?, at.event.id, after, PAGE_LINES + 1).await?;
    let (open, next) = page_of(open, |matter| matter.id.to_string());
    let (shell, path) = (at.shell(Place::Waiting), at.path("/waiting"));
    let matters = open.iter().map(Line::of).collect();
    let shown = WaitingPage { shell, path, matters, is_first: cursor.after.is_none(), next };
    Ok(at.page(StatusCode::OK, &shown))
}
