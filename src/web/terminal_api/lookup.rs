//! What is on a wristband or card.

use super::Caller;
use crate::clock::{Clock, Timestamp};
use crate::media::{MediumKind, MediumStatus};
use crate::money::Cents;
use crate::operators::Right;
use crate::terminals::{Balance, Till};
use crate::web::body::Json;
use crate::web::caller::check_right;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was scanned or typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct LookupBody {
    /// Any scanned text, serial, reference or pay code.
    code: String,
}

/// A medium and what is on it.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct BalanceAnswer {
    reference: String,
    serial: String,
    #[schema(schema_with = schemas::medium_kind)]
    kind: MediumKind,
    #[schema(schema_with = schemas::medium_status)]
    status: MediumStatus,
    /// The festival's slug.
    event: String,
    /// What its wallet holds; of a replaced one that is its successor's wallet.
    #[schema(value_type = i64)]
    balance_cents: Cents,
    currency: &'static str,
    /// Whether the code that was scanned can be charged now.
    can_spend: bool,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

impl From<Balance> for BalanceAnswer {
    fn from(balance: Balance) -> BalanceAnswer {
        BalanceAnswer {
            reference: balance.reference.as_str().to_owned(),
            serial: balance.serial.as_str().to_owned(),
            kind: balance.kind,
            status: balance.status,
            event: balance.event.to_string(),
            balance_cents: balance.balance,
            currency: Balance::CURRENCY,
            can_spend: balance.can_spend,
            as_of: balance.as_of,
        }
    }
}

/// Looks a medium up. Posted, so that no code stands in an address.
#[utoipa::path(
    post, path = "/api/v1/media/lookup", tag = "Terminals", operation_id = "look_up_medium",
    security(("terminal" = []), ("operator" = [])), request_body = LookupBody,
    responses(
        (status = 200, description = "The medium and what is on it", body = BalanceAnswer),
        (status = 404, description = "`unknown-medium`: in the shape of one of our codes, but unknown or mistyped"),
        (status = 422, description = "`foreign-code`: any other text"),
    )
)]
pub(in crate::web) async fn post(
    caller: Caller,
    State(till): State<Till>,
    State(clock): State<Clock>,
    Json(body): Json<LookupBody>,
) -> Result<Json<BalanceAnswer>, Problem> {
    let balance = match caller {
        Caller::Terminal(terminal) => till.look_up(&terminal, clock.now(), &body.code).await??,
        Caller::Operator(operator) => {
            check_right(&operator, Right::LookUp)?;
            till.look_up_anywhere(clock.now(), &body.code).await??
        }
    };
    Ok(Json(balance.into()))
}
