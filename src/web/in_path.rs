//! What a path names: an event by its slug, a provider by its name, anything else by its id.

use super::problem::Problem;
use crate::db::Store;
use crate::events::{self, Event};
use crate::providers::ProviderName;
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use std::str::FromStr;

/// The last parameter of the path, read as `T`. What can't be read names nothing that exists: 404.
#[derive(Debug)]
pub(in crate::web) struct InPath<T>(pub(in crate::web) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<InPath<T>, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let last = parameters.ok().and_then(|all| all.iter().last().map(|(_, text)| text.to_owned()));
        last.and_then(|text| text.parse().ok()).map(InPath).ok_or_else(Problem::not_found)
    }
}

/// The provider that the last parameter of the path names, or 404 with those there are.
#[derive(Debug)]
pub(in crate::web) struct ProviderInPath(pub(in crate::web) ProviderName);

impl<S: Send + Sync> FromRequestParts<S> for ProviderInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<ProviderInPath, Problem> {
        let InPath(word) = InPath::<String>::from_request_parts(parts, state).await?;
        let shown: String = word.chars().take(64).collect();
        let named = shown.parse().map(ProviderInPath);
        named.map_err(|why: String| Problem::new(StatusCode::NOT_FOUND, "unknown-provider", why))
    }
}

/// The event that the path's `{event}` names.
#[derive(Debug)]
pub(in crate::web) struct EventInPath(pub(in crate::web) Event);

impl<S: Send + Sync> FromRequestParts<S> for EventInPath
where
    Store: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<EventInPath, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| Problem::not_found())?;
        let slug = parameters.iter().find_map(|(name, text)| (name == "event").then_some(text));
        event(&Store::from_ref(state), slug.unwrap_or_default()).await.map(EventInPath)
    }
}

/// The event `slug`, or 404.
pub(in crate::web) async fn event(store: &Store, slug: &str) -> Result<Event, Problem> {
    let found = events::store::by_slug(&mut *store.read().await?, slug).await?;
    found.ok_or_else(|| {
        let shown: String = slug.chars().take(64).collect();
        Problem::new(StatusCode::NOT_FOUND, "unknown-event", format!("there is no event {shown:?}"))
    })
}
