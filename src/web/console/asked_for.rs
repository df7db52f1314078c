//! The page somebody asked for without a session: where signing in leads them.
//!
//! It stands in the address of the sign-in page, which anybody may write for them. So nothing but a page of the console
//! is taken; from anything else signing in leads to the festivals.

use super::shell::label_of;
use crate::events::Slug;
use axum::http::Method;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// Longest address that is carried: more than any page's own has.
const BYTES_MAX: usize = 1_000;
/// Where signing in leads when nothing was asked for.
const HOME: &str = "/console";
/// What is open without a session: nobody signs in to come there.
const OUTSIDE: [&str; 3] = ["sign-in", "sign-out", "password"];

/// Pages of the console that are no festival's, and that no navigation names.
const OWN: [&str; 2] = ["me", "new"];

/// The page, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedFor(Option<String>);

impl AskedFor {
    /// What an address names.
    fn read(text: &str) -> AskedFor {
        AskedFor(Some(text).filter(|text| is_page(text)).map(str::to_owned))
    }

    /// As the address of a step of signing in brings it.
    pub(super) fn in_query(query: Option<&str>) -> AskedFor {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs
            .find(|(name, _)| name == "next")
            .map_or_else(AskedFor::default, |(_, text)| AskedFor::read(&text))
    }

    /// What a request asks for. A form that is sent leads back to its page.
    pub(super) fn by(parts: &Parts) -> AskedFor {
        let asked = parts.uri.path_and_query().map(PathAndQuery::as_str).unwrap_or_default();
        AskedFor::read(if parts.method == Method::GET { asked } else { page_of_form(asked) })
    }

    /// The address of a step of signing in that leads on to it.
    pub(super) fn after(&self, step: &str) -> String {
        match &self.0 {
            Some(page) => format!("{step}?next={}", utf8_percent_encode(page, NON_ALPHANUMERIC)),
            None => step.to_owned(),
        }
    }

    /// What the page is called in the navigation, where it stands there or below such a one; of others of a festival, that
    /// they are such. Nothing that stands in the address is said: anybody may have written it.
    pub(super) fn place(&self) -> Option<&'static str> {
        let path = self.0.as_deref()?.split('?').next()?;
        let of_festival = || {
            let slug: Slug = path.split('/').nth(2)?.parse().ok()?;
            (!OWN.contains(&slug.as_str())).then_some("the festival's pages")
        };
        label_of(path).or_else(of_festival)
    }

    /// Where signing in leads.
    pub(super) fn path(&self) -> &str {
        self.0.as_deref().unwrap_or(HOME)
    }
}

/// True for the address of a page of ours: of no other host, however a browser reads it, and no file, which would be kept
/// while the sign-in page stands.
fn is_page(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(HOME) else { return false };
    let path = text.split('?').next().unwrap_or_default();
    text.len() <= BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && rest.starts_with(['/', '?'])
        && !text.contains("//")
        && !path.contains(['.', '%'])
        && path.split('/').nth(2).is_none_or(|first| !OUTSIDE.contains(&first))
}

/// The page of the form that is sent to this address. Nearly every form has its page's own; what only a button is sent
/// to is no page, and the one above it is.
fn page_of_form(address: &str) -> &str {
    let path = address.split('?').next().unwrap_or_default();
    let steps: Vec<&str> = path.split('/').skip(2).collect();
    let kept = match steps[..] {
        [_, "books", "audit"] | [_, "media", "camera" | "pieces"] => 2,
        [_, "set-up", "printers", _] => 3,
        [_, "set-up", "accounts", _, "remove"]
        | [_, "set-up", "points-of-sale" | "products", _, "retire"]
        | [_, "set-up", "points-of-sale", _, "reopen"] => 4,
        _ => return address,
    };
    let above: usize = steps[..kept].iter().map(|step| 1 + step.len()).sum();
    address.get(..HOME.len() + above).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_to_its_page_and_a_button_to_the_page_it_stands_on() {
        for (sent, page) in [
            ("/console/people", "/console/people"),
            ("/console/people/0197", "/console/people/0197"),
            ("/console/people/tokens/0197", "/console/people/tokens/0197"),
            ("/console/summer/charges/0197/void?medium=PB2", "/console/summer/charges/0197/void?medium=PB2"),
            ("/console/summer/books/audit", "/console/summer/books"),
            ("/console/summer/media/camera?width=480", "/console/summer/media"),
            ("/console/summer/media/pieces", "/console/summer/media"),
            ("/console/summer/set-up/products", "/console/summer/set-up/products"),
            ("/console/summer/set-up/products/0197", "/console/summer/set-up/products/0197"),
            ("/console/summer/set-up/products/0197/retire", "/console/summer/set-up/products/0197"),
            (
                "/console/summer/set-up/points-of-sale/0197/retire",
                "/console/summer/set-up/points-of-sale/0197",
            ),
            (
                "/console/summer/set-up/points-of-sale/0197/reopen",
                "/console/summer/set-up/points-of-sale/0197",
            ),
            ("/console/summer/set-up/printers/A%20B.1", "/console/summer/set-up/printers"),
            ("/console/summer/set-up/accounts/x/remove", "/console/summer/set-up/accounts/x"),
            ("/console", "/console"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(page_of_form(sent), page);
        }
    }

    #[test]
    fn a_page_is_called_as_the_navigation_calls_it_or_the_one_above_it() {
        for (page, place) in [
            ("/console/people/0197", Some("People")),
            ("/console/log?who=anna", Some("Log")),
            ("/console/summer/payments?q=PB2", Some("Payments")),
            ("/console/summer/set-up/products", Some("Set-up")),
            ("/console/summer/paymentsy", Some("the festival's pages")),
            ("/console/summer/returns", Some("the festival's pages")),
            ("/console/summer", Some("the festival's pages")),
            ("/console/call-0900-12345?day=3", Some("the festival's pages")),
            ("/console/Call-us-now!", None),
            ("/console/me", None),
            ("/console/me/codes", None),
            ("/console/new", None),
            ("/w", None),
        ] {
            assert_eq!(AskedFor::read(page).place(), place, "{page}");
        }
    }

    #[test]
    fn pages_of_the_console_are_carried_and_nothing_else_is() {
        for page in [
            "/console/summer",
            "/console/password-party",
            "/console/summer/payments?q=a%2Fb&after=x.y",
            "/console?after=1",
        ] {
            let asked = AskedFor::read(page);
            assert_eq!(asked.path(), page);
            let address = asked.after("/console/sign-in");
            assert_eq!(AskedFor::in_query(address.split_once('?').map(|(_, query)| query)), asked);
        }
        let long = format!("/console/{}", "x".repeat(BYTES_MAX));
        for wrong in [
            "",
            "/",
            "/console",
            "/consolation",
            "/console.evil.example",
            "/console@evil.example",
            "/w",
            "//evil.example/console",
            "https://evil.example/console/x",
            "javascript:alert(1)",
            "/console//evil.example",
            "/console/..//evil.example",
            "/console/../w",
            "/console/%2e%2e/w",
            "/console/\\evil.example",
            "/\\evil.example",
            "/console/\u{9}/evil.example",
            "/console/x\r\nset-cookie:a=b",
            "/console/summer/books/day.csv?day=2026-07-03",
            "/console/sign-in?next=/console/x",
            "/console/sign-in/code",
            "/console/password/pbl_x",
            "/console/é",
            long.as_str(),
        ] {
            assert_eq!(AskedFor::read(wrong), AskedFor::default(), "{wrong:?}");
        }
        assert_eq!(AskedFor::default().path(), "/console");
        assert_eq!(AskedFor::default().after("/console/sign-in"), "/console/sign-in");
        for query in [None, Some("set"), Some("next"), Some("next=%2F%2Fevil.example")] {
            assert_eq!(AskedFor::in_query(query), AskedFor::default(), "{query:?}");
        }
    }
}
