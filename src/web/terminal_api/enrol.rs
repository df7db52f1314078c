//! A device becomes a terminal.

use crate::clock::Clock;
use crate::db::Store;
use crate::ids::TerminalId;
use crate::language::Language;
use crate::secrets::KeyFile;
use crate::terminals;
use crate::web::app::Limits;
use crate::web::body::Json;
use crate::web::client::Client;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A device with a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct EnrolBody {
    /// The enrolment code: 8 characters, works once, for 15 minutes.
    code: String,
    /// What the list of terminals calls the device: 1 to 60 characters.
    device_name: String,
}

/// A terminal.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct EnrolledAnswer {
    /// What the device shows with every call. Never shown again.
    token: String,
    #[schema(value_type = Uuid)]
    terminal_id: TerminalId,
    /// The festival's slug.
    event: String,
    /// The bar's name.
    point_of_sale: String,
    /// In which the device's app begins, by the festival's rules; null: in its own.
    #[schema(schema_with = schemas::language)]
    language: Option<Language>,
}

/// Turns an enrolment code into a terminal's token. A code works once.
#[utoipa::path(
    post, path = "/api/v1/terminals/enrol", tag = "Terminals", operation_id = "enrol_terminal",
    request_body = EnrolBody,
    responses(
        (status = 201, description = "The terminal and its token", body = EnrolledAnswer),
        (status = 403, description = "`invalid-enrolment-code`"),
        (status = 429, description = "`too-many-requests`: 10 a minute from one address"),
    )
)]
pub(in crate::web) async fn post(
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    client: Client,
    Json(body): Json<EnrolBody>,
) -> Result<(StatusCode, Json<EnrolledAnswer>), Problem> {
    limits.count_enrolment(&client)?;
    let _turn = limits.newcomers_turn().await?;
    let enrolled = terminals::enrol(&store, &keys, clock.now(), &body.code, &body.device_name).await??;
    let answer = EnrolledAnswer {
        language: enrolled.language,
        token: enrolled.token.reveal().to_owned(),
        terminal_id: enrolled.terminal.id,
        event: enrolled.terminal.event.to_string(),
        point_of_sale: enrolled.terminal.point_of_sale,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
