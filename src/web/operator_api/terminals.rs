//! Terminals: added, listed, revoked.

use super::parked::page_limit;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::ids::TerminalId;
use crate::secrets::KeyFile;
use crate::terminals::{self, AddError, TerminalView};
use crate::web::body::{Json, OptionalJson, Query};
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::{self, EventInPath, InPath};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A terminal to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewTerminalBody {
    /// Where it stands: the bar's name or id.
    point_of_sale: String,
}

/// A terminal that waits for its device.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AddedTerminal {
    #[schema(value_type = Uuid)]
    terminal_id: TerminalId,
    /// What the device types in; works once. Never shown again.
    code: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The bar's name.
    point_of_sale: String,
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Problem {
        let why = error.to_string();
        match error {
            AddError::Database(error) => error.into(),
            AddError::EventClosed(_) => Problem::new(StatusCode::CONFLICT, "event-closed", why),
            AddError::AddedBefore => Problem::new(StatusCode::CONFLICT, "id-reused", why),
            AddError::UnknownPointOfSale(_) | AddError::PointOfSaleRetired(_) => {
                Problem::invalid("point_of_sale", why)
            }
        }
    }
}

/// Adds a terminal and answers its enrolment code.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/terminals", tag = "Events", operation_id = "add_terminal",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = NewTerminalBody,
    responses(
        (status = 201, description = "The terminal and its code", body = AddedTerminal),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    Json(body): Json<NewTerminalBody>,
) -> Result<(StatusCode, Json<AddedTerminal>), Problem> {
    let added =
        terminals::add(&store, &keys, &caller.actor(), clock.now(), &event, &body.point_of_sale).await?;
    let answer = AddedTerminal {
        terminal_id: added.terminal_id,
        code: added.code,
        expires_at: added.expires_at,
        point_of_sale: added.point_of_sale,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// A terminal.
#[derive(Serialize, ToSchema)]
#[schema(as = Terminal)]
pub(in crate::web) struct TerminalAnswer {
    #[schema(value_type = Uuid)]
    id: TerminalId,
    /// The festival's slug.
    event: String,
    /// The bar's name.
    point_of_sale: String,
    /// What the device calls itself; null before it enrolled.
    device_name: Option<String>,
    /// `added`, `enrolled` or `revoked`.
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    enrolled_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// When it was last heard of, some seconds late; null before it ever was.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
    /// True for one that may sell and was heard of in the last five minutes.
    online: bool,
}

impl TerminalAnswer {
    fn of(view: TerminalView, now: Timestamp) -> TerminalAnswer {
        TerminalAnswer {
            online: view.is_online(now),
            seen_at: view.seen_at,
            status: match (view.enrolled_at, view.revoked_at) {
                (_, Some(_)) => "revoked",
                (Some(_), None) => "enrolled",
                (None, None) => "added",
            },
            id: view.id,
            event: view.event,
            point_of_sale: view.point_of_sale,
            device_name: view.device_name,
            created_at: view.created_at,
            enrolled_at: view.enrolled_at,
            revoked_at: view.revoked_at,
        }
    }
}

/// Which terminals.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct TerminalsQuery {
    /// The festival's slug; all festivals unless given.
    event: Option<String>,
    /// `next` of the page before.
    #[param(value_type = Option<Uuid>)]
    after: Option<TerminalId>,
    /// 1 to 200; 200 unless given.
    limit: Option<i64>,
}

/// A page of terminals.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct TerminalList {
    /// In the order they were added.
    terminals: Vec<TerminalAnswer>,
    /// What `after` takes for the next page; null at the end.
    #[schema(value_type = Option<Uuid>)]
    next: Option<TerminalId>,
}

/// Lists terminals.
#[utoipa::path(
    get, path = "/api/v1/terminals", tag = "Events", operation_id = "list_terminals",
    security(("operator" = [])), params(TerminalsQuery),
    responses(
        (status = 200, description = "Terminals in the order they were added", body = TerminalList),
        (status = 404, description = "`unknown-event`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Query(query): Query<TerminalsQuery>,
) -> Result<Json<TerminalList>, Problem> {
    let limit = page_limit(query.limit)?;
    let event = match &query.event {
        Some(slug) => Some(in_path::event(&store, slug).await?.id),
        None => None,
    };
    let listed = terminals::list(&mut *store.read().await?, event, query.after, limit).await?;
    let is_full = i64::try_from(listed.len()).is_ok_and(|len| len == limit);
    let next = listed.last().filter(|_| is_full).map(|last| last.id);
    let now = clock.now();
    let terminals = listed.into_iter().map(|view| TerminalAnswer::of(view, now)).collect();
    Ok(Json(TerminalList { terminals, next }))
}

/// Why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RevokeTerminalBody {
    /// For whoever asks later.
    reason: Option<String>,
}

/// Revokes a terminal: once this answers, nothing it sends is accepted.
#[utoipa::path(
    post, path = "/api/v1/terminals/{id}/revoke", tag = "Events", operation_id = "revoke_terminal",
    security(("operator" = [])), params(("id" = Uuid, Path, description = "The terminal")),
    request_body(content = Option<RevokeTerminalBody>),
    responses(
        (status = 200, description = "The terminal, revoked now or before", body = TerminalAnswer),
        (status = 404, description = "`unknown-terminal`"),
    )
)]
pub(in crate::web) async fn revoke(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    InPath(id): InPath<TerminalId>,
    OptionalJson(body): OptionalJson<RevokeTerminalBody>,
) -> Result<Json<TerminalAnswer>, Problem> {
    let (reason, now) = (body.reason.as_deref(), clock.now());
    let revoked = terminals::revoke(&store, &caller.actor(), now, id, reason).await?;
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "unknown-terminal", format!("there is no terminal {id}"));
    Ok(Json(TerminalAnswer::of(revoked.ok_or_else(unknown)?, now)))
}
