//! `/w/{pay code}`: the code is exchanged for a ticket in a cookie, and the address forgotten.

use super::Apology;
use super::language::Wanted;
use super::unknown::unknown;
use crate::clock::{Clock, Timestamp};
use crate::codes::Code;
use crate::db::Store;
use crate::media::{CodeKind, store};
use crate::secrets::{CodeHash, KeyFile};
use crate::web::app::{Limits, PublicUrl};
use crate::web::in_path::InPath;
use crate::web::page::{see_other, with_cookie};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use std::sync::Arc;
use std::time::Duration;

/// How long a phone shows the balance before the wristband has to be scanned again.
const TICKET_LIVES: Duration = Duration::from_secs(12 * 3600);

/// What tickets are sealed for.
const CONTEXT: &str = "visitor's ticket";

/// The name of the cookie. Over https it makes the browser insist on what the attributes say.
pub(super) fn cookie_name(public_url: &PublicUrl) -> &'static str {
    if public_url.0.is_plain_http() { "polsband-wallet" } else { "__Host-polsband-wallet" }
}

/// A code's hash and when the ticket ends, sealed.
fn seal(keys: &KeyFile, code: CodeHash, until: Timestamp) -> String {
    let plain = [&code.0[..], &until.0.to_be_bytes()[..]].concat();
    BASE64URL_NOPAD.encode(&keys.seal(CONTEXT, &plain))
}

/// The code's hash in a ticket that is ours and has not ended.
pub(super) fn open(keys: &KeyFile, ticket: &str, now: Timestamp) -> Option<CodeHash> {
    let sealed = BASE64URL_NOPAD.decode(ticket.as_bytes()).ok()?;
    let plain = keys.open_sealed(CONTEXT, &sealed).ok()?;
    let (code, until) = plain.split_first_chunk::<16>()?;
    let until = Timestamp(i64::from_be_bytes(until.try_into().ok()?));
    (now < until).then_some(CodeHash(*code))
}

/// `GET /w/{pay code}`
pub(super) async fn get(
    Wanted(language): Wanted,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(public_url): State<PublicUrl>,
    State(limits): State<Limits>,
    code: Result<InPath<String>, Problem>,
) -> Result<Response, Apology> {
    let InPath(text) = code?;
    let Some(Code::Pay(code)) = Code::parse(&text) else {
        return Ok(unknown(language, StatusCode::NOT_FOUND));
    };
    let hash = keys.code_hash(CodeKind::Pay.as_str(), code.reveal());
    limits.count_wallet(hash)?;
    if store::by_code(&mut *store.read().await?, hash).await?.is_none() {
        return Ok(unknown(language, StatusCode::NOT_FOUND));
    }
    let until = clock.now().after(TICKET_LIVES);
    let secure = if public_url.0.is_plain_http() { "" } else { "; Secure" };
    let cookie = format!(
        "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        cookie_name(&public_url),
        seal(&keys, hash, until),
        TICKET_LIVES.as_secs()
    );
    Ok(with_cookie(see_other("/w"), &cookie))
}
