//! An address of the console that leads nowhere, for whoever is signed in: said in the console's own frame, from which they
//! go on.

use super::SignedIn;
use super::shell::{Place, Shell};
use crate::db::Store;
use crate::events;
use crate::web::App;
use crate::web::page::{SorryPage, rendered};
use askama::Template;
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "web/console/lost.html")]
struct LostPage {
    shell: Shell,
    sorry: SorryPage,
}

/// Answers as it is answered, but for a page that says sorry because nothing is there.
pub(in crate::web) async fn framed(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.uri().path().split('/').nth(1) != Some("console") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    let is_lost = matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    let Some(sorry) = response.extensions().get::<SorryPage>().filter(|_| is_lost).cloned() else {
        return response;
    };
    let Ok(SignedIn { operator, .. }) = SignedIn::from_request_parts(&mut parts, &app).await else {
        return response;
    };
    let slug = parts.uri.path().split('/').nth(2).unwrap_or_default();
    let found = async {
        let event = events::store::by_slug(&mut *Store::from_ref(&app).read().await?, slug).await?;
        let shell = Shell::new(&operator, event.as_ref(), None, Place::Elsewhere);
        rendered(&LostPage { shell, sorry })
    };
    match found.await {
        Ok(html) => {
            let (mut head, _) = response.into_parts();
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, Body::from(html))
        }
        Err(problem) => problem.into_response(),
    }
}
