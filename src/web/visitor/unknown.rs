//! What a visitor sees whose code is none of ours or takes no money (now), or whose address is none, and the language of all
//! visitors' pages.

use super::language::or_ours;
use super::words::Words;
use crate::print::Language;
use crate::web::page::page;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

/// After so many seconds a payment account may be offered again.
const NOT_NOW_SECONDS: u64 = 60;

#[derive(Template)]
#[template(path = "web/visitor/unknown.html")]
struct UnknownPage {
    words: &'static Words,
    title: &'static str,
    how: &'static str,
    /// What becomes of money that may be left.
    left: Option<&'static str>,
    here: &'static str,
}

impl UnknownPage {
    fn new(words: &'static Words, title: &'static str, how: &'static str) -> UnknownPage {
        UnknownPage { words, title, how, left: None, here: "" }
    }
}

/// A page for a phone whose ticket ended, or that never scanned a wristband.
pub(super) fn expired(language: Option<Language>) -> Response {
    let words = Words::of(or_ours(language));
    let shown = UnknownPage { here: "/w", ..UnknownPage::new(words, words.expired_title, words.expired_how) };
    in_language(words, page(StatusCode::OK, &shown))
}

/// A page for a code that no money can be added to any more: why, who helps, and of a festival that is over what becomes of
/// money that may be left.
pub(super) fn no_more(words: &'static Words, how: &'static str, left: Option<&'static str>) -> Response {
    let shown = UnknownPage { left, ..UnknownPage::new(words, words.pay.no_more, how) };
    in_language(words, page(StatusCode::GONE, &shown))
}

/// A page for a code that money can be added to, and nobody makes payments for now.
pub(super) fn not_now(words: &'static Words) -> Response {
    let shown = UnknownPage::new(words, words.pay.not_now, words.pay.not_now_how);
    let mut response = in_language(words, page(StatusCode::SERVICE_UNAVAILABLE, &shown));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(NOT_NOW_SECONDS));
    response
}

/// A page for a code that is none of ours.
pub(super) fn unknown(language: Option<Language>, status: StatusCode) -> Response {
    let words = Words::of(or_ours(language));
    let shown = UnknownPage::new(words, words.unknown_title, words.unknown_how);
    in_language(words, page(status, &shown))
}

/// A page for an address that is nothing's.
pub(super) fn nowhere(language: Option<Language>) -> Response {
    let words = Words::of(or_ours(language));
    let shown = UnknownPage { here: "/w", ..UnknownPage::new(words, words.nowhere_title, words.nowhere_how) };
    in_language(words, page(StatusCode::NOT_FOUND, &shown))
}

/// Says which language a page is in, and that it depends on the browser's wish.
pub(super) fn in_language(words: &Words, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(words.lang));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    response
}
