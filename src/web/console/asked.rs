//! What a page's address says beside the festival. What can't be read is an address that leads nowhere: a page says so.

use crate::web::App;
use crate::web::in_path::InPath;
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The last parameter of the path.
pub(super) struct Named<T>(pub(super) T);

impl<T: FromStr + Send> FromRequestParts<App> for Named<T> {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Named<T>, Sorry> {
        let InPath(named) = InPath::from_request_parts(parts, app).await?;
        Ok(Named(named))
    }
}

/// All parameters of the path.
pub(super) struct Steps<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Steps<T> {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Steps<T>, Sorry> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(steps)| Steps(steps)).map_err(|_| Problem::not_found().into())
    }
}

/// What follows the question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Asked<T> {
    type Rejection = Sorry;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asked<T>, Sorry> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|Query(asked)| Asked(asked)).map_err(|_| Problem::not_found().into())
    }
}
