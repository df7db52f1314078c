//! Who calls the API: the token in `Authorization: Bearer …`, and what its owner may do.
//!
//! [`Allowed`] is the proof that an operator's role was asked: a handler that takes an `Allowed<Print>` can't be
//! reached without the right to print, and whoever reads it sees which right it takes.

use super::app::Limits;
use super::client::{Client, TrustedProxies};
use super::problem::Problem;
use crate::audit_log::Actor;
use crate::clock::Clock;
use crate::db::Store;
use crate::operators::{self, Operator, Right, TokenUses};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use std::marker::PhantomData;
use std::sync::Arc;

/// Longest token that is looked at; ours have 56 characters.
const TOKEN_BYTES_MAX: usize = 256;

/// What an operator's token begins with.
const OPERATOR_PREFIX: &str = "pbo_";

/// The token a request shows.
///
/// # Errors
/// 401 when there is none, or not one.
pub(in crate::web) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    };
    let token = value.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = token.filter(|token| !token.is_empty() && token.len() <= TOKEN_BYTES_MAX);
    token.ok_or_else(|| unauthorized("this call needs a token: Authorization: Bearer …"))
}

/// 401, with the way to prove oneself.
pub(in crate::web) fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// 401 for a token that nobody has.
pub(in crate::web) fn unknown_token() -> Problem {
    unauthorized("this token is unknown or was revoked")
}

/// 403 for a token of another kind than the call takes.
pub(in crate::web) fn wrong_kind(wanted: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not-allowed", format!("this call is for {wanted}"))
}

/// True for a token that is an operator's, if it is anybody's.
pub(in crate::web) fn is_operators(token: &str) -> bool {
    token.starts_with(OPERATOR_PREFIX)
}

/// The operator behind a request's token.
///
/// # Errors
/// 401 when nobody is, 403 when it is a terminal's, 429 when too many were tried from there.
pub(in crate::web) async fn operator<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
) -> Result<Operator, Problem>
where
    Store: FromRef<S>,
    Clock: FromRef<S>,
    Limits: FromRef<S>,
    Arc<TokenUses>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    let Ok(client) = Client::from_request_parts(parts, state).await;
    let (store, limits) = (Store::from_ref(state), Limits::from_ref(state));
    let token = bearer(&parts.headers)?;
    if token.starts_with("pbt_") {
        return Err(wrong_kind("operators: a terminal's token can't make it"));
    }
    let found = limits.holder(&client, token, operators::by_token(&store, token)).await?;
    let operator = found.ok_or_else(unknown_token)?;
    <Arc<TokenUses>>::from_ref(state).note(token, Clock::from_ref(state).now());
    Ok(operator)
}

/// 403 unless the operator's role has the right.
pub(in crate::web) fn check_right(operator: &Operator, right: Right) -> Result<(), Problem> {
    if operator.may(right) {
        return Ok(());
    }
    let detail = format!("your role ({}) may not {}", operator.role, right.as_sentence());
    let name = right_name(right);
    Err(Problem::new(StatusCode::FORBIDDEN, "not-allowed", detail).with("right", name))
}

/// `LookUp` as `look-up`.
fn right_name(right: Right) -> String {
    let mut name = String::new();
    for letter in format!("{right:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// A right as a type.
pub(in crate::web) trait Grants: Send + Sync + 'static {
    const RIGHT: Right;
}

macro_rules! grants {
    ($($right:ident),*) => {$(
        #[derive(Debug)]
        pub(in crate::web) struct $right;
        impl Grants for $right {
            const RIGHT: Right = Right::$right;
        }
    )*};
}

grants!(
    LookUp,
    MoveMedia,
    VoidCharges,
    ManageEvents,
    Print,
    SeeMoney,
    Reconcile,
    ResolveParked,
    ManageOperators
);

/// An operator whose role has the right `R`.
#[derive(Debug)]
pub(in crate::web) struct Allowed<R> {
    pub(in crate::web) operator: Operator,
    right: PhantomData<R>,
}

impl<R> Allowed<R> {
    /// As the audit log names them.
    pub(in crate::web) fn actor(&self) -> Actor {
        self.operator.actor()
    }
}

impl<S: Send + Sync, R: Grants> FromRequestParts<S> for Allowed<R>
where
    Store: FromRef<S>,
    Clock: FromRef<S>,
    Limits: FromRef<S>,
    Arc<TokenUses>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Allowed<R>, Problem> {
        let operator = operator(parts, state).await?;
        check_right(&operator, R::RIGHT)?;
        Ok(Allowed { operator, right: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_one_bearer_header_and_from_nothing_else() {
        let token = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned).ok()
        };
        assert_eq!(token(&["Bearer pbo_a"]).as_deref(), Some("pbo_a"));
        assert_eq!(token(&["bearer  pbo_a "]).as_deref(), Some("pbo_a"));
        for wrong in [&[][..], &["pbo_a"], &["Basic pbo_a"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            assert_eq!(token(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn rights_have_names_for_programs() {
        assert_eq!(right_name(Right::LookUp), "look-up");
        assert_eq!(right_name(Right::ManageOperators), "manage-operators");
    }
}
