//! The visitors' pages: what is on my wristband, and how to add money to it. No login, nothing that tracks.
//!
//! A pay code is a secret that spends, so it stays out of addresses that last: `/w/{pay code}` is exchanged for a
//! cookie at once, and the page is `/w`. The cookie holds the code's keyed hash, sealed, so that even whoever reads it
//! off the phone can't spend with it. `/t/{reference}` is what a camera that is no bank app is sent to: it leads to
//! the payment, or makes one, and tells nothing of the wallet.
//!
//! These pages are the last to be served when the service is busy: so many at a time, so many a minute for each
//! address and each wallet.

mod language;
mod ticket;
mod top_up;
mod unknown;
mod wallet;
mod words;

use super::App;
use super::app::Limits;
use super::client::Client;
use super::page::Sorry;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(in crate::web) fn routes(app: App) -> Router<App> {
    Router::new()
        .route("/w", get(wallet::get))
        .route("/w/{code}", get(ticket::get))
        .route("/W/{code}", get(ticket::get))
        .merge(top_up::routes())
        .route_layer(from_fn_with_state(app, politely))
}

/// Keeps the crowd from the bars.
async fn politely(State(limits): State<Limits>, client: Client, request: Request, next: Next) -> Response {
    if let Err(too_many) = limits.count_page(&client) {
        return Sorry(too_many).into_response();
    }
    match limits.page_turn().await {
        Ok(_turn) => next.run(request).await,
        Err(busy) => Sorry(busy).into_response(),
    }
}
