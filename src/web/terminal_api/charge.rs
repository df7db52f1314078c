//! A sale: charged, and read back when its answer was lost.

use super::AtBar;
use crate::clock::{Clock, Timestamp};
use crate::ids::ChargeId;
use crate::money::Cents;
use crate::terminals::{ChargeStatus, Charged, Line, NewCharge, Refusal, Till};
use crate::web::body::Json;
use crate::web::in_path::InPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sale.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCharge)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ChargeBody {
    /// Made by the terminal when the basket opened, and kept: any UUID but the one of zeros, version 7 advised.
    #[schema(value_type = Uuid)]
    id: ChargeId,
    /// The scanned pay code, in any form it is printed in.
    code: String,
    /// How much; within the festival's bounds, 1 to 50000 unless it chose others.
    #[schema(value_type = i64)]
    amount_cents: Cents,
    /// What was sold; adds up to the amount. At most 100.
    #[serde(default)]
    lines: Vec<LineBody>,
}

/// One product of a sale.
#[derive(Deserialize, ToSchema)]
#[schema(as = Line)]
#[serde(deny_unknown_fields)]
struct LineBody {
    /// 1 to 60 characters.
    product: String,
    /// At least 1.
    quantity: i64,
    /// The price of one; below zero for what is given back, such as a cup's deposit.
    #[schema(value_type = i64)]
    unit_cents: Cents,
}

impl From<ChargeBody> for NewCharge {
    fn from(body: ChargeBody) -> NewCharge {
        let lines = body.lines.into_iter().map(|line| Line {
            product: line.product,
            quantity: line.quantity,
            unit_cents: line.unit_cents,
        });
        NewCharge { id: body.id, code: body.code, amount: body.amount_cents, lines: lines.collect() }
    }
}

/// A sale that happened. The same each time it is asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Charge)]
pub(in crate::web) struct ChargeAnswer {
    #[schema(value_type = Uuid)]
    id: ChargeId,
    #[schema(schema_with = schemas::charge_status)]
    status: ChargeStatus,
    #[schema(value_type = i64)]
    amount_cents: Cents,
    /// What the wallet held after it.
    #[schema(value_type = i64)]
    balance_cents: Cents,
    serial: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Charged> for ChargeAnswer {
    fn from(charged: &Charged) -> ChargeAnswer {
        ChargeAnswer {
            id: charged.id,
            status: charged.status,
            amount_cents: charged.amount,
            balance_cents: charged.balance,
            serial: charged.serial.as_str().to_owned(),
            created_at: charged.created_at,
        }
    }
}

/// 201 for a sale that happened now, 200 for one that had happened before.
pub(super) fn status_of(charged: &Charged) -> StatusCode {
    if charged.replayed { StatusCode::OK } else { StatusCode::CREATED }
}

/// Charges a wallet. Send the same body again when the answer was lost: it is charged once.
#[utoipa::path(
    post, path = "/api/v1/charges", tag = "Terminals", operation_id = "charge", security(("terminal" = [])),
    request_body = ChargeBody,
    responses(
        (status = 201, description = "Charged", body = ChargeAnswer),
        (status = 200, description = "It had been charged before: the same answer", body = ChargeAnswer),
        (status = 402, description = "`insufficient-funds` {balance_cents, missing_cents}"),
        (status = 403, description = "`top-up-code-cannot-pay`, `serial-cannot-pay`"),
        (status = 404, description = "`unknown-medium`"),
        (status = 409, description = "`medium-not-active` {medium_status, frozen_by?}, `id-reused` {field}, `event-closed`"),
        (status = 422, description = "`invalid-amount`, `foreign-code`"),
    )
)]
pub(in crate::web) async fn post(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    State(clock): State<Clock>,
    Json(body): Json<ChargeBody>,
) -> Result<(StatusCode, Json<ChargeAnswer>), Problem> {
    let charged = till.charge(&terminal, clock.now(), body.into()).await??;
    Ok((status_of(&charged), Json(ChargeAnswer::from(&charged))))
}

/// Tells what became of a sale whose answer was lost.
#[utoipa::path(
    get, path = "/api/v1/charges/{id}", tag = "Terminals", operation_id = "read_charge",
    security(("terminal" = [])), params(("id" = Uuid, Path, description = "The sale")),
    responses(
        (status = 200, description = "It happened", body = ChargeAnswer),
        (status = 404, description = "`unknown-charge`: it did not happen, so the same id may be sent again"),
    )
)]
pub(in crate::web) async fn get(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    InPath(id): InPath<ChargeId>,
) -> Result<Json<ChargeAnswer>, Problem> {
    let charged = till.read_back(&terminal, id).await??.ok_or(Refusal::UnknownCharge)?;
    Ok(Json(ChargeAnswer::from(&charged)))
}
