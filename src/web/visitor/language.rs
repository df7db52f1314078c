//! Which of four languages a visitor's page is in: the one they chose, else the best their browser asks for, else the
//! festival's own, else Dutch.

use crate::events::Rules;
use crate::print::Language;
use crate::web::app::PublicUrl;
use crate::web::page::{cookie, see_other, with_cookie};
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use std::convert::Infallible;

/// The cookie of whoever chose. It says nothing else of them.
const COOKIE: &str = "polsband-language";
/// A year.
const REMEMBERED_SECONDS: u32 = 365 * 24 * 3600;

/// The language a visitor wants; none where nothing of ours is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Wanted(pub(super) Option<Language>);

/// The language of a page that knows no festival.
pub(super) fn or_ours(wanted: Option<Language>) -> Language {
    wanted.unwrap_or(Rules::default().visitor_language)
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Wanted, Infallible> {
        let chosen = cookie(&parts.headers, COOKIE).and_then(|language| language.parse().ok());
        let header = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Wanted(chosen.or_else(|| choose(header.unwrap_or_default()))))
    }
}

/// A language chosen on a page: `?lang=fr`.
pub(super) struct Chosen {
    language: Language,
    path: String,
    secure: bool,
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Chosen
where
    PublicUrl: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Chosen>, Infallible> {
        let asked = parts.uri.query().and_then(|query| query.strip_prefix("lang="));
        Ok(asked.and_then(|asked| asked.parse().ok()).map(|language| Chosen {
            language,
            path: parts.uri.path().to_owned(),
            secure: !PublicUrl::from_ref(state).0.is_plain_http(),
        }))
    }
}

impl Chosen {
    /// Remembers it, and leads back to the page without it in the address.
    pub(super) fn remember(&self) -> Response {
        let secure = if self.secure { "; Secure" } else { "" };
        let cookie = format!(
            "{COOKIE}={}; Path=/; Max-Age={REMEMBERED_SECONDS}; HttpOnly; SameSite=Lax{secure}",
            self.language
        );
        with_cookie(see_other(&self.path), &cookie)
    }
}

/// The best of ours in an `Accept-Language`.
fn choose(header: &str) -> Option<Language> {
    let mut best: Option<(u32, Language)> = None;
    for item in header.split(',') {
        let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Ok(language) = primary.parse() else { continue };
        let weight = weight(parameters);
        if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `q=0.8` as 800; 1000 where nothing or nonsense is said.
fn weight(parameters: &str) -> u32 {
    let value = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
    let Some((whole, part)) = value.map(|value| value.split_once('.').unwrap_or((value, ""))) else {
        return 1_000;
    };
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u32>()) {
        ("0", Ok(thousandths)) => thousandths,
        _ => 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_wish_is_granted_where_it_can_be() {
        for (header, wanted) in [
            ("", None),
            ("fr-BE,fr;q=0.9,en;q=0.8", Some(Language::French)),
            ("sv, de;q=0.5, en;q=0.51", Some(Language::English)),
            ("EN-us", Some(Language::English)),
            ("de;q=0, fr;q=0.001", Some(Language::French)),
            ("*", None),
            (";;;,,,q=", None),
        ] {
            assert_eq!(choose(header), wanted, "{header}");
        }
    }
}
