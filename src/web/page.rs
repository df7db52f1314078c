//! What all pages share: their headers, their style sheet, and the page that says sorry.

use super::problem::Problem;
use crate::clock::Timestamp;
use crate::plural::counted;
use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use std::time::Duration;

const STYLE: &str = include_str!("../../assets/web/pages.css");
const CONSOLE_STYLE: &str = include_str!("../../assets/web/console.css");
const ICON: &str = include_str!("../../assets/web/icon.svg");

/// Nothing but our own files: no script, nothing inline, nobody may frame a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// Where the style sheet is.
pub(in crate::web) const STYLE_PATH: &str = "/assets/pages.css";
/// Where the style sheet of the console's own parts is.
pub(in crate::web) const CONSOLE_STYLE_PATH: &str = "/assets/console.css";
/// Where the icon is.
pub(in crate::web) const ICON_PATH: &str = "/assets/icon.svg";

/// The icon for devices that take no drawing as one: its side in pixels, where it is, and the picture.
pub(in crate::web) const ICONS: [(u32, &str, &[u8]); 3] = [
    (180, "/assets/icon-180.png", include_bytes!("../../assets/web/icon-180.png")),
    (192, "/assets/icon-192.png", include_bytes!("../../assets/web/icon-192.png")),
    (512, "/assets/icon-512.png", include_bytes!("../../assets/web/icon-512.png")),
];

/// Serves the style sheet.
pub(in crate::web) fn style<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    asset("text/css; charset=utf-8", STYLE)
}

/// Serves the style sheet of the console's own parts.
pub(in crate::web) fn console_style<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    asset("text/css; charset=utf-8", CONSOLE_STYLE)
}

/// Serves the icon.
pub(in crate::web) fn icon<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    asset("image/svg+xml", ICON)
}

/// Serves a file that comes with the program.
pub(in crate::web) fn asset<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    file: impl Into<Bytes>,
) -> MethodRouter<S> {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")];
    let file = file.into();
    get(async move || (headers, file))
}

/// Renders a page with the headers every page has.
pub(in crate::web) fn page(status: StatusCode, template: &impl Template) -> Response {
    match rendered(template) {
        Ok(html) => (status, page_headers(), Html(html)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The sign of the euro and a space where no line ends.
pub(in crate::web) const WHOLE_EURO: &str = "€\u{a0}";

/// The text of a page, or of a part of one. Its amounts stay whole: no line ends between the sign of the euro and the
/// figure behind it.
pub(in crate::web) fn rendered(template: &impl Template) -> Result<String, Problem> {
    let html = template.render().map_err(Problem::internal)?;
    Ok(html.replace("€ ", WHOLE_EURO))
}

/// The headers every page has.
pub(in crate::web) fn page_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// The same page with modules of ours, which may ask this service and nobody else.
pub(in crate::web) fn with_script(mut response: Response) -> Response {
    let policy = format!("{CONTENT_SECURITY_POLICY}; script-src 'self'; connect-src 'self'");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Sends a browser to another page of ours, with GET.
pub(in crate::web) fn see_other(path: &str) -> Response {
    let mut headers = page_headers();
    match HeaderValue::from_str(path) {
        Ok(path) => headers.insert(header::LOCATION, path),
        Err(error) => return Sorry(Problem::internal(error)).into_response(),
    };
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// An answer that sets a cookie.
pub(in crate::web) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    match HeaderValue::from_str(cookie) {
        Ok(value) => {
            response.headers_mut().append(header::SET_COOKIE, value);
            response
        }
        Err(error) => Sorry(Problem::internal(error)).into_response(),
    }
}

/// What a page that says sorry says. The answer carries it, for whoever puts something around it.
#[derive(Clone, Template)]
#[template(path = "web/sorry.html")]
pub(in crate::web) struct SorryPage {
    pub(in crate::web) title: String,
    pub(in crate::web) detail: String,
    /// Where somebody goes on: what the link says, and its address.
    pub(in crate::web) onward: (&'static str, &'static str),
    /// That is where everybody begins.
    pub(in crate::web) is_beginning: bool,
}

/// A problem as a page, for people who came with a browser.
#[derive(Debug)]
pub(in crate::web) struct Sorry(pub(in crate::web) Problem);

impl<E: Into<Problem>> From<E> for Sorry {
    fn from(error: E) -> Sorry {
        Sorry(error.into())
    }
}

impl Sorry {
    /// Where somebody goes on: what the link says, and its address, an empty one being that of the page itself; and whether
    /// everybody begins there.
    fn onward(&self) -> ((&'static str, &'static str), bool) {
        match (self.0.status(), self.0.name()) {
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => {
                (("Try again", ""), false)
            }
            (_, "invalid-form" | "cross-site" | "request-timeout") => (("Open the page again", ""), false),
            (_, "link-ended") => (("Sign in", "/console/sign-in"), false),
            // Each listener leads from there to where people begin.
            (_, "not-found" | "method-not-allowed") => (("To the first page", "/"), true),
            _ => (("Festivals", "/console"), true),
        }
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let body = self.0.to_json();
        let text = |field: &str| body[field].as_str().unwrap_or_default();
        let (title, detail) = (text("title").to_owned(), sentence(text("detail")));
        let (onward, is_beginning) = self.onward();
        let shown = SorryPage { title, detail, onward, is_beginning };
        let mut response = page(self.0.status(), &shown);
        response.extensions_mut().insert(shown);
        for name in [header::RETRY_AFTER, header::ALLOW] {
            if let Some(value) = self.0.header_value(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// Begins with a capital and ends with a full stop, as on a page. An address stays as it is written.
pub(in crate::web) fn sentence(why: &str) -> String {
    let end = if why.ends_with(['.', '?', '!']) { "" } else { "." };
    if why.split_whitespace().next().is_some_and(|word| word.contains('@') || word.contains("://")) {
        return format!("{why}{end}");
    }
    let mut letters = why.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}{end}", letters.as_str())
}

/// The value of a cookie; of several of one name the first.
pub(in crate::web) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// An instant as people in Belgium read it: `3/7/2026 20:04`.
pub(in crate::web) fn belgian_time(at: Timestamp) -> String {
    in_brussels(at, "%-d/%-m/%Y %H:%M")
}

/// The same to the second, where things of one minute are told apart: `3/7/2026 20:04:05`.
pub(in crate::web) fn belgian_second(at: Timestamp) -> String {
    in_brussels(at, "%-d/%-m/%Y %H:%M:%S")
}

/// An instant in Belgium, in a format of `jiff`'s.
pub(in crate::web) fn in_brussels(at: Timestamp, format: &str) -> String {
    match at.to_jiff().in_tz("Europe/Brussels") {
        Ok(local) => local.strftime(format).to_string(),
        Err(_) => at.to_string(),
    }
}

/// `just now`, `40 seconds ago`, `12 minutes ago`, `3 hours ago`, `2 days ago`
pub(in crate::web) fn ago(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..=9 => return "just now".to_owned(),
        10..=119 => (seconds, "second"),
        120..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", counted(count, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_brussels() {
        assert_eq!(belgian_time("2026-07-03T18:04:05Z".parse().unwrap()), "3/7/2026 20:04");
        assert_eq!(belgian_time("2026-12-31T23:04:05Z".parse().unwrap()), "1/1/2027 00:04");
        assert_eq!(belgian_second("2026-07-03T18:04:05Z".parse().unwrap()), "3/7/2026 20:04:05");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_unless_it_begins_with_an_address() {
        assert_eq!(sentence("too much"), "Too much.");
        assert_eq!(sentence("how many?"), "How many?");
        assert_eq!(sentence("anna@bar.example is known"), "anna@bar.example is known.");
        assert_eq!(sentence("http://127.0.0.1:1 says no"), "http://127.0.0.1:1 says no.");
        assert_eq!(sentence("an address has an @"), "An address has an @.");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xa=1; a=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=3=4"));
        assert_eq!(cookie(&headers, "a"), Some("2"));
        assert_eq!(cookie(&headers, "b"), Some("3=4"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
