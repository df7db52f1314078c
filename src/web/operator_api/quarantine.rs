//! Ranges of a batch: into quarantine, and out of it.

use super::batch_life::found;
use crate::audit_log::Actor;
use crate::db::Store;
use crate::helpdesk::{
    Range, RangeError, RangeMove, RangeMoved, RangeOrder, RangeRefusal, find_end, find_range, move_range,
};
use crate::ids::BatchId;
use crate::ledger::LaneHandle;
use crate::media::Scanner;
use crate::media::batch_life::Counts;
use crate::web::body::Json;
use crate::web::caller::{Allowed, MoveMedia};
use crate::web::in_path::InPath;
use crate::web::problem::Problem;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

/// A range, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RangeBody {
    /// Any code or the serial of the piece at one end.
    from: String,
    /// The same of the other end; the range runs by the numbers of the pieces, in either order.
    to: String,
    /// For whoever asks later; at most 500 characters.
    reason: String,
}

/// What became of a range.
#[derive(Serialize, ToSchema)]
#[schema(as = Range)]
pub(in crate::web) struct RangeAnswer {
    #[schema(value_type = Uuid)]
    batch: BatchId,
    /// The number of its first piece.
    first: i64,
    /// The number of its last piece.
    last: i64,
    /// Pieces that were moved now.
    moved: i64,
    /// Pieces that were there already.
    already: i64,
    /// Pieces that were left as they are, in use or ended, by their status.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    left: Counts,
}

impl From<RangeRefusal> for Problem {
    fn from(refusal: RangeRefusal) -> Problem {
        let (end, why) = (refusal.end(), refusal.sentence());
        let (status, name) = match refusal {
            RangeRefusal::Foreign(..) => (StatusCode::UNPROCESSABLE_ENTITY, "foreign-code"),
            RangeRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "unknown-medium"),
            RangeRefusal::OtherBatch(..) => (StatusCode::CONFLICT, "other-batch"),
        };
        Problem::new(status, name, format!("{end}: {why}")).with("field", end)
    }
}

impl From<RangeError> for Problem {
    fn from(error: RangeError) -> Problem {
        match error {
            RangeError::Lane(error) => error.into(),
            RangeError::Database(error) => error.into(),
        }
    }
}

/// What ranges are moved with.
#[derive(Clone)]
pub(in crate::web) struct Rolls {
    store: Store,
    lane: LaneHandle,
    scanner: Arc<Scanner>,
    background: TaskTracker,
}

impl FromRef<crate::web::App> for Rolls {
    fn from_ref(app: &crate::web::App) -> Rolls {
        Rolls {
            store: Store::from_ref(app),
            lane: LaneHandle::from_ref(app),
            scanner: Arc::from_ref(app),
            background: TaskTracker::from_ref(app),
        }
    }
}

impl Rolls {
    /// Refuses what is no piece of a batch at one end, `from` or `to`, of a range.
    pub(in crate::web) async fn knows_end(
        &self,
        batch: BatchId,
        end: &'static str,
        text: &str,
    ) -> Result<(), Problem> {
        Ok(find_end(&self.scanner, Some(batch), end, text).await?.map(drop)?)
    }

    /// Moves a range of a batch. Goes on to its end even when the caller hangs up.
    pub(in crate::web) async fn moves(
        &self,
        batch: BatchId,
        (from, to): (&str, &str),
        order: RangeOrder,
    ) -> Result<(Range, RangeMoved), Problem> {
        found(&self.store, batch).await?;
        let range = find_range(&self.store, &self.scanner, Some(batch), from, to).await??;
        let (store, lane, moving) = (self.store.clone(), self.lane.clone(), range.clone());
        let moving =
            self.background.spawn(async move { move_range(&store, &lane, &moving, &order, |_| ()).await });
        let moved = moving.await.map_err(Problem::internal)???;
        Ok((range, moved))
    }

    async fn answers(
        &self,
        actor: Actor,
        batch: BatchId,
        asked: RangeMove,
        body: RangeBody,
    ) -> Result<Json<RangeAnswer>, Problem> {
        let order = RangeOrder { asked, actor, reason: body.reason };
        let (range, moved) = self.moves(batch, (&body.from, &body.to), order).await?;
        let RangeMoved { moved, already, left } = moved;
        Ok(Json(RangeAnswer { batch, first: range.first, last: range.last, moved, already, left }))
    }
}

macro_rules! range_moves {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $operation:literal, $asked:expr;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "Media", operation_id = $operation, security(("operator" = [])),
            params(("id" = uuid::Uuid, Path, description = "The batch")),
            request_body = RangeBody,
            responses(
                (status = 200, description = "What became of it", body = RangeAnswer),
                (status = 404, description = "`unknown-batch`, `unknown-medium` {field}"),
                (status = 409, description = "`other-batch` {field}, `event-closed`"),
                (status = 422, description = "`foreign-code` {field}"),
            )
        )]
        pub(in crate::web) async fn $name(
            caller: Allowed<MoveMedia>,
            State(rolls): State<Rolls>,
            InPath(batch): InPath<BatchId>,
            Json(body): Json<RangeBody>,
        ) -> Result<Json<RangeAnswer>, Problem> {
            rolls.answers(caller.actor(), batch, $asked, body).await
        }
    )*};
}

range_moves! {
    /// Puts a range of a batch in quarantine: a roll that was lost or stolen before it was handed out. Nothing of it pays
    /// or takes money until it is released; what is in use already is left and counted.
    quarantine, "/api/v1/batches/{id}/quarantine", "quarantine_range", RangeMove::Quarantine;
    /// Releases a range from quarantine: unused as before.
    release, "/api/v1/batches/{id}/release", "release_range", RangeMove::Release;
}
