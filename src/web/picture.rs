//! Pictures of a camera, in which a QR is looked for where the browser can't.

use super::body::{Json, read};
use super::problem::Problem;
use crate::codes::holds_pay_code;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

/// Largest side of a picture: a code that fills a third of it still has three pixels a module.
const SIDE_PX_MAX: usize = 640;
/// Smallest side: the smallest code with its quiet zone, one pixel a module.
const SIDE_PX_MIN: usize = 29;
const PIXELS_TYPE: &str = "application/octet-stream";

/// How large the picture is.
#[derive(Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PictureQuery {
    /// 29 to 640 pixels.
    width: usize,
    /// 29 to 640 pixels.
    height: usize,
}

/// What a picture holds.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::web) struct DecodedAnswer {
    /// The text of the pay code, whatever lies beside it; without one that of the only other code. Null when none can be
    /// read, and when there are several.
    text: Option<String>,
    /// True when there are several pay codes, or several codes and none that pays: which is meant, nobody can tell.
    several: bool,
}

/// A picture in grey, row by row.
pub(in crate::web) struct Picture {
    width: usize,
    height: usize,
    /// One byte a pixel, 0 is black.
    pixels: Vec<u8>,
}

impl PictureQuery {
    /// Refuses what can't be a picture of that size, before anybody waits for its turn.
    pub(in crate::web) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        for (field, side) in [("width", self.width), ("height", self.height)] {
            if !(SIDE_PX_MIN..=SIDE_PX_MAX).contains(&side) {
                return Err(Problem::invalid(
                    field,
                    format!("{SIDE_PX_MIN} to {SIDE_PX_MAX} pixels are read"),
                ));
            }
        }
        if headers.get(header::CONTENT_TYPE).is_none_or(|given| given != PIXELS_TYPE) {
            let detail = format!("the body is pixels and must say so: Content-Type: {PIXELS_TYPE}");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail));
        }
        Ok(())
    }

    /// The picture of that size.
    pub(in crate::web) async fn read(self, headers: &HeaderMap, body: Body) -> Result<Picture, Problem> {
        let PictureQuery { width, height } = self;
        let pixels = read(headers, body, SIDE_PX_MAX * SIDE_PX_MAX).await?;
        if pixels.len() != width * height {
            let detail =
                format!("{width} by {height} pixels are {} bytes, not {}", width * height, pixels.len());
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-request", detail));
        }
        Ok(Picture { width, height, pixels: pixels.into() })
    }
}

impl Picture {
    /// What its code says.
    pub(in crate::web) async fn decoded(self) -> Json<DecodedAnswer> {
        let Picture { width, height, pixels } = self;
        let decoding = spawn_blocking(move || decode(width, height, &pixels));
        // A picture that trips the decoder up is one that can't be read; the next one is taken a moment later.
        Json(decoding.await.unwrap_or_default())
    }
}

fn decode(width: usize, height: usize, pixels: &[u8]) -> DecodedAnswer {
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    meant(picture.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect())
}

/// A wristband has two codes, of which one pays. Of two wristbands none is charged by chance. `camera.js` judges the same.
fn meant(mut texts: BTreeSet<String>) -> DecodedAnswer {
    if texts.iter().any(|text| holds_pay_code(text)) {
        texts.retain(|text| holds_pay_code(text));
    }
    let several = texts.len() > 1;
    DecodedAnswer { text: texts.pop_first().filter(|_| !several), several }
}
