//! The visitors' pages: what is on my wristband, how to add money to it, how to freeze it. No login, nothing that tracks.
//!
//! A pay code is a secret that spends, so it stays out of addresses that last: `/w/{pay code}` is exchanged for a
//! cookie at once, and the page is `/w`. The cookie holds the code's keyed hash, sealed, so that even whoever reads it
//! off the phone can't spend with it. `/t/{reference}` is what a camera that is no bank app is sent to: it leads to
//! the payment, or makes one, and tells nothing of the wallet.
//!
//! Whoever holds the pay code freezes, and gets a code that unfreezes, once: see [`own_freeze`](crate::helpdesk::own_freeze).
//!
//! The only other cookie is the language, set by whoever chooses one. All that is said is in one table of words for each
//! language, refusals as well: a word that one of them lacks does not compile.
//!
//! These pages are the last to be served when the service is busy: so many at a time, so many a minute for each
//! address and each wallet. Looks at a payment that is waited for count for that payment and not for the address.

mod apology;
mod freeze;
mod history;
mod holder;
mod language;
mod ticket;
mod top_up;
mod unfreeze;
mod unknown;
mod waits;
mod wallet;
mod words;

use super::App;
use super::app::Limits;
use super::client::Client;
use super::envelope;
use super::page;
use super::problem::Problem;
use apology::{Apology, worded};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use language::{Chosen, Wanted};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedSemaphorePermit;

/// Largest form: a code of eight characters.
const FORM_BYTES_MAX: usize = 4 * 1024;

/// When a browser that was turned away looks again, in seconds.
const LATER: HeaderValue = HeaderValue::from_static("20");

/// Where the visitors' own style sheet is.
const STYLE_PATH: &str = "/assets/visitor.css";
const STYLE: &str = include_str!("../../../assets/web/visitor.css");
/// Where the module is that follows a payment.
const FOLLOW_PATH: &str = "/assets/follow.js";
const FOLLOW: &str = include_str!("../../../assets/web/follow.js");
/// Where the script is that does so in browsers without modules.
const RELOAD_PATH: &str = "/assets/reload.js";
const RELOAD: &str = include_str!("../../../assets/web/reload.js");

pub(in crate::web) fn routes(app: App) -> Router<App> {
    Router::new()
        .route("/w", get(wallet::get))
        .route("/w/freeze", get(freeze::get).post(freeze::post))
        .route("/w/unfreeze", get(async || page::see_other("/w")).post(unfreeze::post))
        .route("/w/{code}", get(ticket::get))
        .route("/W/{code}", get(ticket::get))
        .merge(top_up::routes())
        .merge(nowhere())
        .route_layer(from_fn_with_state(app, politely))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .route(STYLE_PATH, page::asset("text/css; charset=utf-8", STYLE))
        .route(FOLLOW_PATH, page::asset("text/javascript; charset=utf-8", FOLLOW))
        .route(RELOAD_PATH, page::asset("text/javascript; charset=utf-8", RELOAD))
}

/// Addresses that begin as ours do and lead nowhere: said in the visitor's own language.
fn nowhere() -> Router<App> {
    let paths = [
        "/t",
        "/T",
        "/W",
        "/w/{code}/{*rest}",
        "/W/{code}/{*rest}",
        "/t/{reference}/{order}/{*rest}",
        "/T/{reference}/{*rest}",
    ];
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, get(lost)))
}

async fn lost() -> Apology {
    Apology(Problem::not_found())
}

/// For addresses that are nobody's: whoever mistyped one that is none of the console's reads that in their own language, and
/// is led nowhere where operators sign in.
pub(in crate::web) async fn not_found(
    Wanted(language): Wanted,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let is_operators = uri.path().split('/').nth(1) == Some("console");
    let is_visitors = !is_operators && envelope::is_person(&headers);
    let answer = envelope::not_found(method, uri, headers).await;
    match answer.status() {
        StatusCode::NOT_FOUND if is_visitors => unknown::nowhere(language),
        _ => answer,
    }
}

/// The turn of a request among those of the crowd. It ends with the request, or when the request needs the database no more
/// and waits for somebody else.
#[derive(Clone)]
struct Turn(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Turn {
    fn ends(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Keeps the crowd from the bars, switches languages, and says sorry in the visitor's own.
async fn politely(
    State(limits): State<Limits>,
    client: Client,
    Wanted(language): Wanted,
    chosen: Option<Chosen>,
    mut request: Request,
    next: Next,
) -> Response {
    let order = top_up::order_at(request.uri().path()).filter(|_| request.method() == Method::GET);
    let answer = async {
        match order {
            Some(order) => limits.count_look(&client, order)?,
            None => limits.count_page(&client)?,
        }
        let turn = Turn(Arc::new(Mutex::new(Some(limits.page_turn().await?))));
        request.extensions_mut().insert(turn.clone());
        Ok(match chosen {
            Some(chosen) => chosen.remember(),
            None => next.run(request).await,
        })
    };
    let mut answer =
        worded(language, answer.await.unwrap_or_else(|refused| Apology(refused).into_response()));
    // A festival's own network has one address for many visitors: whoever waits for a payment there need not do a thing.
    if order.is_some()
        && matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
    {
        answer.headers_mut().insert(header::REFRESH, LATER);
    }
    answer
}
