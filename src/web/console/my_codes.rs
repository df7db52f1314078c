//! One's own codes at sign-in: turned on with a phone, turned off with the password.

use super::at::AtConsole;
use super::form::Form;
use super::shell::{Place, Shell};
use super::sign_in::log_wrong_password;
use crate::clock::Clock;
use crate::codes::grouped;
use crate::db::Store;
use crate::operators::{self, NewFactor, OperatorError, SecondFactor};
use crate::print::qr_svg;
use crate::secrets::KeyFile;
use crate::web::app::Limits;
use crate::web::caller::LookUp;
use crate::web::client::Client;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/console/my_codes.html")]
struct MyCodesPage {
    shell: Shell,
    form: Form,
    /// Since when they are asked, and how many recovery codes are left.
    on: Option<(String, i64)>,
    /// What the phone takes over: a picture of ours, and the text of it.
    new: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "web/console/recovery_codes.html")]
struct RecoveryPage {
    shell: Shell,
    codes: Vec<String>,
}

/// `GET /console/me/codes`
pub(super) async fn get(
    at: AtConsole<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
) -> Result<Response, Sorry> {
    show(&at, &store, &keys, Form::default()).await
}

/// `POST /console/me/codes`: what its button says.
pub(super) async fn post(
    at: AtConsole<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    client: Client,
    mut form: Form,
) -> Result<Response, Sorry> {
    limits.count_sign_in(&client)?;
    let (operator, now) = (&at.operator, clock.now());
    let refused = match form.text("do") {
        "begin" => match operators::begin_second_factor(&store, &keys, now, operator).await {
            Ok(()) => return show(&at, &store, &keys, Form::default()).await,
            Err(why) => why,
        },
        "confirm" => {
            limits.count_code(operator.id)?;
            match operators::confirm_second_factor(&store, &keys, now, operator, form.text("code")).await {
                Ok(codes) => return Ok(show_recovery(&at, &codes)),
                Err(why) => why,
            }
        }
        "off" => match operators::end_second_factor(&store, now, operator, form.secret("old")).await {
            Ok(()) => return Ok(at.done("/console/me", "No code is asked for any more.")),
            Err(why) => why,
        },
        _ => return Err(Problem::not_found().into()),
    };
    match refused {
        OperatorError::WrongPassword => {
            log_wrong_password(&limits, &store, &at.actor(), now, operator).await;
            form.wrong("old", OperatorError::WrongPassword);
        }
        why => form.refused(why, "")?,
    }
    show(&at, &store, &keys, form.without("old")).await
}

fn show_recovery(at: &AtConsole<LookUp>, codes: &[String]) -> Response {
    let codes = codes.iter().map(|code| grouped(code)).collect();
    at.page(StatusCode::OK, &RecoveryPage { shell: at.shell(Place::Me).under("You", "/console/me"), codes })
}

async fn show(at: &AtConsole<LookUp>, store: &Store, keys: &KeyFile, form: Form) -> Result<Response, Sorry> {
    let state = operators::second_factor(&mut *store.read().await?, at.operator.id).await?;
    let new = operators::new_factor(store, keys, &at.operator).await?;
    let drawn = |new: NewFactor| qr_svg(&new.uri).map(|picture| (picture, new.text));
    let shown = MyCodesPage {
        shell: at.shell(Place::Me).under("You", "/console/me"),
        on: match state {
            SecondFactor::On { since, recovery_left } => Some((belgian_time(since), recovery_left)),
            SecondFactor::Off | SecondFactor::Begun => None,
        },
        new: new.map(drawn).transpose().map_err(Problem::internal)?,
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}
