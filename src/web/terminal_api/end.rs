//! A device ends its own terminal.

use super::terminals_token;
use crate::clock::Clock;
use crate::db::Store;
use crate::events;
use crate::ids::TerminalId;
use crate::terminals;
use crate::web::app::Limits;
use crate::web::body::Json;
use crate::web::caller::unknown_token;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

/// A terminal that is ended.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedTerminal)]
pub(in crate::web) struct EndedAnswer {
    #[schema(value_type = Uuid)]
    terminal_id: TerminalId,
    /// False once the festival is closed: nothing is taken back any more.
    event_open: bool,
}

/// Ends the terminal that asks, as revoking it does: nothing it sends afterwards is accepted, but this. Asked again, and
/// by a terminal that was revoked before, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/terminal/end", tag = "Terminals", operation_id = "end_terminal",
    security(("terminal" = [])),
    responses((status = 200, description = "The terminal, ended now or before", body = EndedAnswer))
)]
pub(in crate::web) async fn post(
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    headers: HeaderMap,
) -> Result<Json<EndedAnswer>, Problem> {
    let token = terminals_token(&headers)?;
    let _turn = limits.newcomers_turn().await?;
    let ended = terminals::end(&store, clock.now(), token).await?.ok_or_else(unknown_token)?;
    let event = events::store::by_ids(&mut *store.read_at_bar().await?, [ended.event_id]).await?.pop();
    let event = event.ok_or_else(|| Problem::internal("a terminal without its event"))?;
    Ok(Json(EndedAnswer { terminal_id: ended.id, event_open: event.is_open() }))
}
