//! The console: the pages of operators. They need no script.
//!
//! One file is one page, with functions `get` and `post`. It begins with [`at::AtFestival`] or [`at::AtConsole`], which
//! say who asks, where, and with which right; it calls the rooms below, as the API does, and its template extends
//! `web/console/base.html` with a [`shell::Shell`]. A form is a [`form::Form`]: refused, it is shown again with what was
//! typed; taken, the browser is sent on to a page that says what was done.
//!
//! | address | page |
//! |---|---|
//! | `/console` | the festivals |
//! | `/console/new` | a new festival |
//! | `/console/people` | who may do what, and API tokens |
//! | `/console/log` | the audit log |
//! | `/console/me` | one's own password, and codes of one's phone at sign-in |
//! | `/console/{event}` | a festival's totals, and what waits for a person |
//! | `/console/{event}/waiting` | what needs a person, each with its story and what resolves it |
//! | `/console/{event}/payments` | payments, searched |
//! | `/console/{event}/returns` | what is marked for return, and has not gone yet |
//! | `/console/{event}/reconcile` | comparing with the provider's list |
//! | `/console/{event}/books` | the books: accounts, days, the audit |
//! | `/console/{event}/media` | the help desk: find a wristband or card, see all that happened to it, move it |
//! | `/console/{event}/batches` | batches: issued after a look at what the codes will be, printed, followed to the wrists |
//! | `/console/{event}/set-up` | its set-up, with a page for each part below it |
//!
//! A session is a cookie that scripts can't read and other sites can't send; forms are taken only when the browser
//! says that they come from these pages.

mod asked;
mod asked_for;
mod at;
mod batches;
pub(in crate::web) mod books;
mod festivals;
mod form;
mod log;
mod lost;
mod me;
mod meanwhile;
mod media;
mod money;
mod my_codes;
mod new_event;
mod notice;
mod password;
mod people;
mod second_step;
mod set_up;
mod shell;
mod sign_in;
pub(in crate::web) mod today;
mod upload;
mod words;

pub(in crate::web) use lost::framed;

use super::App;
use super::app::{Limits, PublicUrl};
use super::body;
use super::client::{Client, TrustedProxies};
use super::page::{self, Sorry, cookie, see_other};
use super::problem::Problem;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::operators::{self, Operator};
use crate::plural::grouped;
use asked_for::AskedFor;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use batches::receive::LIST_CHARS_MAX;
use serde::de::DeserializeOwned;
use url::Url;

/// Ends a session.
const SIGN_OUT_PATH: &str = "/console/sign-out";
/// Largest form.
const FORM_BYTES_MAX: usize = 16 * 1024;

pub(in crate::web) fn routes() -> Router<App> {
    Router::new()
        .route("/console", get(festivals::get))
        .route("/console/new", get(new_event::get).post(new_event::post))
        .route("/console/people", get(people::get).post(people::post))
        .route("/console/people/{id}", get(people::person).post(people::change))
        .route("/console/people/tokens/{token}", get(people::ask_revoke).post(people::revoke_token))
        .route("/console/log", get(log::get).post(log::post))
        .route("/console/me", get(me::get).post(me::post))
        .route("/console/me/codes", get(my_codes::get).post(my_codes::post))
        .route("/console/{event}", get(today::get))
        .route("/console/{event}/live", get(today::watch))
        .merge(batches::routes())
        .merge(media::routes())
        .merge(set_up::routes())
        .merge(money::routes())
        .merge(books::routes())
        .route(sign_in::PATH, get(sign_in::get).post(sign_in::post))
        .route(second_step::PATH, get(second_step::get).post(second_step::post))
        .route(SIGN_OUT_PATH, post(sign_in::sign_out))
        .route("/console/password/{link}", get(password::get).post(password::post))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .route(today::SCRIPT_PATH, script(today::SCRIPT))
        .route(batches::files::SCRIPT_PATH, script(batches::files::SCRIPT))
        .route(media::camera::SCRIPT_PATH, script(media::camera::SCRIPT))
        .route(media::camera::CAMERA_PATH, script(media::camera::CAMERA))
}

fn script(text: &'static str) -> MethodRouter<App> {
    page::asset("text/javascript; charset=utf-8", text)
}

/// The session's cookie. Over https its name makes the browser insist on what the attributes say.
fn cookie_name(public_url: &PublicUrl) -> &'static str {
    if public_url.0.is_plain_http() { "polsband-session" } else { "__Host-polsband-session" }
}

/// A cookie that lives as long as the session; empty and over at once when there is none.
fn session_cookie(public_url: &PublicUrl, session: Option<(&str, Timestamp)>, now: Timestamp) -> String {
    let (value, seconds) = session.map_or(("", 0), |(value, until)| (value, until.since(now).as_secs()));
    set_cookie(public_url, cookie_name(public_url), value, seconds)
}

/// A cookie of ours, for so many seconds.
fn set_cookie(public_url: &PublicUrl, name: &str, value: &str, seconds: u64) -> String {
    let secure = if public_url.0.is_plain_http() { "" } else { "; Secure" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Whoever is signed in, with their session.
struct SignedIn {
    operator: Operator,
    session: String,
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Store: FromRef<S>,
    Clock: FromRef<S>,
    PublicUrl: FromRef<S>,
    Limits: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<SignedIn, Response> {
        let Some(session) = cookie(&parts.headers, cookie_name(&PublicUrl::from_ref(state))) else {
            return Err(to_sign_in(parts));
        };
        let session = session.to_owned();
        let Ok(client) = Client::from_request_parts(parts, state).await;
        let (store, now) = (Store::from_ref(state), Clock::from_ref(state).now());
        let look_up = operators::by_session(&store, now, &session);
        match Limits::from_ref(state).holder(&client, &session, look_up).await {
            Ok(Some(operator)) => Ok(SignedIn { operator, session }),
            Ok(None) => Err(to_sign_in(parts)),
            Err(problem) => Err(Sorry(problem).into_response()),
        }
    }
}

/// Leads to signing in, and from there to what was asked for. Who sent a form hears that it was not done, and keeps it.
fn to_sign_in(parts: &Parts) -> Response {
    let asked_for = AskedFor::by(parts);
    let is_form =
        parts.method == Method::POST && parts.uri.path() != SIGN_OUT_PATH && !is_for_a_script(parts);
    if is_form { sign_in::ended(&asked_for) } else { see_other(&asked_for.after(sign_in::PATH)) }
}

/// True for what a module of ours asks: it leads its page to signing in.
fn is_for_a_script(parts: &Parts) -> bool {
    parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream")
}

/// A form that comes from a page of ours.
pub(in crate::web) struct OwnForm<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OwnForm<T>
where
    PublicUrl: FromRef<S>,
{
    type Rejection = Sorry;

    async fn from_request(request: Request, state: &S) -> Result<OwnForm<T>, Sorry> {
        if !is_same_origin(request.headers(), &PublicUrl::from_ref(state)) {
            return Err(cross_site());
        }
        body::form(request).await?.map(OwnForm).map_err(|rejection| {
            let detail = match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => format!(
                    "nothing of it was done: a page takes {} kB of text, a list of codes {} characters",
                    FORM_BYTES_MAX / 1024,
                    grouped(LIST_CHARS_MAX)
                ),
                _ => "the form could not be read: open the page again".to_owned(),
            };
            Sorry(Problem::new(rejection.status(), "invalid-form", detail))
        })
    }
}

fn cross_site() -> Sorry {
    let detail = "this form was sent from another site: open the page here and send it again";
    Sorry(Problem::new(StatusCode::FORBIDDEN, "cross-site", detail))
}

/// What the browser says of where a request comes from: every one says one or the other with a form. Programs that
/// say neither carry no cookie of somebody else's. Ours is the address that was asked, and the public one, which a
/// proxy may have replaced.
fn is_same_origin(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let Ok(origin) = Url::parse(origin) else { return false };
    let public = Url::parse(public_url.0.as_str()).is_ok_and(|url| url.origin() == origin.origin());
    let asked = text(header::HOST.as_str())
        .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    origin.has_host() && (public || asked.is_some_and(|url| url.origin() == origin.origin()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ServiceUrl;
    use axum::http::HeaderName;

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        let own = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "fest.example:8080".parse().unwrap());
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            is_same_origin(&headers, &PublicUrl(ServiceUrl::parse("https://tickets.example").unwrap()))
        };
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(own(&[("origin", "https://fest.example:8080")]));
        assert!(own(&[("origin", "https://tickets.example")]));
        assert!(own(&[]));
        for wrong in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "https://fest.example"),
            ("origin", "https://fest.example:8080.evil.example"),
            ("origin", "http://tickets.example"),
            ("origin", "null"),
        ] {
            assert!(!own(&[wrong]), "{wrong:?}");
        }
    }
}
