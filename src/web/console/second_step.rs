//! The second step of signing in: a code of one's phone, or a recovery code.

use super::asked_for::AskedFor;
use super::{OwnForm, session_cookie, set_cookie, sign_in};
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, HALF_WAY_HELD, HalfWay};
use crate::secrets::KeyFile;
use crate::web::app::{Limits, PublicUrl};
use crate::web::client::Client;
use crate::web::page::{self, ICON_PATH, STYLE_PATH, Sorry, page, see_other, with_cookie};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Where it is.
pub(super) const PATH: &str = "/console/sign-in/code";

#[derive(Template)]
#[template(path = "web/second_step.html")]
struct SecondStepPage {
    asked_for: AskedFor,
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
pub(super) async fn get(RawQuery(query): RawQuery) -> Response {
    let asked_for = AskedFor::in_query(query.as_deref());
    page(StatusCode::OK, &SecondStepPage { asked_for, is_wrong: false })
}

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

/// `POST /console/sign-in/code`
#[expect(
    clippy::too_many_arguments,
    reason = "what signing in takes, the first step's cookie, and where it leads"
)]
pub(super) async fn post(
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let (now, asked_for) = (clock.now(), AskedFor::in_query(query.as_deref()));
    let brought = page::cookie(&headers, name(&public_url));
    let Some(half) = brought.and_then(|sealed| HalfWay::open(&keys, sealed, now)) else {
        return Ok(see_other(&asked_for.after(sign_in::PATH)));
    };
    limits.count_code(half.operator())?;
    match operators::finish_sign_in(&store, &keys, now, &half, &typed.code).await? {
        Some(signed_in) => {
            let session = Some((signed_in.session.reveal(), signed_in.expires_at));
            let entered = see_other(asked_for.path());
            let entered = with_cookie(entered, &session_cookie(&public_url, session, now));
            Ok(with_cookie(entered, &cookie(&public_url, "")))
        }
        None => Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &SecondStepPage { asked_for, is_wrong: true })),
    }
}
