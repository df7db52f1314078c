//! The second step of signing in: a code of one's phone, or a recovery code.

use super::{OwnForm, session_cookie, set_cookie};
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, HALF_WAY_HELD, HalfWay};
use crate::secrets::KeyFile;
use crate::web::app::{Limits, PublicUrl};
use crate::web::client::Client;
use crate::web::page::{self, ICON_PATH, STYLE_PATH, Sorry, page, see_other, with_cookie};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Where it is.
pub(super) const PATH: &str = "/console/sign-in/code";

#[derive(Template)]
#[template(path = "web/second_step.html")]
struct SecondStepPage {
    is_wrong: bool,
}

fn name(public_url: &PublicUrl) -> &'static str {
    if public_url.0.is_plain_http() { "polsband-half-way" } else { "__Host-polsband-half-way" }
}

/// Carries the first step to the second.
pub(super) fn cookie(public_url: &PublicUrl, sealed: &str) -> String {
    let seconds = if sealed.is_empty() { 0 } else { HALF_WAY_HELD.as_secs() };
    set_cookie(public_url, name(public_url), sealed, seconds)
}

/// `GET /console/sign-in/code`
pub(super) async fn get() -> Response {
    page(StatusCode::OK, &SecondStepPage { is_wrong: false })
}

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

/// `POST /console/sign-in/code`
#[expect(clippy::too_many_arguments, reason = "what signing in takes, and the first step's cookie")]
pub(super) async fn post(
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    client: Client,
    headers: HeaderMap,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let now = clock.now();
    let brought = page::cookie(&headers, name(&public_url));
    let Some(half) = brought.and_then(|sealed| HalfWay::open(&keys, sealed, now)) else {
        return Ok(see_other("/console/sign-in"));
    };
    limits.count_code(half.operator())?;
    match operators::finish_sign_in(&store, &keys, now, &half, &typed.code).await? {
        Some(signed_in) => {
            let session = Some((signed_in.session.reveal(), signed_in.expires_at));
            let entered = with_cookie(see_other("/console"), &session_cookie(&public_url, session, now));
            Ok(with_cookie(entered, &cookie(&public_url, "")))
        }
        None => Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &SecondStepPage { is_wrong: true })),
    }
}
