//! The camera of the help desk: codes that the browser itself can't read, and of how many pieces those of a list are.

use super::super::{cross_site, is_same_origin};
use crate::media::{Found, Scanner};
use crate::web::app::{Limits, PublicUrl};
use crate::web::body::{Json, Query};
use crate::web::caller::LookUp;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::page::Sorry;
use crate::web::picture::{DecodedAnswer, PictureQuery};
use crate::web::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most codes of a list that are looked up to count its pieces: more than anybody holds before a camera.
const COUNTED_MAX: usize = 100;

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

/// How many pieces a list of codes is of: a piece has several codes, and what is of none counts by itself.
#[derive(Serialize)]
pub(super) struct Counted {
    pieces: usize,
}

/// `POST /console/{event}/media/pieces`: counts the pieces that the codes of a list are of. A pay code has no place in an
/// address.
pub(super) async fn pieces(
    _at: AtFestival<LookUp>,
    State(scanner): State<Arc<Scanner>>,
    form: Form,
) -> Result<Json<Counted>, Sorry> {
    let lines = form.text("codes").lines().map(str::trim).filter(|line| !line.is_empty());
    let codes: BTreeSet<&str> = lines.collect();
    if codes.len() > COUNTED_MAX {
        return Err(Problem::invalid("codes", format!("{COUNTED_MAX} codes are counted at most")).into());
    }
    let (mut media, mut others) = (BTreeSet::new(), 0);
    for code in codes {
        match scanner.find(code).await? {
            Found::Medium(view) => {
                media.insert(view.medium.id);
            }
            Found::Unknown | Found::Foreign(_) => others += 1,
        }
    }
    Ok(Json(Counted { pieces: media.len() + others }))
}
