//! Signing in and out.

use super::asked_for::AskedFor;
use super::form::sentence;
use super::{OwnForm, SignedIn, second_step, session_cookie};
use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::operators::{self, Entered, Operator, OperatorError};
use crate::secrets::KeyFile;
use crate::web::app::{Limits, PublicUrl};
use crate::web::client::Client;
use crate::web::page::{CONSOLE_STYLE_PATH, ICON_PATH, STYLE_PATH, Sorry, page, see_other, with_cookie};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Where it is.
pub(super) const PATH: &str = "/console/sign-in";

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignInPage {
    email: String,
    asked_for: AskedFor,
    mistake: Option<&'static str>,
    notice: Option<&'static str>,
    /// Nothing was looked at, and when it is worth coming again.
    later: Option<String>,
}

impl SignInPage {
    fn of(email: String, asked_for: AskedFor) -> SignInPage {
        SignInPage { email, asked_for, mistake: None, notice: None, later: None }
    }
}

/// The answer to a form that was sent without a session.
#[derive(Template)]
#[template(path = "web/ended.html")]
struct EndedPage {
    sign_in: String,
}

/// Says that nothing was done, and how to send it again. No redirect: the browser holds what was typed for as long as it shows
/// the answer, and sends it again when that is loaded anew.
pub(super) fn ended(asked_for: &AskedFor) -> Response {
    page(StatusCode::UNAUTHORIZED, &EndedPage { sign_in: asked_for.after(PATH) })
}

/// `GET /console/sign-in`
pub(super) async fn get(RawQuery(query): RawQuery) -> Response {
    let notice = (query.as_deref() == Some("set")).then_some("Your password is set. Sign in with it.");
    let asked_for = AskedFor::in_query(query.as_deref());
    let form = SignInPage { notice, ..SignInPage::of(String::new(), asked_for) };
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
    State(background): State<TaskTracker>,
    client: Client,
    RawQuery(query): RawQuery,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    let (now, asked_for) = (clock.now(), AskedFor::in_query(query.as_deref()));
    let entered = match limits.count_sign_in(&client) {
        Ok(()) => operators::sign_in(&store, now, &typed.email, &typed.password).await.map_err(Problem::from),
        Err(throttled) => Err(throttled),
    };
    let email = typed.email;
    match entered {
        Ok(Some(Entered::SignedIn(signed_in))) => {
            let session = Some((signed_in.session.reveal(), signed_in.expires_at));
            Ok(with_cookie(see_other(asked_for.path()), &session_cookie(&public_url, session, now)))
        }
        Ok(Some(Entered::HalfWay(half))) => {
            let cookie = second_step::cookie(&public_url, &half.seal(&keys, now));
            Ok(with_cookie(see_other(&asked_for.after(second_step::PATH)), &cookie))
        }
        Ok(refused @ (None | Some(Entered::Refused(_)))) => {
            if let Some(Entered::Refused(operator)) = refused {
                // Nobody waits for it: it would tell who is known.
                background.spawn(async move {
                    log_wrong_password(&limits, &store, &Actor::System("sign-in"), now, &operator).await;
                });
            }
            let mistake = Some("The address or the password is wrong.");
            let form = SignInPage { mistake, ..SignInPage::of(email, asked_for) };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &form))
        }
        Err(problem) => later(&problem, SignInPage::of(email, asked_for)).ok_or(Sorry(problem)),
    }
}

/// Writes a wrong password of somebody down, unless enough of them are.
pub(super) async fn log_wrong_password(
    limits: &Limits,
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    operator: &Operator,
) {
    if limits.writes_wrong_password(operator.id)
        && let Err(error) = operators::log_wrong_password(store, actor, now, operator).await
    {
        tracing::warn!(%error, "a wrong password can't be written down");
    }
}

/// The form again with the address that was typed, where it is worth sending it a moment later.
fn later(problem: &Problem, form: SignInPage) -> Option<Response> {
    let wait = problem.header_value(&header::RETRY_AFTER)?.clone();
    let why = sentence(problem.to_json()["detail"].as_str().unwrap_or_default());
    let mut response = page(problem.status(), &SignInPage { later: Some(why), ..form });
    response.headers_mut().insert(header::RETRY_AFTER, wait);
    Some(response)
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
            | OperatorError::PasswordGuessable(_)
            | OperatorError::WrongPassword => Problem::invalid("password", why),
            OperatorError::WrongCode => Problem::invalid("code", why),
            OperatorError::SecondFactorIsOn => Problem::new(StatusCode::CONFLICT, "second-factor-is-on", why),
            OperatorError::TokenExists(_) => Problem::new(StatusCode::CONFLICT, "token-exists", why),
            OperatorError::Exists(..) => Problem::new(StatusCode::CONFLICT, "operator-exists", why),
            OperatorError::Unknown(_) | OperatorError::UnknownToken(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-operator", why)
            }
        }
    }
}
