//! Signing in and out.

use super::asked_for::AskedFor;
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

/// Where it is.
pub(super) const PATH: &str = "/console/sign-in";

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignInPage {
    email: String,
    asked_for: AskedFor,
    mistake: Option<&'static str>,
    notice: Option<&'static str>,
    /// A form came without a session.
    is_not_done: bool,
}

/// The mark of an address that says so.
const NOT_DONE: &str = "not-done";

/// The address of the sign-in page after a form that was sent without a session.
pub(super) fn not_done(address: &str) -> String {
    format!("{address}{}{NOT_DONE}", if address.contains('?') { '&' } else { '?' })
}

/// `GET /console/sign-in`
pub(super) async fn get(RawQuery(query): RawQuery) -> Response {
    let notice = (query.as_deref() == Some("set")).then_some("Your password is set. Sign in with it.");
    let asked_for = AskedFor::in_query(query.as_deref());
    let is_not_done = query.as_deref().unwrap_or_default().split('&').any(|part| part == NOT_DONE);
    let form = SignInPage { email: String::new(), asked_for, mistake: None, notice, is_not_done };
    page(StatusCode::OK, &form)
}

#[derive(Deserialize)]
pub(super) struct Typed {
    email: String,
    password: String,
}

/// `POST /console/sign-in`
#[expect(clippy::too_many_arguments, reason = "what signing in takes, and where it leads")]
pub(super) async fn post(
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    client: Client,
    RawQuery(query): RawQuery,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let (now, asked_for) = (clock.now(), AskedFor::in_query(query.as_deref()));
    match operators::sign_in(&store, now, &typed.email, &typed.password).await? {
        Some(Entered::SignedIn(signed_in)) => {
            let session = Some((signed_in.session.reveal(), signed_in.expires_at));
            Ok(with_cookie(see_other(asked_for.path()), &session_cookie(&public_url, session, now)))
        }
        Some(Entered::HalfWay(half)) => {
            let cookie = second_step::cookie(&public_url, &half.seal(&keys, now));
            Ok(with_cookie(see_other(&asked_for.after(second_step::PATH)), &cookie))
        }
        None => {
            let mistake = Some("The address or the password is wrong.");
            let email: String = typed.email.chars().take(254).collect();
            let form = SignInPage { email, asked_for, mistake, notice: None, is_not_done: false };
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
    Ok(with_cookie(see_other(PATH), &session_cookie(&public_url, None, now)))
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
