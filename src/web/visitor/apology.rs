//! What a visitor reads when something is refused or broken: in their language, without what is inside.

use super::language::or_ours;
use super::unknown::{in_language, unknown};
use super::words::Words;
use crate::print::Language;
use crate::web::page::{Sorry, page};
use crate::web::problem::Problem;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A problem that waits to be worded.
#[derive(Debug)]
pub(super) struct Apology(pub(super) Problem);

/// Marks an answer that has no words yet.
#[derive(Clone)]
struct Wordless;

impl<E: Into<Problem>> From<E> for Apology {
    fn from(error: E) -> Apology {
        Apology(error.into())
    }
}

impl From<Sorry> for Apology {
    fn from(Sorry(problem): Sorry) -> Apology {
        Apology(problem)
    }
}

impl IntoResponse for Apology {
    fn into_response(self) -> Response {
        let mut response = self.0.status().into_response();
        for name in [header::RETRY_AFTER, header::ALLOW] {
            if let Some(value) = self.0.header_value(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response.extensions_mut().insert(Wordless);
        response
    }
}

#[derive(Template)]
#[template(path = "web/visitor/apology.html")]
struct ApologyPage {
    words: &'static Words,
    title: &'static str,
    how: &'static str,
    /// Where somebody goes on: what the link says, and its address. An empty one is that of the page itself.
    onward: (&'static str, &'static str),
    here: &'static str,
}

/// Gives an answer its words, where it has none.
pub(super) fn worded(language: Option<Language>, wordless: Response) -> Response {
    if wordless.extensions().get::<Wordless>().is_none() {
        return wordless;
    }
    let (words, status) = (Words::of(or_ours(language)), wordless.status());
    let again = (words.pay.again, "");
    let (title, how, onward) = match status {
        StatusCode::NOT_FOUND => return unknown(language, status),
        StatusCode::TOO_MANY_REQUESTS => (words.too_many_title, words.too_many_how, again),
        StatusCode::SERVICE_UNAVAILABLE => (words.busy_title, words.busy_how, again),
        StatusCode::REQUEST_TIMEOUT => (words.broken_title, words.slow_how, again),
        _ => (words.broken_title, words.broken_how, (words.balance, "/w")),
    };
    // Another language is chosen at the page's own address: whoever waits for a payment there comes back to it.
    let shown = ApologyPage { words, title, how, onward, here: "" };
    let mut response = in_language(words, page(status, &shown));
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = wordless.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
