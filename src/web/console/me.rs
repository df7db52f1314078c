//! Oneself: who is signed in, and a new password.

use super::at::AtConsole;
use super::form::Form;
use super::shell::{Place, Shell};
use super::sign_in::log_wrong_password;
use super::words;
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, OperatorError, PASSWORD_CHARS_MIN, SecondFactor};
use crate::web::app::Limits;
use crate::web::caller::LookUp;
use crate::web::client::Client;
use crate::web::page::{Sorry, belgian_time, see_other};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "web/console/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    email: String,
    role: &'static str,
    since: String,
    /// What a new password has to be.
    rule: String,
    has_codes: bool,
}

/// `GET /console/me`
pub(super) async fn get(at: AtConsole<LookUp>, State(store): State<Store>) -> Result<Response, Sorry> {
    show(&at, &store, Form::default()).await
}

/// `POST /console/me`: a new password; every session ends, this one too.
pub(super) async fn post(
    at: AtConsole<LookUp>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(limits): State<Limits>,
    client: Client,
    mut form: Form,
) -> Result<Response, Sorry> {
    // Passwords are taken as they were typed, spaces and all.
    let [old, new, again] = ["old", "password", "again"].map(|name| form.secret(name).to_owned());
    limits.count_sign_in(&client)?;
    form.needs("old");
    if let Err(why) = operators::check_password(&new, &at.operator.email) {
        form.wrong("password", why);
    }
    if new != again {
        form.wrong("again", "the two are not the same");
    }
    if !form.is_right() {
        return show(&at, &store, form).await;
    }
    let now = clock.now();
    match operators::change_password(&store, now, &at.operator, &old, &new).await {
        Ok(()) => Ok(see_other("/console/sign-in?set")),
        Err(OperatorError::WrongPassword) => {
            log_wrong_password(&limits, &store, &at.actor(), now, &at.operator).await;
            form.wrong("old", OperatorError::WrongPassword);
            show(&at, &store, form).await
        }
        Err(why) => {
            form.refused(why, "password")?;
            show(&at, &store, form).await
        }
    }
}

async fn show(at: &AtConsole<LookUp>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let operator = &at.operator;
    let codes = operators::second_factor(&mut *store.read().await?, operator.id).await?;
    let shown = MePage {
        shell: at.shell(Place::Me),
        email: operator.email.to_string(),
        role: words::role(operator.role),
        since: belgian_time(operator.created_at),
        rule: format!(
            "At least {PASSWORD_CHARS_MIN} characters besides your address. A few words are easier to remember than one odd one"
        ),
        has_codes: matches!(codes, SecondFactor::On { .. }),
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}
