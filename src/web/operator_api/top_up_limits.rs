//! What somebody may pay at once on our own top-up page.

use crate::clock::Clock;
use crate::db::Store;
use crate::events::Event;
use crate::events::top_up_limits::{self, TopUpLimits};
use crate::money::Cents;
use crate::web::body::Json;
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::EventInPath;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The smallest and the largest amount.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopUpLimits)]
pub(in crate::web) struct LimitsBody {
    /// 1 to `max_cents`, and no more than a wallet holds where the rules park what is above that.
    #[schema(value_type = i64)]
    min_cents: Cents,
    /// At most 999999; an amount that the festival's codes print lies between both. Above what a wallet holds, where the rules park more, that is the most that can be paid.
    #[schema(value_type = i64)]
    max_cents: Cents,
}

/// The limits that hold.
#[derive(Serialize, ToSchema)]
#[schema(as = TopUpLimits)]
pub(in crate::web) struct LimitsAnswer {
    #[schema(value_type = i64)]
    min_cents: Cents,
    #[schema(value_type = i64)]
    max_cents: Cents,
    /// Only where a wallet holds less than `max_cents`: what the page offers then.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

impl LimitsAnswer {
    fn of(limits: TopUpLimits, event: &Event) -> LimitsAnswer {
        let warning = limits.above_balance(&event.rules);
        LimitsAnswer { min_cents: limits.min, max_cents: limits.max, warning }
    }
}

/// Tells what may be paid at once.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/top-up-limits", tag = "Events", operation_id = "show_top_up_limits",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    responses(
        (status = 200, description = "The limits", body = LimitsAnswer),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn get(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    EventInPath(event): EventInPath,
) -> Result<Json<LimitsAnswer>, Problem> {
    let limits = top_up_limits::of(&mut *store.read().await?, &event).await?;
    Ok(Json(LimitsAnswer::of(limits, &event)))
}

/// Sets what may be paid at once.
#[utoipa::path(
    put, path = "/api/v1/events/{event}/top-up-limits", tag = "Events", operation_id = "set_top_up_limits",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = LimitsBody,
    responses(
        (status = 200, description = "The limits", body = LimitsAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`event-closed`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn put(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    Json(body): Json<LimitsBody>,
) -> Result<Json<LimitsAnswer>, Problem> {
    let limits = TopUpLimits { min: body.min_cents, max: body.max_cents };
    top_up_limits::set(&store, (&caller.actor(), clock.now()), &event, limits).await?;
    Ok(Json(LimitsAnswer::of(limits, &event)))
}
