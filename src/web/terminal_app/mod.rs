//! The bar's app: a page, its modules and its service worker, all inside the program.
//!
//! The page asks the terminals' part of the API and nothing else. Its files are served under a path with a fingerprint
//! of all of them, so that one version never loads a part of another; the service worker keeps the version it was
//! installed with, so that the app opens without a network and can say that there is none. All of it travels compressed: it
//! is fetched at a bar, over what network there is.

mod files;

use super::App;
use super::page::{ICON_PATH, ICONS, asset};
use super::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use files::{FILES, WORKER, version};
use serde_json::json;
use tower_http::compression::CompressionLayer;

/// Our own files and nothing else; nothing inline; nobody may frame the page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

const PATH: &str = "/terminal";

pub(in crate::web) fn routes() -> Router<App> {
    let icons = ICONS
        .iter()
        .fold(Router::new(), |icons, (_, path, picture)| icons.route(path, asset("image/png", *picture)));
    icons
        .route(PATH, get(page))
        .route("/terminal/manifest.webmanifest", get(manifest))
        .route("/terminal/worker.js", get(worker))
        .route("/terminal/{version}/{file}", get(file))
        .layer(CompressionLayer::new())
}

#[derive(Template)]
#[template(path = "web/terminal.html")]
struct Page {
    version: &'static str,
    modules: Vec<&'static str>,
}

async fn page() -> Response {
    let modules = FILES.iter().map(|file| file.name).filter(|name| name.ends_with(".js")).collect();
    match (Page { version: version(), modules }).render() {
        Ok(html) => (headers("no-cache"), Html(html)).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn headers(cache: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, cache),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("camera=(self), microphone=(), geolocation=()"),
    );
    headers
}

/// A file of this version; of another version there is none.
async fn file(Path((asked, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let file = FILES.iter().find(|file| file.name == name).filter(|_| asked == version());
    let file = file.ok_or_else(Problem::not_found)?;
    Ok((headers("public, max-age=31536000, immutable"), [(header::CONTENT_TYPE, file.kind)], file.text)
        .into_response())
}

async fn manifest() -> Response {
    let drawn = json!({"src": ICON_PATH, "sizes": "any", "type": "image/svg+xml", "purpose": "any"});
    let pictures = ICONS.iter().map(|(side, path, _)| {
        json!({"src": path, "sizes": format!("{side}x{side}"), "type": "image/png", "purpose": "any"})
    });
    let icons: Vec<_> = std::iter::once(drawn).chain(pictures).collect();
    let manifest = json!({
        "id": PATH, "start_url": PATH, "scope": PATH, "name": "Polsband Terminal", "short_name": "Terminal",
        "display": "standalone", "background_color": "#f3f6f5", "theme_color": "#17635c", "icons": icons,
    });
    (headers("no-cache"), [(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string())
        .into_response()
}

/// The service worker knows its version and the files that belong to it; the pictures of a home screen don't.
async fn worker() -> Response {
    let mut kept = vec![PATH.to_owned(), ICON_PATH.to_owned(), "/terminal/manifest.webmanifest".to_owned()];
    kept.extend(FILES.iter().map(|file| format!("{PATH}/{}/{}", version(), file.name)));
    let text = format!("const VERSION = {};\nconst KEPT = {};\n{WORKER}", json!(version()), json!(kept));
    let scope = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    let mut response = (headers("no-cache"), scope, text).into_response();
    response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static(PATH));
    response
}
