//! Reads the QR in a picture, for terminals whose browser can't.

use super::AtBar;
use crate::terminals::{Refusal, Till};
use crate::web::app::Limits;
use crate::web::body::{Json, Query};
use crate::web::picture::{DecodedAnswer, PictureQuery};
use crate::web::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;

/// Reads the QR in a picture: one byte a pixel, row by row, 0 is black. Of both codes of a wristband the pay code is read.
#[utoipa::path(
    post, path = "/api/v1/terminal/decode", tag = "Terminals", operation_id = "decode_picture",
    security(("terminal" = [])), params(PictureQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What it holds", body = DecodedAnswer),
        (status = 429, description = "`too-many-requests`: 300 a minute from one terminal"),
    )
)]
pub(in crate::web) async fn post(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    State(limits): State<Limits>,
    Query(size): Query<PictureQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DecodedAnswer>, Problem> {
    size.check(&headers)?;
    let _turn = limits.picture_turn(terminal.id.0).await?;
    let picture = size.read(&headers, body).await?;
    if !till.is_live(&terminal).await? {
        return Err(Refusal::TerminalRevoked.into());
    }
    Ok(picture.decoded().await)
}
