//! Comparing with the provider's list on demand.

use crate::clock::Timestamp;
use crate::db::Store;
use crate::events::Event;
use crate::ids::RunId;
use crate::payments::reconcile::{self, Asked, Reconciler, Run, RunState, StartError};
use crate::web::body::{Json, OptionalJson};
use crate::web::caller::{Allowed, Reconcile};
use crate::web::in_path::{EventInPath, InPath};
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long a caller waits for the end of a run before it gets its name.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// The window to compare.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct WindowBody {
    /// Its start; where the last complete run had got to, less an overlap, unless given.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Its end; now, unless given.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// A comparison with the provider's list.
#[derive(Serialize, ToSchema)]
#[schema(as = ReconcileRun)]
pub(in crate::web) struct RunAnswer {
    #[schema(value_type = Uuid)]
    run: RunId,
    #[schema(schema_with = schemas::run_state)]
    state: RunState,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Everything before this instant is compared.
    #[schema(value_type = String, format = DateTime)]
    done_to: Timestamp,
    /// Payments the provider listed, each once. Each is one of the six below; those may also count payments that are not
    /// listed: of which money went back, whose row can't be read, or that the provider does not know.
    listed: i64,
    /// Of these, known here before and unchanged.
    already_known: i64,
    /// The same, and another festival's, which has or had the same profile or account.
    of_other_events: i64,
    /// Credited now.
    settled: i64,
    /// Money that went to suspense now, or needs a review.
    parked: i64,
    /// In contradiction to what we know; or settled here, and unknown to the provider. Money that went back counts in the
    /// run that tells of it first, whenever its payment was made.
    mismatched: i64,
    /// New or changed, and nothing to credit: waiting, cancelled, expired, or a refund that is booked now of what was marked
    /// for return, whenever its payment was made.
    recorded: i64,
    /// Why it failed.
    problem: Option<String>,
    /// Which of the festival's providers no run compares with as long as it has no API key; that all of the window lies
    /// before the festival was set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl RunAnswer {
    fn of(run: Run, event: &Event, left_out: Option<String>) -> RunAnswer {
        let before = run.before_its_event(event).map(str::to_owned);
        let warnings: Vec<String> = left_out.into_iter().chain(before).collect();
        RunAnswer {
            run: run.id,
            state: run.state,
            from: run.from,
            to: run.to,
            done_to: run.done_to,
            listed: run.counts.listed,
            already_known: run.counts.already_known,
            of_other_events: run.counts.of_other_events,
            settled: run.counts.settled,
            parked: run.counts.parked,
            mismatched: run.counts.mismatched,
            recorded: run.counts.recorded,
            problem: run.problem,
            warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Problem {
        let why = error.to_string();
        match error {
            StartError::Database(error) => error.into(),
            StartError::NoApiKey(_) => Problem::new(StatusCode::CONFLICT, "no-api-key", why),
            StartError::NotYet
            | StartError::Backwards { .. }
            | StartError::Compared(_)
            | StartError::TooLong
            | StartError::BeforeItsTime(_)
            | StartError::BehindItsTime(_) => match why.split_once(": ") {
                Some((field @ ("from" | "to"), why)) => Problem::invalid(field, why),
                _ => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", why),
            },
        }
    }
}

/// Compares a festival's payments with the provider's list and settles what is missing. Joins a run under way. A window
/// without `from` whose end is behind what was compared since is answered with the run that looked at it, and refused where
/// none did.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/reconcile", tag = "Money", operation_id = "reconcile",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body(content = Option<WindowBody>),
    responses(
        (status = 200, description = "The run, complete", body = RunAnswer),
        (status = 202, description = "The run goes on; its address is in `Location`", body = RunAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`no-api-key`"),
        (status = 502, description = "`provider-unavailable` {run}"),
    )
)]
pub(in crate::web) async fn post(
    _: Allowed<Reconcile>,
    State(reconciler): State<Reconciler>,
    EventInPath(event): EventInPath,
    OptionalJson(window): OptionalJson<WindowBody>,
) -> Result<Response, Problem> {
    let run = reconciler.compare(&event, Asked { from: window.from, to: window.to }, WAIT_MAX).await?;
    let run = run.ok_or_else(|| Problem::internal("a run that was just started is gone"))?;
    let left_out = reconciler.left_out(&event).await?;
    match run.state {
        RunState::Complete => Ok(Json(RunAnswer::of(run, &event, left_out)).into_response()),
        RunState::Running => {
            let location = format!("/api/v1/events/{}/reconcile/{}", event.slug, run.id);
            let answer = Json(RunAnswer::of(run, &event, left_out));
            Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], answer).into_response())
        }
        RunState::Failed => {
            let why = run.problem.as_deref().unwrap_or("the provider's list can't be had");
            Err(Problem::new(StatusCode::BAD_GATEWAY, "provider-unavailable", why).with("run", run.id))
        }
        RunState::Interrupted => Err(Problem::unavailable("the run was interrupted").with("run", run.id)),
    }
}

/// Shows a run.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/reconcile/{run}", tag = "Money", operation_id = "show_reconcile_run",
    security(("operator" = [])),
    params(("event" = String, Path, description = "The festival's slug"), ("run" = Uuid, Path, description = "The run")),
    responses(
        (status = 200, description = "The run as it stands", body = RunAnswer),
        (status = 404, description = "`unknown-event`, `unknown-run`"),
    )
)]
pub(in crate::web) async fn get(
    _: Allowed<Reconcile>,
    State(store): State<Store>,
    State(reconciler): State<Reconciler>,
    EventInPath(event): EventInPath,
    InPath(run): InPath<RunId>,
) -> Result<Json<RunAnswer>, Problem> {
    let found = reconcile::store::by_id(&mut *store.read().await?, event.id, run).await?;
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "unknown-run", format!("this event has no run {run}"));
    let found = found.ok_or_else(unknown)?;
    let left_out = reconciler.left_out(&event).await?;
    Ok(Json(RunAnswer::of(found, &event, left_out)))
}
