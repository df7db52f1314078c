//! Setting a password with a one-time link.

use super::OwnForm;
use super::form::sentence;
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, OperatorError, PASSWORD_CHARS_MIN};
use crate::web::app::Limits;
use crate::web::client::Client;
use crate::web::in_path::InPath;
use crate::web::page::{ICON_PATH, STYLE_PATH, Sorry, page, see_other};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "web/password.html")]
struct PasswordPage {
    email: String,
    chars_min: usize,
    mistake: Option<String>,
    mismatch: bool,
}

impl PasswordPage {
    fn fresh(email: String) -> PasswordPage {
        PasswordPage { email, chars_min: PASSWORD_CHARS_MIN, mistake: None, mismatch: false }
    }
}

/// `GET /console/password/{link}`
pub(super) async fn get(
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    client: Client,
    InPath(link): InPath<String>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let operator = operators::by_link(&store, clock.now(), &link).await?.ok_or(OperatorError::LinkEnded)?;
    Ok(page(StatusCode::OK, &PasswordPage::fresh(operator.email.to_string())))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    password: String,
    again: String,
}

/// `POST /console/password/{link}`
pub(super) async fn post(
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    client: Client,
    InPath(link): InPath<String>,
    OwnForm(typed): OwnForm<Typed>,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let now = clock.now();
    let operator = operators::by_link(&store, now, &link).await?.ok_or(OperatorError::LinkEnded)?;
    let form = PasswordPage::fresh(operator.email.to_string());
    if typed.password != typed.again {
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &PasswordPage { mismatch: true, ..form }));
    }
    match operators::set_password(&store, now, &link, &typed.password).await {
        Ok(_) => Ok(see_other("/console/sign-in?set")),
        Err(
            error @ (OperatorError::PasswordTooShort
            | OperatorError::PasswordTooLong
            | OperatorError::PasswordGuessable(_)),
        ) => {
            let mistake = Some(sentence(&error.to_string()));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &PasswordPage { mistake, ..form }))
        }
        Err(error) => Err(error.into()),
    }
}
