//! `GET /`: a phone-like page for people. Works without script; a script only keeps the list fresh and types for you.

mod form;
mod shown;

use crate::money::Cents;
use crate::sandbox::problem::Problem;
use crate::sandbox::{CallbackMode, PayRequest, Sandbox, Status};
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use form::{Choice, Mistake, callback_choices, code_choices, outcome_choices};
use serde::Deserialize;
pub(in crate::sandbox) use shown::Tone;
use shown::{Card, Receipt};

/// How many payments the page lists.
const CARDS_MAX: usize = 12;

const CSS: &str = include_str!("../../../assets/sandbox/phone.css");
const JS: &str = include_str!("../../../assets/sandbox/phone.js");
const ICON: &str = include_str!("../../../assets/sandbox/icon.svg");

pub(in crate::sandbox) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/", get(show).post(pay))
        .route("/sandbox/assets/phone.css", asset("text/css; charset=utf-8", CSS))
        .route("/sandbox/assets/phone.js", asset("text/javascript; charset=utf-8", JS))
        .route("/sandbox/assets/icon.svg", asset("image/svg+xml", ICON))
}

fn asset(content_type: &'static str, text: &'static str) -> axum::routing::MethodRouter<Sandbox> {
    get(
        move || async move { ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], text) },
    )
}

#[derive(Template)]
#[template(path = "sandbox/phone.html")]
struct Page {
    codes: Vec<Choice>,
    outcomes: Vec<Choice>,
    callbacks: Vec<Choice>,
    payload: String,
    amount: String,
    mistake: Option<Mistake>,
    receipt: Option<Receipt>,
    /// Where "pay again" leads: the form with the same code.
    again: String,
    cards: Vec<Card>,
    api_url: String,
    key_set_url: String,
}

/// What the form sends. All of it is text; nothing is required here, so that every mistake is answered on the page.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
    payload: String,
    amount: String,
    outcome: String,
    callback: String,
}

async fn show(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = |wanted: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let receipt = asked("paid").and_then(|id| sandbox.inner.bancontact.shown(&id)).map(|p| Receipt::of(&p));
    let typed = Typed { code: asked("code").unwrap_or_default(), ..Typed::default() };
    render(&sandbox, StatusCode::OK, &typed, None, receipt)
}

async fn pay(State(sandbox): State<Sandbox>, form: Result<Form<Typed>, FormRejection>) -> Response {
    let Form(typed) = match form {
        Ok(form) => form,
        Err(rejection) => {
            let detail = "the form takes code, payload, amount, outcome and callback, each at most once";
            return Problem::new(rejection.status(), "invalid-form", detail).into_response();
        }
    };
    let paid = match request_of(&typed) {
        Ok(request) => sandbox.pay(request).await.map_err(|error| Mistake::of(&error)),
        Err(mistake) => Err(mistake),
    };
    match paid {
        Ok(paid) => {
            let code = percent_encoding::utf8_percent_encode(&typed.code, percent_encoding::NON_ALPHANUMERIC);
            Redirect::to(&format!("/?paid={}&code={code}", paid.payment_id)).into_response()
        }
        Err(mistake) => render(&sandbox, StatusCode::UNPROCESSABLE_ENTITY, &typed, Some(mistake), None),
    }
}

/// What was typed, as a request; or what is wrong beside which field.
fn request_of(typed: &Typed) -> Result<PayRequest, Mistake> {
    let pasted = typed.payload.trim();
    let payload = if pasted.is_empty() { typed.code.as_str() } else { pasted };
    if payload.is_empty() {
        return Err(Mistake::code("Choose a code, or paste the text of one."));
    }
    let amount = typed.amount.trim();
    let amount_cents = match amount {
        "" => None,
        typed => Some(typed.parse::<Cents>().map_err(|error| Mistake::amount(error.to_string()))?.0),
    };
    let outcome = match typed.outcome.as_str() {
        "" => Status::default(),
        word => word.parse().map_err(Mistake::code)?,
    };
    let callback = match typed.callback.as_str() {
        "" => CallbackMode::default(),
        word => word.parse().map_err(Mistake::code)?,
    };
    let payload = payload.to_owned();
    Ok(PayRequest { payload, amount_cents, outcome, callback, description: None, debtor: None })
}

fn render(
    sandbox: &Sandbox,
    status: StatusCode,
    typed: &Typed,
    mistake: Option<Mistake>,
    receipt: Option<Receipt>,
) -> Response {
    let page = Page {
        codes: code_choices(sandbox.codes(), &typed.code),
        outcomes: outcome_choices(&typed.outcome),
        callbacks: callback_choices(&typed.callback),
        payload: typed.payload.clone(),
        amount: typed.amount.clone(),
        mistake,
        again: format!(
            "/?code={}",
            percent_encoding::utf8_percent_encode(&typed.code, percent_encoding::NON_ALPHANUMERIC)
        ),
        receipt,
        cards: sandbox.inner.bancontact.recent(CARDS_MAX).iter().map(Card::of).collect(),
        api_url: sandbox.api_url().to_owned(),
        key_set_url: sandbox.key_set_url(),
    };
    html(status, &page, "")
}

/// A page of nothing but our own files that nobody may frame. What is sent from it may lead on to `elsewhere`.
pub(in crate::sandbox) fn html(status: StatusCode, page: &impl Template, elsewhere: &str) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "the sandbox page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self' {elsewhere}; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(html)).into_response()
}
