//! Batches: media issued and printed together.

use super::parked::{PageQuery, page_limit, page_of};
use super::press::{COUNT_MAX, Press};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::events::Event;
use crate::ids::BatchId;
use crate::media::print_shop::layouts_known;
use crate::media::{self, Batch, BatchOptions, IssueError, MediumKind, NewBatch};
use crate::money::Cents;
use crate::print::{Choice, Language, Level, Refusal};
use crate::providers::{CodeError, ServiceUrl};
use crate::secrets::KeyFile;
use crate::web::body::{Json, Query};
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::EventInPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Media to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewBatchBody {
    /// 1 to 200000.
    count: i64,
    #[schema(schema_with = schemas::medium_kind)]
    kind: MediumKind,
    /// Error correction of the top-up codes; M unless given.
    #[schema(schema_with = schemas::level, required = false)]
    level: Option<Level>,
    /// Of what is printed beside the codes; nl unless given.
    #[schema(schema_with = schemas::language, required = false)]
    language: Option<Language>,
    /// What the top-up codes say to their payer, with `{serial}` and `{event}` replaced; `{serial}` unless given, nothing
    /// when empty.
    description: Option<String>,
    /// The amount in the top-up codes, where it is not the event's own.
    amount_cents: Option<i64>,
    /// What the top-up codes begin with, where it is not the event's own.
    pay_url: Option<String>,
}

impl NewBatchBody {
    async fn order(self, press: &Press, event: &Event) -> Result<NewBatch, Problem> {
        let pay_url = self.pay_url.map(|url| ServiceUrl::parse(&url)).transpose();
        let pay_url = pay_url.map_err(|why| Problem::invalid("pay_url", why))?;
        let options = BatchOptions {
            level: self.level,
            language: self.language,
            description: self.description,
            amount: self.amount_cents.map(Cents),
        };
        press.order(event, self.count, self.kind, pay_url, options).await
    }
}

/// Media issued and printed together.
#[derive(Serialize, ToSchema)]
#[schema(as = Batch)]
pub(in crate::web) struct BatchAnswer {
    #[schema(value_type = Uuid)]
    id: BatchId,
    /// The festival's slug.
    event: String,
    #[schema(schema_with = schemas::medium_kind)]
    kind: MediumKind,
    count: i64,
    /// The amount in its top-up codes.
    #[schema(value_type = Option<i64>)]
    amount_cents: Option<Cents>,
    /// What its top-up codes say to their payer; `{serial}` is each one's own.
    description: String,
    #[schema(schema_with = schemas::level)]
    level: Level,
    #[schema(schema_with = schemas::language)]
    language: Language,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null while issuing, or when that was interrupted: such a batch can't be printed.
    #[schema(value_type = Option<String>, format = DateTime)]
    issued_at: Option<Timestamp>,
    /// The batch whose spoiled pieces it stands in for.
    #[schema(value_type = Option<Uuid>)]
    reprint_of: Option<BatchId>,
}

impl BatchAnswer {
    pub(super) fn of(batch: &Batch, event: &str, reprint_of: Option<BatchId>) -> BatchAnswer {
        BatchAnswer {
            id: batch.id,
            event: event.to_owned(),
            kind: batch.kind,
            count: batch.count,
            amount_cents: batch.amount,
            description: batch.description.clone(),
            level: batch.level,
            language: batch.language,
            created_at: batch.created_at,
            issued_at: batch.issued_at,
            reprint_of,
        }
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Problem {
        let why = error.to_string();
        match error {
            IssueError::Database(error) => error.into(),
            IssueError::Count(count) => Problem::invalid("count", format!("{count} is not 1 to {COUNT_MAX}")),
            IssueError::Begun(_) => Problem::new(StatusCode::CONFLICT, "id-reused", why),
            IssueError::EventClosed => Problem::new(StatusCode::CONFLICT, "event-closed", why),
            IssueError::NoProvider => Problem::new(StatusCode::CONFLICT, "no-provider", why),
            IssueError::Option { field, why } => {
                Problem::invalid(if field == "amount" { "amount_cents" } else { field }, why)
            }
            IssueError::Refused(Refusal::Option { option, .. }) => Problem::invalid(option, why),
            IssueError::Shop(error) => error.into(),
            IssueError::Code(CodeError::Text { field, .. }) => Problem::invalid(field, why),
            IssueError::Code(CodeError::TooLong { .. }) => Problem::invalid("description", why),
            IssueError::Code(CodeError::Amount(_)) => Problem::invalid("amount_cents", why),
            IssueError::Code(_) | IssueError::Refused(_) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", why)
            }
        }
    }
}

/// Issues media. Goes on to its end even when the caller hangs up.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/batches", tag = "Media", operation_id = "issue_batch",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = NewBatchBody,
    responses(
        (status = 201, description = "The batch, ready to be printed", body = BatchAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`event-closed`, `no-provider`"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(press): State<Press>,
    EventInPath(event): EventInPath,
    Json(body): Json<NewBatchBody>,
) -> Result<(StatusCode, Json<BatchAnswer>), Problem> {
    if !(1..=COUNT_MAX).contains(&body.count) {
        return Err(IssueError::Count(body.count).into());
    }
    let new = body.order(&press, &event).await?;
    let slug = event.slug.to_string();
    let batch = press.issue(caller.actor(), event, new).await?;
    Ok((StatusCode::CREATED, Json(BatchAnswer::of(&batch, &slug, None))))
}

/// Layouts, each with what some codes would be on it.
#[derive(Serialize, ToSchema)]
#[schema(as = LayoutList)]
pub(in crate::web) struct LayoutList {
    pub(in crate::web) layouts: Vec<Choice>,
}

/// The printer a preview is for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PreviewQuery {
    /// Its resolution, to see which modules are whole dots.
    dpi: Option<u32>,
}

/// What the codes of a batch would be on every layout. Issues nothing.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/batches/preview", tag = "Media", operation_id = "preview_batch",
    security(("operator" = [])),
    params(("event" = String, Path, description = "The festival's slug"), PreviewQuery),
    request_body = NewBatchBody,
    responses(
        (status = 200, description = "Every layout; what doesn't fit says why", body = LayoutList),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn preview(
    _: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(press): State<Press>,
    EventInPath(event): EventInPath,
    Query(query): Query<PreviewQuery>,
    Json(body): Json<NewBatchBody>,
) -> Result<Json<LayoutList>, Problem> {
    let new = body.order(&press, &event).await?;
    let layouts = layouts_known(&store).await?;
    let listed = media::preview(&store, &keys, &event, &new, &layouts, query.dpi).await?;
    Ok(Json(LayoutList { layouts: listed.iter().map(Choice::of).collect() }))
}

/// A page of a festival's batches.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct BatchList {
    /// The newest first.
    batches: Vec<BatchAnswer>,
    /// What `after` takes for the next page; null at the end.
    #[schema(value_type = Option<Uuid>)]
    next: Option<BatchId>,
}

/// Lists the batches of a festival.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/batches", tag = "Media", operation_id = "list_batches",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug"), PageQuery),
    responses(
        (status = 200, description = "Its batches, the newest first", body = BatchList),
        (status = 404, description = "`unknown-event`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    EventInPath(event): EventInPath,
    Query(query): Query<PageQuery>,
) -> Result<Json<BatchList>, Problem> {
    let limit = page_limit(query.limit)?;
    let after = query.after.map(BatchId);
    let mut session = store.read().await?;
    let found = media::store::batches(&mut session, event.id, after, limit + 1).await?;
    let reprints: HashMap<BatchId, BatchId> =
        media::batch_life::store::all_reprints(&mut session, event.id).await?.into_iter().collect();
    drop(session);
    let (found, more) = page_of(found, limit);
    let next = found.last().filter(|_| more).map(|last| last.id);
    let slug = event.slug.as_str();
    let answer = |batch: &Batch| BatchAnswer::of(batch, slug, reprints.get(&batch.id).copied());
    Ok(Json(BatchList { batches: found.iter().map(answer).collect(), next }))
}
