//! The terminals' part of the API: enrol, look up, charge, read back, void, end; and what the bar's app needs besides.

mod batch;
mod charge;
mod decode;
mod end;
mod enrol;
mod lookup;
mod refusal;
mod setup;
mod top_up;
mod void;

use super::App;
use super::app::Limits;
use super::caller::{bearer, is_operators, operator, unknown_token, wrong_kind};
use super::client::TrustedProxies;
use super::problem::Problem;
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{Operator, TokenUses};
use crate::terminals::sightings::Sightings;
use crate::terminals::{Terminal, Till};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::web) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enrol::post))
        .routes(routes!(setup::get))
        .routes(routes!(end::post))
        .routes(routes!(lookup::post))
        .routes(routes!(decode::post))
        .routes(routes!(top_up::post))
        .routes(routes!(charge::post))
        .routes(routes!(batch::post))
        .routes(routes!(charge::get))
        .routes(routes!(void::post))
}

/// A token that is a terminal's, if it is anybody's.
fn terminals_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let token = bearer(headers)?;
    if is_operators(token) {
        return Err(wrong_kind("terminals: an operator's token can't make it"));
    }
    Ok(token)
}

/// The terminal that calls.
struct AtBar(Arc<Terminal>);

/// The terminal behind a token: known already, or looked up in its turn.
async fn terminal<S>(token: &str, state: &S) -> Result<Arc<Terminal>, Problem>
where
    Till: FromRef<S>,
    Clock: FromRef<S>,
    Arc<Sightings>: FromRef<S>,
    Limits: FromRef<S>,
{
    let till = Till::from_ref(state);
    let terminal = match till.known_terminal(token) {
        Some(terminal) => terminal,
        None => {
            let _turn = Limits::from_ref(state).newcomers_turn().await?;
            till.terminal(token).await?.ok_or_else(unknown_token)?
        }
    };
    <Arc<Sightings>>::from_ref(state).note(&terminal, Clock::from_ref(state).now());
    Ok(terminal)
}

impl<S: Send + Sync> FromRequestParts<S> for AtBar
where
    Till: FromRef<S>,
    Clock: FromRef<S>,
    Arc<Sightings>: FromRef<S>,
    Limits: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<AtBar, Problem> {
        terminal(terminals_token(&parts.headers)?, state).await.map(AtBar)
    }
}

/// A terminal, or an operator: which rights that one has is still to be asked.
enum Caller {
    Terminal(Arc<Terminal>),
    Operator(Operator),
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Till: FromRef<S>,
    Clock: FromRef<S>,
    Arc<Sightings>: FromRef<S>,
    Arc<TokenUses>: FromRef<S>,
    Store: FromRef<S>,
    Limits: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Caller, Problem> {
        let token = bearer(&parts.headers)?;
        if is_operators(token) {
            return operator(parts, state).await.map(Caller::Operator);
        }
        terminal(token, state).await.map(Caller::Terminal)
    }
}
