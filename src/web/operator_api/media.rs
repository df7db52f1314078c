//! The lives of media: activate, freeze, unfreeze, replace, revoke.

use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::codes::Code;
use crate::db::Store;
use crate::events;
use crate::helpdesk::{self, Asked, BadSuccessor, MediumState, Move, Refusal};
use crate::ids::MoveId;
use crate::ledger::LaneHandle;
use crate::media::moves::store::moves;
use crate::media::{Found, LifecycleMove, Medium, MediumKind, MediumStatus, Scanner, store::MediumView};
use crate::money::Cents;
use crate::web::body::{Json, OptionalJson};
use crate::web::caller::{Allowed, MoveMedia};
use crate::web::in_path::InPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ReasonBody {
    /// For whoever asks later; at most 500 characters. Revoking needs one.
    reason: Option<String>,
}

/// The successor, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ReplaceBody {
    /// Any code of the new medium, which must be unused.
    with: String,
    /// For whoever asks later; at most 500 characters.
    reason: Option<String>,
}

/// A medium after a move.
#[derive(Serialize, ToSchema)]
#[schema(as = Medium)]
pub(in crate::web) struct MediumAnswer {
    reference: String,
    serial: String,
    #[schema(schema_with = schemas::medium_kind)]
    kind: MediumKind,
    #[schema(schema_with = schemas::medium_status)]
    status: MediumStatus,
    /// The festival's slug.
    event: String,
    #[schema(value_type = i64)]
    balance_cents: Cents,
    currency: &'static str,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = match &refusal {
            Refusal::Reason(why) => return Problem::invalid("reason", why),
            Refusal::UnknownMedium | Refusal::Successor(BadSuccessor::Unknown) => StatusCode::NOT_FOUND,
            Refusal::NotAllowedFrom(_)
            | Refusal::EventClosed
            | Refusal::Successor(_)
            | Refusal::IdReused { .. } => StatusCode::CONFLICT,
            Refusal::FrozenByDesk | Refusal::WrongCode => StatusCode::FORBIDDEN,
        };
        let problem = Problem::new(status, refusal.name(), refusal.sentence());
        match refusal.medium_status() {
            Some(status) => problem.with("medium_status", status),
            None => problem,
        }
    }
}

/// What the help desk works with, in the API and on the console's pages.
#[derive(Clone)]
pub(in crate::web) struct Desk {
    store: Store,
    lane: LaneHandle,
    clock: Clock,
    scanner: Arc<Scanner>,
}

impl FromRef<crate::web::App> for Desk {
    fn from_ref(app: &crate::web::App) -> Desk {
        Desk {
            store: Store::from_ref(app),
            lane: LaneHandle::from_ref(app),
            clock: Clock::from_ref(app),
            scanner: Arc::from_ref(app),
        }
    }
}

impl Desk {
    /// The medium that a path names: by its reference or its serial. A pay code has no place in an address.
    pub(in crate::web) async fn named(&self, text: &str) -> Result<MediumView, Problem> {
        match Code::parse(text) {
            Some(Code::Reference(_) | Code::Serial(_)) => self.found(text).await,
            _ => Err(Refusal::UnknownMedium.into()),
        }
    }

    /// The medium behind any of its codes.
    pub(in crate::web) async fn found(&self, text: &str) -> Result<MediumView, Problem> {
        match self.scanner.find(text).await? {
            Found::Medium(view) => Ok(*view),
            Found::Unknown => Err(Refusal::UnknownMedium.into()),
            Found::Foreign(why) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "foreign-code", why)),
        }
    }

    async fn moves(
        &self,
        actor: Actor,
        reference: &str,
        asked: Asked,
        reason: Option<String>,
    ) -> Result<Json<MediumAnswer>, Problem> {
        let medium = self.named(reference).await?.medium;
        let moved = self.move_medium(&medium, MoveId::new(), asked, actor, reason).await??;
        self.answer(moved).await
    }

    /// Moves a medium, once for each id.
    pub(in crate::web) async fn move_medium(
        &self,
        medium: &Medium,
        id: MoveId,
        asked: Asked,
        actor: Actor,
        reason: Option<String>,
    ) -> Result<Result<MediumState, Refusal>, Problem> {
        let order = Move { event: medium.event_id, medium: medium.id, id, asked, actor, reason };
        Ok(helpdesk::move_medium(&self.lane, order).await?)
    }

    /// Whether this move, by this actor and for this reason, is the last one that a medium made.
    pub(in crate::web) async fn was_moved_last(
        &self,
        medium: &Medium,
        (asked, actor, reason): &(LifecycleMove, String, String),
    ) -> Result<bool, Problem> {
        let made = moves(&mut *self.store.read().await?, medium.event_id, medium.id).await?;
        Ok(made.last().is_some_and(|last| {
            let from = last.from_status.parse::<MediumStatus>();
            let to = from.ok().and_then(|from| from.after(*asked).ok());
            let is_asked = to.is_some_and(|to| to.as_str() == last.to_status);
            is_asked && last.actor == *actor && last.reason == *reason
        }))
    }

    async fn answer(
        &self,
        MediumState { medium, balance }: MediumState,
    ) -> Result<Json<MediumAnswer>, Problem> {
        let event = events::store::by_ids(&mut *self.store.read().await?, [medium.event_id]).await?.pop();
        let event = event.ok_or_else(|| Problem::internal("a medium without its event"))?;
        Ok(Json(MediumAnswer {
            reference: medium.reference.to_string(),
            serial: medium.serial.as_str().to_owned(),
            kind: medium.kind,
            status: medium.status,
            event: event.slug.to_string(),
            balance_cents: balance,
            currency: "EUR",
            as_of: self.clock.now(),
        }))
    }
}

macro_rules! plain_moves {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $operation:literal, $asked:expr, $conflict:literal;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "Media", operation_id = $operation, security(("operator" = [])),
            params(("reference" = String, Path, description = "The medium's reference or serial")),
            request_body(content = Option<ReasonBody>),
            responses(
                (status = 200, description = "The medium", body = MediumAnswer),
                (status = 404, description = "`unknown-medium`"),
                (status = 409, description = $conflict),
            )
        )]
        pub(in crate::web) async fn $name(
            caller: Allowed<MoveMedia>,
            State(desk): State<Desk>,
            InPath(reference): InPath<String>,
            OptionalJson(body): OptionalJson<ReasonBody>,
        ) -> Result<Json<MediumAnswer>, Problem> {
            desk.moves(caller.actor(), &reference, $asked, body.reason).await
        }
    )*};
}

plain_moves! {
    /// Puts a medium into use, where the festival activates explicitly.
    activate, "/api/v1/media/{reference}/activate", "activate_medium", Asked::Activate,
        "`not-allowed-from` {medium_status}, `event-closed`";
    /// Stops a medium from spending until it is found again. Money may still be added. It outlasts the
    /// festival, as unfreezing, replacing and revoking do: what is left on a wallet is somebody's.
    freeze, "/api/v1/media/{reference}/freeze", "freeze_medium", Asked::Freeze, "`not-allowed-from` {medium_status}";
    /// Lets a frozen medium spend again.
    unfreeze, "/api/v1/media/{reference}/unfreeze", "unfreeze_medium", Asked::Unfreeze, "`not-allowed-from` {medium_status}";
    /// Ends a medium without a successor. Needs a reason.
    revoke, "/api/v1/media/{reference}/revoke", "revoke_medium", Asked::Revoke, "`not-allowed-from` {medium_status}";
}

/// Gives a medium's wallet to another, unused one. The old pay code stops at once; the old reference keeps adding
/// money to the same wallet.
#[utoipa::path(
    post, path = "/api/v1/media/{reference}/replace", tag = "Media", operation_id = "replace_medium",
    security(("operator" = [])),
    params(("reference" = String, Path, description = "The old medium's reference or serial")),
    request_body = ReplaceBody,
    responses(
        (status = 200, description = "The old medium, replaced", body = MediumAnswer),
        (status = 404, description = "`unknown-medium`"),
        (status = 409, description = "`not-allowed-from` {medium_status}, `same-successor`"),
        (status = 422, description = "`foreign-code`"),
    )
)]
pub(in crate::web) async fn replace(
    caller: Allowed<MoveMedia>,
    State(desk): State<Desk>,
    InPath(reference): InPath<String>,
    Json(body): Json<ReplaceBody>,
) -> Result<Json<MediumAnswer>, Problem> {
    let with = desk.found(&body.with).await?.medium.id;
    desk.moves(caller.actor(), &reference, Asked::Replace { with }, body.reason).await
}
