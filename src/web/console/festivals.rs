//! The first page: the festivals.

use super::asked::Asked;
use super::at::{AtConsole, PAGE_LINES, page_of};
use super::shell::{Place, Shell, festival_path};
use crate::db::Store;
use crate::events;
use crate::ids::EventId;
use crate::operators::Right;
use crate::providers::ProviderName;
use crate::web::caller::LookUp;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "web/console/festivals.html")]
struct FestivalsPage {
    shell: Shell,
    festivals: Vec<Line>,
    is_first: bool,
    next: Option<String>,
    may_add: bool,
    /// The providers beside Bancontact.
    others: String,
}

struct Line {
    name: String,
    path: String,
    slug: String,
    is_open: bool,
    since: String,
}

/// Which page of the list.
#[derive(Deserialize)]
pub(super) struct Cursor {
    after: Option<Uuid>,
}

/// `GET /console`
pub(super) async fn get(
    at: AtConsole<LookUp>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let after = cursor.after.map(EventId);
    let found = events::store::list(&mut *store.read().await?, after, PAGE_LINES + 1).await?;
    let (found, next) = page_of(found, |event| event.id.to_string());
    let lines = found.into_iter().map(|event| Line {
        path: festival_path(&event),
        slug: event.slug.to_string(),
        is_open: event.is_open(),
        since: belgian_time(event.created_at),
        name: event.name,
    });
    let (shell, is_first) = (at.shell(Place::Festivals), after.is_none());
    let may_add = at.operator.may(Right::ManageEvents);
    let others = ProviderName::list_with_accounts(ProviderName::title, "or");
    let shown = FestivalsPage { shell, festivals: lines.collect(), is_first, next, may_add, others };
    Ok(at.page(StatusCode::OK, &shown))
}
