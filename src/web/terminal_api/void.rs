//! A sale is taken back.

use super::Caller;
use crate::db::Store;
use crate::ids::ChargeId;
use crate::money::Cents;
use crate::operators::Right;
use crate::terminals::{ChargeStatus, Till, Voided};
use crate::web::body::{Json, OptionalJson};
use crate::web::caller::check_right;
use crate::web::in_path::{self, InPath};
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct VoidBody {
    /// For whoever asks later; 500 characters at most.
    reason: Option<String>,
    /// The festival's slug: for an operator, where two festivals have a sale of this id.
    event: Option<String>,
}

/// A sale that was taken back. The same each time it is asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Voided)]
pub(in crate::web) struct VoidedAnswer {
    #[schema(value_type = Uuid)]
    id: ChargeId,
    #[schema(schema_with = schemas::charge_status)]
    status: ChargeStatus,
    #[schema(value_type = i64)]
    amount_cents: Cents,
    /// What the wallet held after it.
    #[schema(value_type = i64)]
    balance_cents: Cents,
}

impl From<Voided> for VoidedAnswer {
    fn from(voided: Voided) -> VoidedAnswer {
        VoidedAnswer {
            id: voided.id,
            status: ChargeStatus::Voided,
            amount_cents: voided.amount,
            balance_cents: voided.balance,
        }
    }
}

/// Takes a sale back, once: a terminal its own within five minutes, an operator any.
#[utoipa::path(
    post, path = "/api/v1/charges/{id}/void", tag = "Terminals", operation_id = "void_charge",
    security(("terminal" = []), ("operator" = [])), params(("id" = Uuid, Path, description = "The sale")),
    request_body(content = Option<VoidBody>),
    responses(
        (status = 200, description = "Taken back, now or before", body = VoidedAnswer),
        (status = 404, description = "`unknown-charge`, `unknown-event`"),
        (status = 409, description = "`too-late-to-void`, `event-closed`, `ambiguous-charge`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn post(
    caller: Caller,
    State(till): State<Till>,
    State(store): State<Store>,
    InPath(id): InPath<ChargeId>,
    OptionalJson(body): OptionalJson<VoidBody>,
) -> Result<Json<VoidedAnswer>, Problem> {
    let reason = body.reason.as_deref();
    let voided = match caller {
        Caller::Terminal(terminal) => till.void(&terminal, id, reason).await??,
        Caller::Operator(operator) => {
            check_right(&operator, Right::VoidCharges)?;
            let event = match &body.event {
                Some(slug) => Some(in_path::event(&store, slug).await?.id),
                None => None,
            };
            till.void_anywhere(&operator.actor(), event, id, reason).await??
        }
    };
    Ok(Json(voided.into()))
}
