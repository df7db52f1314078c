//! Another API key for the Bancontact profile whose codes a festival prints.

use super::events::EventAnswer;
use crate::events::{self, ProfileChange};
use crate::payments::orders::Orders;
use crate::web::app::PublicUrl;
use crate::web::body::Json;
use crate::web::caller::{Allowed, ManageEvents};
use crate::web::in_path::EventInPath;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// The key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventKey)]
pub(in crate::web) struct KeyBody {
    /// Tried before it is kept, encrypted; never shown again.
    api_key: String,
}

/// Gives a festival's Bancontact profile an API key, or another one.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/key", tag = "Events", operation_id = "change_event_key",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = KeyBody,
    responses(
        (status = 200, description = "The festival", body = EventAnswer),
        (status = 404, description = "`unknown-event`; `unknown-provider`: it has no Bancontact profile"),
        (status = 422, description = "`provider-refuses`: Bancontact does not take the key"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(orders): State<Orders>,
    State(public_url): State<PublicUrl>,
    EventInPath(event): EventInPath,
    Json(body): Json<KeyBody>,
) -> Result<Json<EventAnswer>, Problem> {
    let Orders { store, keys, adapters, clock, .. } = orders;
    let change = ProfileChange { api_key: Some(body.api_key), ..ProfileChange::default() };
    let now = clock.now();
    let trial = events::try_change(&store, &keys, adapters.connections(), now, (&event, &change)).await?;
    events::change_profile(&store, &keys, &caller.actor(), now, event.slug.as_str(), &change).await?;
    adapters.forget(event.id);
    let mut answer = EventAnswer::of(&mut *store.read().await?, &keys, &public_url, event).await?;
    answer.warning = trial.doubt();
    Ok(Json(answer))
}
