//! An address of the console that leads nowhere, or asks for what can't be done, for whoever is signed in: said in the
//! console's own frame, from which they go on.

use super::SignedIn;
use super::shell::{Link, Place, Shell, festival_path};
use crate::db::Store;
use crate::events::{self, Event};
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
    onward: Link,
}

impl LostPage {
    /// Within a festival it leads to that, where it would lead to where everybody begins.
    fn of(shell: Shell, sorry: SorryPage, event: Option<&Event>) -> LostPage {
        let (label, path) = sorry.onward;
        let onward = match event.filter(|_| sorry.is_beginning) {
            Some(event) => Link::new(format!("To {}", event.name), festival_path(event)),
            None => Link::new(label, path),
        };
        LostPage { shell, sorry, onward }
    }
}

/// Answers as it is answered, but for a page that says sorry for what was asked. Where the service is the reason, nothing more
/// is asked of it.
pub(in crate::web) async fn framed(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.uri().path().split('/').nth(1) != Some("console") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    let status = response.status();
    let is_about_it = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    let Some(sorry) = response.extensions().get::<SorryPage>().filter(|_| is_about_it).cloned() else {
        return response;
    };
    let Ok(SignedIn { operator, .. }) = SignedIn::from_request_parts(&mut parts, &app).await else {
        return response;
    };
    let slug = parts.uri.path().split('/').nth(2).unwrap_or_default();
    let found = async {
        let event = events::store::by_slug(&mut *Store::from_ref(&app).read().await?, slug).await?;
        let shell = Shell::new(&operator, event.as_ref(), None, Place::Elsewhere);
        rendered(&LostPage::of(shell, sorry, event.as_ref()))
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
