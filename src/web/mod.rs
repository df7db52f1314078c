//! The web: what providers, terminals, operators and visitors reach over HTTP.
//!
//! | part | for whom |
//! |---|---|
//! | `callbacks` | providers: signed callbacks, settled before they are answered |
//! | `terminal_api` | bars: look up, charge, void |
//! | `terminal_app` | the same bars with a browser: the app that sells |
//! | `operator_api` | organisers, help desk, finance: festivals, media, money |
//! | `openapi` | programmers: the API's description, made from its handlers |
//! | `console` | the same people with a browser |
//! | `visitor` | visitors: balance and top-up link |
//! | `health`, `metrics` | whoever watches over the service |
//!
//! Handlers are thin: they read a request strictly, ask a room below, and word its answer. All refusals are
//! problems (`application/problem+json`), all bodies are bounded in size and time, and each request has an id that
//! stands in its answer and in the log beside whatever went wrong.
//!
//! **Crowds.** Bars come first, the public last. Strangers are limited by address, and all of them together by turns: so
//! many pages, so many unknown tokens at a time. Connections that say nothing make room for those that ask, and a client
//! that sends or reads too slowly is cut off.
//!
//! One listener serves everything, or the pages of operators and of visitors each have one of their own: see
//! [`Surface`].

mod app;
mod body;
mod business_day;
mod callbacks;
mod caller;
mod client;
mod console;
mod crowd;
mod envelope;
mod events_known;
mod health;
mod in_path;
mod last_callbacks;
mod looks;
mod metrics;
mod openapi;
mod operator_api;
mod page;
mod patience;
mod picture;
mod problem;
mod proven;
mod seldom;
mod serve;
mod setup;
mod stages;
mod terminal_api;
mod terminal_app;
mod throttle;
mod turns;
mod visitor;

#[cfg(test)]
mod tests;

pub use app::App;
pub use metrics::measure;
pub use serve::{Listening, serve};
pub use setup::Setup;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

/// What a listener serves. Health, the style sheet and the icon are served on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surface {
    /// Callbacks, the API with the bars' app, the metrics.
    pub machines: bool,
    /// The pages of operators.
    pub console: bool,
    /// The pages of visitors.
    pub visitors: bool,
}

impl Surface {
    /// Everything, on one listener.
    pub const ALL: Surface = Surface { machines: true, console: true, visitors: true };
}

/// The routes of a surface.
pub fn router(app: App, surface: Surface) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(page::STYLE_PATH, page::style())
        .route(page::CONSOLE_STYLE_PATH, page::console_style())
        .route(page::ICON_PATH, page::icon());
    if surface.machines {
        router = router
            .route("/metrics", get(metrics::get))
            .merge(callbacks::routes())
            .merge(terminal_app::routes())
            .merge(api());
    }
    // Nobody is sent to the bare address; whoever types it is led to where people begin.
    let begins = [(surface.console, "/console"), (surface.visitors, "/w"), (surface.machines, "/terminal")];
    if let Some((_, path)) = begins.into_iter().find(|(is_here, _)| *is_here) {
        router = router.route("/", get(async move || page::see_other(path)));
    }
    if surface.console {
        router = router.merge(console::routes());
    }
    router = match surface.visitors {
        true => router.merge(visitor::routes(app.clone())).fallback(visitor::not_found),
        false => router.fallback(envelope::not_found),
    };
    router
        .method_not_allowed_fallback(envelope::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), console::framed))
        .layer(from_fn(envelope::around))
        .with_state(app)
}

/// The API with its own description.
fn api() -> Router<App> {
    let described = OpenApiRouter::with_openapi(openapi::base())
        .merge(terminal_api::routes())
        .merge(operator_api::routes());
    let (router, description) = described.split_for_parts();
    let served = openapi::Served::new(&openapi::complete(description));
    router.route("/api/v1/openapi.json", get(async move || served.answer()))
}
