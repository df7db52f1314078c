//! Whoever scanned a wristband: their ticket, opened.

use super::language::Wanted;
use super::ticket;
use super::unknown::{expired, unknown};
use super::words::Words;
use super::{Apology, wallet};
use crate::clock::Clock;
use crate::db::{Error, Store};
use crate::events::Event;
use crate::ids::AccountId;
use crate::media::store::{MediumView, by_code};
use crate::media::{Medium, MediumStatus};
use crate::money::Cents;
use crate::payments::orders::Orders;
use crate::secrets::{CodeHash, KeyFile};
use crate::web::app::{Limits, PublicUrl};
use crate::web::page::cookie;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A medium with its wallet, shown to whoever has its ticket.
pub(super) struct Holder {
    pub(super) words: &'static Words,
    pub(super) code: CodeHash,
    pub(super) medium: Medium,
    pub(super) balance: Cents,
    pub(super) event: Event,
}

impl Holder {
    /// True while this medium has a say over the wallet.
    pub(super) fn holds_wallet(&self) -> bool {
        holds_wallet(self.medium.status)
    }

    /// True where freezing would change anything.
    pub(super) fn can_freeze(&self) -> bool {
        self.medium.status == MediumStatus::Active && self.event.is_open()
    }
}

fn holds_wallet(status: MediumStatus) -> bool {
    matches!(status, MediumStatus::Issued | MediumStatus::Active | MediumStatus::Frozen)
}

/// What this wallet is opened with in a browser: only its ticket tells.
async fn opened_by(
    headers: &HeaderMap,
    public_url: &PublicUrl,
    orders: &Orders,
    wallet: AccountId,
) -> Result<Option<MediumView>, Error> {
    let ticket = cookie(headers, ticket::cookie_name(public_url));
    let Some(code) = ticket.and_then(|ticket| ticket::open(&orders.keys, ticket, orders.clock.now())) else {
        return Ok(None);
    };
    let found = by_code(&mut *orders.store.read().await?, code).await?;
    Ok(found.filter(|view| view.medium.wallet_id == wallet))
}

/// True where this wallet is the one that is open in a browser.
pub(super) async fn is_open_in(
    headers: &HeaderMap,
    public_url: &PublicUrl,
    orders: &Orders,
    wallet: AccountId,
) -> Result<bool, Error> {
    Ok(opened_by(headers, public_url, orders, wallet).await?.is_some())
}

/// What is on this wallet, told only where it is open in a browser with a medium that has a say over it.
pub(super) async fn balance_in(
    headers: &HeaderMap,
    public_url: &PublicUrl,
    orders: &Orders,
    wallet: AccountId,
) -> Result<Option<Cents>, Error> {
    let view = opened_by(headers, public_url, orders, wallet).await?;
    Ok(view.filter(|view| holds_wallet(view.medium.status)).map(|view| view.balance))
}

impl<S: Send + Sync> FromRequestParts<S> for Holder
where
    Store: FromRef<S>,
    Arc<KeyFile>: FromRef<S>,
    Clock: FromRef<S>,
    PublicUrl: FromRef<S>,
    Limits: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Holder, Response> {
        let Ok(Wanted(language)) = Wanted::from_request_parts(parts, state).await;
        let keys: Arc<KeyFile> = Arc::from_ref(state);
        let ticket = cookie(&parts.headers, ticket::cookie_name(&PublicUrl::from_ref(state)));
        let now = Clock::from_ref(state).now();
        let Some(code) = ticket.and_then(|ticket| ticket::open(&keys, ticket, now)) else {
            return Err(expired(language));
        };
        let found = async {
            Limits::from_ref(state).count_wallet(code)?;
            let store = Store::from_ref(state);
            let mut session = store.read().await?;
            let Some(MediumView { medium, balance, .. }) = by_code(&mut session, code).await? else {
                return Ok(None);
            };
            let event = wallet::event_of(&mut session, &medium).await?;
            let words = Words::about(medium.kind, language.unwrap_or(event.rules.visitor_language));
            Ok::<_, Apology>(Some(Holder { words, code, medium, balance, event }))
        };
        match found.await {
            Ok(Some(holder)) => Ok(holder),
            Ok(None) => Err(unknown(language, StatusCode::NOT_FOUND)),
            Err(apology) => Err(apology.into_response()),
        }
    }
}
