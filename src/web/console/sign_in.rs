//! Signing in and out.

use super::{OwnForm, SignedIn, second_step, session_cookie};
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, Entered, OperatorError};
use crate::secrets::KeyFile;
use crate::web::app::{Limits, PublicUrl};
use crate::web::client::Client;
use crate::web::page::{ICON_PATH, STYLE_PATH, Sorry, page, see_other, with_cookie};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignInPage {
    email: String,
    mistake: Option<&'static str>,
    notice: Option<&'static str>,
}

/// `GET /console/sign-in`
pub(super) async fn get(RawQuery(query): RawQuery) -> Response {
    let notice = (query.as_deref() == Some("set")).then_some("Your password is set. Sign in with it.");
    page(StatusCode::OK, &SignInPage { email: String::new(), mistake: None, notice })
}

#[derive(Deserialize)]
pub(super) struct Typed {
    email: String,
    password: String,
}

/// `POST /console/sign-in`
pub(super) async fn post(
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    client: Client,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let now = clock.now();
    match operators::sign_in(&store, now, &typed.email, &typed.password).await? {
        Some(Entered::SignedIn(signed_in)) => {
            let session = Some((signed_in.session.reveal(), signed_in.expires_at));
            Ok(with_cookie(see_other("/console"), &session_cookie(&public_url, session, now)))
        }
        Some(Entered::HalfWay(half)) => {
            let cookie = second_step::cookie(&public_url, &half.seal(&keys, now));
            Ok(with_cookie(see_other(second_step::PATH), &cookie))
        }
        None => {
            let mistake = Some("The address or the password is wrong.");
            let email: String = typed.email.chars().take(254).collect();
            let form = SignInPage { email, mistake, notice: None };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &form))
        }
    }
}

/// `POST /console/sign-out`
pub(super) async fn sign_out(
    signed_in: SignedIn,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    OwnForm(()): OwnForm<()>,
) -> Result<Response, Sorry> {
    let now = clock.now();
    operators::sign_out(&store, now, &signed_in.session).await?;
    Ok(with_cookie(see_other("/console/sign-in"), &session_cookie(&public_url, None, now)))
}

impl From<OperatorError> for Problem {
    fn from(error: OperatorError) -> Problem {
        let why = error.to_string();
        match error {
            OperatorError::Database(error) => error.into(),
            OperatorError::Busy => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", why).retry_after(2)
            }
            OperatorError::LinkEnded => Problem::new(StatusCode::NOT_FOUND, "link-ended", why),
            OperatorError::PasswordTooShort
            | OperatorError::PasswordTooLong
            | OperatorError::WrongPassword => Problem::invalid("password", why),
            OperatorError::WrongCode => Problem::invalid("code", why),
            OperatorError::SecondFactorIsOn => Problem::new(StatusCode::CONFLICT, "second-factor-is-on", why),
            OperatorError::Exists(..) => Problem::new(StatusCode::CONFLICT, "operator-exists", why),
            OperatorError::Unknown(_) | OperatorError::UnknownToken(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-operator", why)
            }
        }
    }
}
