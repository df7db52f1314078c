//! The camera of the help desk, where the browser itself can't read codes.

use super::super::{cross_site, is_same_origin};
use crate::web::app::{Limits, PublicUrl};
use crate::web::body::{Json, Query};
use crate::web::caller::LookUp;
use crate::web::console::at::AtFestival;
use crate::web::page::Sorry;
use crate::web::picture::{DecodedAnswer, PictureQuery};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;

/// Where its module is.
pub(in crate::web::console) const SCRIPT_PATH: &str = "/assets/console/scan.js";
/// The module: it gives fields for codes a camera.
pub(in crate::web::console) const SCRIPT: &str = include_str!("../../../../assets/web/console/scan.js");
/// Where the module is that it takes the camera from.
pub(in crate::web::console) const CAMERA_PATH: &str = "/assets/console/camera.js";
/// That module, which the bar's app has too.
pub(in crate::web::console) const CAMERA: &str = include_str!("../../../../assets/web/camera.js");

/// `POST /console/{event}/media/camera`: what the code in a picture says.
pub(super) async fn post(
    at: AtFestival<LookUp>,
    State(limits): State<Limits>,
    State(public_url): State<PublicUrl>,
    Query(size): Query<PictureQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DecodedAnswer>, Sorry> {
    if !is_same_origin(&headers, &public_url) {
        return Err(cross_site());
    }
    size.check(&headers)?;
    let _turn = limits.picture_turn(at.operator.id.0).await?;
    Ok(size.read(&headers, body).await?.decoded().await)
}
