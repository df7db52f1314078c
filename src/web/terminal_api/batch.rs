//! Many sales at once: what a terminal stored while it was offline.

use super::AtBar;
use super::charge::{ChargeAnswer, ChargeBody, status_of};
use crate::clock::Clock;
use crate::ids::ChargeId;
use crate::terminals::{CHARGES_PER_BATCH_MAX, NewCharge, Refusal, Till};
use crate::web::body::{self, Json, LongJson};
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// Sales in the order they were made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct BatchBody {
    /// At most 500, each with its own id. Each is judged by itself.
    #[schema(value_type = Vec<ChargeBody>)]
    charges: Vec<Box<RawValue>>,
}

/// What became of each, in the same order.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct BatchResults {
    results: Vec<BatchResult>,
}

/// What became of one: a charge or a problem.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct BatchResult {
    /// As it was sent; null where none could be read.
    #[schema(value_type = Option<String>)]
    id: Value,
    /// What the same charge would have been answered with alone.
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<ChargeAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

impl BatchResult {
    fn refused(id: Value, problem: &Problem) -> BatchResult {
        let http_status = problem.status().as_u16();
        BatchResult { id, http_status, charge: None, problem: Some(problem.to_json()) }
    }
}

/// Charges many at once, each judged by itself: one refusal stops nothing else.
#[utoipa::path(
    post, path = "/api/v1/charges/batch", tag = "Terminals", operation_id = "charge_batch",
    security(("terminal" = [])), request_body = BatchBody,
    responses(
        (status = 200, description = "What became of each", body = BatchResults),
        (status = 413, description = "`body-too-large`: more than 8 MiB; send fewer at once"),
        (status = 422, description = "`batch-too-large`"),
    )
)]
pub(in crate::web) async fn post(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    State(clock): State<Clock>,
    LongJson(body): LongJson<BatchBody>,
) -> Result<Json<BatchResults>, Problem> {
    if body.charges.len() > CHARGES_PER_BATCH_MAX {
        return Err(Refusal::BatchTooLarge.into());
    }
    let mut results: Vec<Result<ChargeId, BatchResult>> = Vec::with_capacity(body.charges.len());
    let mut charges: Vec<NewCharge> = Vec::with_capacity(body.charges.len());
    for raw in &body.charges {
        results.push(match body::parse::<ChargeBody>(raw.get().as_bytes()) {
            Ok(charge) => {
                charges.push(charge.into());
                Ok(charges.last().expect("pushed above").id)
            }
            Err(problem) => Err(BatchResult::refused(id_in(raw), &problem)),
        });
    }
    let mut answers = till.charge_batch(&terminal, clock.now(), charges).await?.into_iter();
    let results = results.into_iter().map(|result| {
        let id = match result {
            Ok(id) => id,
            Err(refused) => return refused,
        };
        let id = Value::String(id.to_string());
        let answer = answers.next().expect("there is an answer for each charge");
        match answer.map_err(Problem::from).and_then(|answer| answer.map_err(Problem::from)) {
            Ok(charged) => BatchResult {
                id,
                http_status: status_of(&charged).as_u16(),
                charge: Some(ChargeAnswer::from(&charged)),
                problem: None,
            },
            Err(problem) => BatchResult::refused(id, &problem),
        }
    });
    Ok(Json(BatchResults { results: results.collect() }))
}

/// The id of a charge that can't be read as a whole, if it has one.
fn id_in(raw: &RawValue) -> Value {
    let read: Option<Value> = serde_json::from_str(raw.get()).ok();
    read.and_then(|mut charge| Some(charge.get_mut("id")?.take()))
        .filter(Value::is_string)
        .unwrap_or_default()
}
