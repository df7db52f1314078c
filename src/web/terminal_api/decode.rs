//! Reads the QR in a picture, for terminals whose browser can't.

use super::AtBar;
use crate::terminals::{Refusal, Till};
use crate::web::app::Limits;
use crate::web::body::{Json, Query, read};
use crate::web::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

/// Largest side of a picture: a code that fills a third of it still has three pixels a module.
const SIDE_PX_MAX: usize = 640;
/// Smallest side: the smallest code with its quiet zone, one pixel a module.
const SIDE_PX_MIN: usize = 29;
const PIXELS_TYPE: &str = "application/octet-stream";

/// How large the picture is.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PictureQuery {
    /// 29 to 640 pixels.
    width: usize,
    /// 29 to 640 pixels.
    height: usize,
}

/// What a picture holds.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct DecodedAnswer {
    /// The text of the first code that can be read; null when none can.
    text: Option<String>,
}

/// Reads the QR in a picture: one byte a pixel, row by row, 0 is black.
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
    Query(PictureQuery { width, height }): Query<PictureQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DecodedAnswer>, Problem> {
    for (field, side) in [("width", width), ("height", height)] {
        if !(SIDE_PX_MIN..=SIDE_PX_MAX).contains(&side) {
            return Err(Problem::invalid(field, format!("{SIDE_PX_MIN} to {SIDE_PX_MAX} pixels are read")));
        }
    }
    if headers.get(header::CONTENT_TYPE).is_none_or(|given| given != PIXELS_TYPE) {
        let detail = format!("the body is pixels and must say so: Content-Type: {PIXELS_TYPE}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
    }
    let _turn = limits.picture_turn(terminal.id).await?;
    let pixels = read(&headers, body, SIDE_PX_MAX * SIDE_PX_MAX).await?;
    if pixels.len() != width * height {
        let detail = format!("{width} by {height} pixels are {} bytes, not {}", width * height, pixels.len());
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", detail));
    }
    if !till.is_live(&terminal).await? {
        return Err(Refusal::TerminalRevoked.into());
    }
    let decoding = spawn_blocking(move || decode(width, height, &pixels));
    // A picture that trips the decoder up is one that can't be read; the next one is taken a moment later.
    Ok(Json(DecodedAnswer { text: decoding.await.unwrap_or_default() }))
}

fn decode(width: usize, height: usize, pixels: &[u8]) -> Option<String> {
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    picture.detect_grids().into_iter().find_map(|grid| Some(grid.decode().ok()?.1))
}
