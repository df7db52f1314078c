//! A batch with its life, and the steps that a person says.

use super::batch_answers::{LifeAnswer, NoteBody, ReceiveBody, ReceivedAnswer, ReissueBody};
use super::batches::BatchAnswer;
use super::press::Press;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Event};
use crate::ids::BatchId;
use crate::media::batch_life::{self, BatchStep, SAMPLES_MAX};
use crate::media::{self, Batch, Scanner};
use crate::secrets::KeyFile;
use crate::web::body::{Json, OptionalJson};
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::InPath;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// A batch and its event, or 404.
pub(in crate::web) async fn found(store: &Store, id: BatchId) -> Result<(Batch, Event), Problem> {
    let mut session = store.read().await?;
    let Some((batch, _)) = media::store::batch_with_key(&mut session, id).await? else {
        let detail = format!("there is no batch {id}");
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-batch", detail));
    };
    let event = events::store::by_ids(&mut session, [batch.event_id]).await?.pop();
    Ok((batch, event.ok_or_else(|| Problem::internal("a batch without its event"))?))
}

/// Shows a batch with its life.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}", tag = "Media", operation_id = "show_batch", security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch")),
    responses(
        (status = 200, description = "The batch", body = LifeAnswer),
        (status = 404, description = "`unknown-batch`"),
    )
)]
pub(in crate::web) async fn get(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    InPath(id): InPath<BatchId>,
) -> Result<Json<LifeAnswer>, Problem> {
    let (batch, event) = found(&store, id).await?;
    let life = batch_life::life(&store, &batch).await?;
    Ok(Json(LifeAnswer::of(&batch, &event, life)))
}

macro_rules! said_steps {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $operation:literal, $step:expr;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "Media", operation_id = $operation, security(("operator" = [])),
            params(("id" = uuid::Uuid, Path, description = "The batch")),
            request_body(content = Option<NoteBody>),
            responses(
                (status = 200, description = "The batch", body = LifeAnswer),
                (status = 404, description = "`unknown-batch`"),
                (status = 409, description = "`not-allowed-from` {step}, `batch-not-printable`, `event-closed`"),
            )
        )]
        pub(in crate::web) async fn $name(
            caller: Allowed<ManageEvents>,
            State(store): State<Store>,
            State(clock): State<Clock>,
            InPath(id): InPath<BatchId>,
            OptionalJson(body): OptionalJson<NoteBody>,
        ) -> Result<Json<LifeAnswer>, Problem> {
            let (batch, event) = found(&store, id).await?;
            let (now, note) = (clock.now(), body.note.as_deref());
            batch_life::take_step(&store, now, &caller.actor(), &batch, $step, note).await??;
            let life = batch_life::life(&store, &batch).await?;
            Ok(Json(LifeAnswer::of(&batch, &event, life)))
        }
    )*};
}

said_steps! {
    /// Records that the printer is done with a batch. Said again, it is answered and nothing is written.
    printed, "/api/v1/batches/{id}/printed", "batch_printed", BatchStep::Printed;
    /// Records that a batch is handed out. A batch works whether or not that was said.
    activate, "/api/v1/batches/{id}/activate", "activate_batch", BatchStep::Active;
}

/// Records that a batch was delivered, when all samples are pieces of it and five different ones are among them.
#[utoipa::path(
    post, path = "/api/v1/batches/{id}/receive", tag = "Media", operation_id = "receive_batch",
    security(("operator" = [])), params(("id" = uuid::Uuid, Path, description = "The batch")),
    request_body = ReceiveBody,
    responses(
        (status = 200, description = "What was scanned; the batch is received", body = ReceivedAnswer),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`not-received` {samples, pieces, needed}, `not-allowed-from` {step}, \
            `batch-not-printable`, `event-closed`"),
    )
)]
pub(in crate::web) async fn receive(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(scanner): State<Arc<Scanner>>,
    InPath(id): InPath<BatchId>,
    Json(body): Json<ReceiveBody>,
) -> Result<Json<ReceivedAnswer>, Problem> {
    if body.codes.len() > SAMPLES_MAX {
        return Err(Problem::invalid("codes", format!("{SAMPLES_MAX} samples at a time are enough")));
    }
    let (batch, _) = found(&store, id).await?;
    let who = caller.actor();
    let received =
        batch_life::receive(&store, &keys, &scanner, clock.now(), &who, &batch, &body.codes).await??;
    Ok(Json(ReceivedAnswer::of(&received)))
}

/// Issues a batch in place of the spoiled pieces of this one that were not reissued yet, with the same options. Goes on
/// to its end even when the caller hangs up.
#[utoipa::path(
    post, path = "/api/v1/batches/{id}/reissue", tag = "Media", operation_id = "reissue_batch",
    security(("operator" = [])), params(("id" = uuid::Uuid, Path, description = "The old batch")),
    request_body(content = Option<ReissueBody>),
    responses(
        (status = 201, description = "The new batch, ready to be printed", body = BatchAnswer),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`nothing-to-reissue`, `event-closed`, `no-provider`, `batch-not-printable`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn reissue(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(press): State<Press>,
    InPath(id): InPath<BatchId>,
    OptionalJson(body): OptionalJson<ReissueBody>,
) -> Result<(StatusCode, Json<BatchAnswer>), Problem> {
    let (old, event) = found(&store, id).await?;
    let slug = event.slug.to_string();
    let batch = press.reissue(caller.actor(), event, old, body.reason).await?;
    Ok((StatusCode::CREATED, Json(BatchAnswer::of(&batch, &slug, Some(id)))))
}
