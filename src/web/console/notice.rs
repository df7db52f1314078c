//! What a page says once after something was done: carried over the redirect in a cookie that only this console sets
//! and reads, so that no address can put words on a page, and gone when it was read.

use super::set_cookie;
use super::shell::Link;
use crate::web::app::PublicUrl;
use crate::web::page::cookie;
use axum::http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// How long a notice waits for the page that shows it.
const HELD_SECONDS: u64 = 60;
/// Longest notice: it names what was done, with one thing's name in it.
const CHARS_MAX: usize = 300;

/// What stands between the words of a notice, the label of the link behind them, and where that leads.
const THEN: char = '\n';

/// A notice with a link behind it.
pub(super) fn with_link(text: &str, label: &str, path: &str) -> String {
    format!("{text}{THEN}{label}{THEN}{path}")
}

/// What a notice says, and the link behind it: to no other page than ours, whoever wrote the cookie.
pub(super) fn read(notice: &str) -> (String, Option<Link>) {
    let mut parts = notice.splitn(3, THEN);
    let text = parts.next().unwrap_or_default().to_owned();
    let link = parts.next().zip(parts.next().filter(|path| path.starts_with("/console/")));
    (text, link.map(|(label, path)| Link::new(label, path)))
}

fn name(public_url: &PublicUrl) -> &'static str {
    if public_url.0.is_plain_http() { "polsband-notice" } else { "__Host-polsband-notice" }
}

/// The cookie that carries a notice to the next page.
pub(super) fn carried(public_url: &PublicUrl, text: &str) -> String {
    let text: String = text.chars().take(CHARS_MAX).collect();
    let value = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    set_cookie(public_url, name(public_url), &value, HELD_SECONDS)
}

/// The cookie that ends it.
pub(super) fn ended(public_url: &PublicUrl) -> String {
    set_cookie(public_url, name(public_url), "", 0)
}

/// The notice that a request brings, if any.
pub(super) fn brought(public_url: &PublicUrl, headers: &HeaderMap) -> Option<String> {
    let value = cookie(headers, name(public_url)).filter(|value| !value.is_empty())?;
    let text = percent_decode_str(value).decode_utf8().ok()?;
    Some(text.chars().take(CHARS_MAX).collect())
}
