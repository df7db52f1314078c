//! Accounts of an event at providers that make one payment for each top-up. One of each.
//!
//! They stand beside the profile whose codes are printed, in the same table and under the same claim: an account serves
//! one open event at a time. So does its key, because it is the key that opens an account, whatever id was typed beside
//! it: a keyed hash of it stands in the claim. What is entered is asked for at the provider before it is kept, so that
//! a wrong key is found by whoever types it and not by the first visitor; keys and secrets are sealed under the key
//! file. A wrong id may show with the first payment only. It can be corrected, and an account be taken away, while nothing
//! of the event hangs on it: payments, orders and receivables are known by it.

pub mod hanging;
pub mod store;
#[cfg(test)]
mod tests;

use super::kept_apart::{self, Service};
use super::{Event, EventError};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store, Tx};
use crate::ids::EventId;
use crate::providers::{
    Account, AccountError, Adapter, CallError, Connections, NewAccount, PaymentId, Provider, ProviderName,
    Window,
};
use crate::secrets::KeyFile;
use std::fmt;
use std::time::Duration;

/// What is asked for to see whether an account works.
const LOOKED_AT: Duration = Duration::from_secs(3600);

/// What is to change about an account; what is `None` stays. `Debug` hides the secrets.
#[derive(Clone, Default)]
pub struct AccountChange {
    /// Another id at the provider.
    pub profile_id: Option<String>,
    /// Another key.
    pub api_key: Option<String>,
    /// Another secret.
    pub webhook_secret: Option<String>,
    /// How old a callback's signature may be, in seconds.
    pub signature_window_seconds: Option<i64>,
}

impl AccountChange {
    /// True where nothing is to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_same = self.profile_id.is_none() && self.signature_window_seconds.is_none();
        is_same && self.api_key.is_none() && self.webhook_secret.is_none()
    }
}

impl fmt::Debug for AccountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountChange")
            .field("profile_id", &self.profile_id)
            .field("has_api_key", &self.api_key.is_some())
            .field("has_webhook_secret", &self.webhook_secret.is_some())
            .field("signature_window_seconds", &self.signature_window_seconds)
            .finish()
    }
}

impl From<AccountError> for EventError {
    fn from(error: AccountError) -> EventError {
        EventError::Invalid { field: error.field, why: error.why }
    }
}

/// Gives an event an account, once the provider has taken its key. `public_url` is where we are reached.
///
/// # Errors
/// [`EventError::Invalid`] naming the field (the key's, when another open event has it; the environment's, when it is test
/// money beside live money, or the other way round), [`EventError::NotTaken`],
/// [`EventError::NotAnswered`], [`EventError::NotNotified`], [`EventError::AccountTaken`], [`EventError::ProfileTaken`],
/// [`EventError::Closed`], or the database's.
pub async fn add(
    store: &Store,
    keys: &KeyFile,
    connections: &Connections,
    public_url: &str,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    (provider, new): (ProviderName, &NewAccount),
) -> Result<Account, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let account = Account::check(provider, new)?;
    kept_apart::check(&mut *store.read().await?, keys, event.id, Service::of_account(&account)).await?;
    prove(&account, None, callback_url(public_url, provider, event), connections, now).await?;
    store
        .transact(|tx| {
            let (keys, account, event) = (keys.clone(), account.clone(), event.clone());
            let entry = entry(actor, "provider's account added", &event, &account);
            Box::pin(async move {
                if !super::store::hold_open(tx, event.id).await? {
                    return Err(EventError::Closed(event.slug.clone()));
                }
                if store::one(tx, &keys, event.id, account.provider).await?.is_some() {
                    return Err(EventError::AccountTaken(account.provider));
                }
                // Again: something may have been added while the provider was asked.
                kept_apart::check(tx, &keys, event.id, Service::of_account(&account)).await?;
                claim(tx, &keys, event.id, &account).await?;
                store::insert(tx, &keys, event.id, &account, now).await?;
                audit_log::store::write(tx, now, &entry).await?;
                Ok(account)
            })
        })
        .await
}

/// Gives an account another key or secret, or its right id while nothing of the event hangs on it, once the provider has
/// taken it. A closed event's may change, too: money that comes late is still looked for.
///
/// # Errors
/// As [`add`], [`EventError::NoAccount`], and [`EventError::AccountUsed`] of another id.
pub async fn change(
    store: &Store,
    keys: &KeyFile,
    connections: &Connections,
    public_url: &str,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    (provider, change): (ProviderName, &AccountChange),
) -> Result<Account, EventError> {
    let mut session = store.read().await?;
    let known = store::one(&mut session, keys, event.id, provider).await?;
    let known = known.ok_or_else(|| none(provider))?;
    let account = changed(&known, change)?;
    let is_corrected = account.profile != known.profile;
    if is_corrected {
        hanging::refuse(&mut session, event.id, &known).await?;
    }
    let made = store::made(&mut session, event.id, provider).await?;
    drop(session);
    prove(&account, made.as_ref(), callback_url(public_url, provider, event), connections, now).await?;
    store
        .transact(|tx| {
            let (keys, account, event, before) =
                (keys.clone(), account.clone(), event.clone(), known.profile.clone());
            let mut entry = entry(actor, "provider's account changed", &event, &account);
            if is_corrected {
                entry.detail = entry.detail.map(|detail| format!("{detail}; its id was {before}"));
            }
            Box::pin(async move {
                let is_open = super::store::hold_open(tx, event.id).await?;
                let kept = store::one(tx, &keys, event.id, provider).await?;
                // One of another id was entered while the provider was asked.
                let kept = kept.filter(|kept| kept.profile == before);
                let kept = kept.ok_or(EventError::NoAccount(provider))?;
                if is_corrected {
                    hanging::hold_unused(tx, event.id, &kept).await?;
                }
                if is_open && (is_corrected || kept.api_key.reveal() != account.api_key.reveal()) {
                    store::release(tx, event.id, &kept).await?;
                    claim(tx, &keys, event.id, &account).await?;
                } else if is_corrected && store::is_claimed(tx, &account).await? {
                    // A closed event claims nothing, and takes nothing that is claimed.
                    return Err(EventError::ProfileTaken(account.profile.clone()));
                }
                store::update(tx, &keys, event.id, (&before, &account)).await?;
                audit_log::store::write(tx, now, &entry).await?;
                Ok(account)
            })
        })
        .await
}

/// An account as it is after a change.
fn changed(known: &Account, change: &AccountChange) -> Result<Account, AccountError> {
    let secret = known.webhook_secret.as_ref().map(|secret| secret.reveal().to_owned());
    let window = i64::try_from(known.signature_window.as_secs()).ok();
    let new = NewAccount {
        profile_id: change.profile_id.clone().unwrap_or_else(|| known.profile.0.clone()),
        environment: Some(known.environment.as_str().to_owned()),
        api_url: known.api_url.clone(),
        api_key: change.api_key.clone().unwrap_or_else(|| known.api_key.reveal().to_owned()),
        webhook_secret: change.webhook_secret.clone().or(secret),
        signature_window_seconds: change.signature_window_seconds.or(window),
    };
    Ok(Account { is_paused: known.is_paused, ..Account::check(known.provider, &new)? })
}

/// Keeps what came of trying an account, in place of what comparing with its list failed with: nothing where its list came,
/// or why its provider said neither yes nor no, so that it is to be tried again.
///
/// # Errors
/// The database's.
pub async fn tried(
    store: &Store,
    event: EventId,
    (provider, trouble): (ProviderName, Option<&str>),
    now: Timestamp,
) -> Result<(), db::Error> {
    store.transact(|tx| Box::pin(store::compared(tx, event, provider, trouble.map(str::to_owned), now))).await
}

/// Has nothing new made at an account from now on, or again. What was made there is still heard of, looked up and refunded.
///
/// # Errors
/// [`EventError::NoAccount`], [`EventError::CodesPrinted`], or the database's.
pub async fn pause(
    store: &Store,
    keys: &KeyFile,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    (provider, is_paused): (ProviderName, bool),
) -> Result<Account, EventError> {
    store
        .transact(|tx| {
            let (keys, actor, event) = (keys.clone(), actor.clone(), event.clone());
            Box::pin(async move {
                let account = store::one(tx, &keys, event.id, provider).await?;
                let account = account.ok_or_else(|| none(provider))?;
                if account.is_paused == is_paused {
                    return Ok(account);
                }
                store::pause(tx, event.id, &account, is_paused.then_some(now)).await?;
                let action =
                    if is_paused { "provider's account paused" } else { "provider's account resumed" };
                audit_log::store::write(tx, now, &entry(&actor, action, &event, &account)).await?;
                Ok(Account { is_paused, ..account })
            })
        })
        .await
}

/// Has an account asked for each payment before the event's others, which keep their order behind it.
///
/// # Errors
/// [`EventError::NoAccount`], [`EventError::CodesPrinted`], or the database's.
pub async fn put_first(
    store: &Store,
    keys: &KeyFile,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    provider: ProviderName,
) -> Result<Vec<Account>, EventError> {
    store
        .transact(|tx| {
            let (keys, actor, event) = (keys.clone(), actor.clone(), event.clone());
            Box::pin(async move {
                let accounts = store::all(tx, &keys, event.id).await?;
                let place = accounts.iter().position(|account| account.provider == provider);
                let place = place.ok_or_else(|| none(provider))?;
                if place == 0 {
                    return Ok(accounts);
                }
                store::put_first(tx, event.id, provider).await?;
                let entry = entry(&actor, "provider's account put first", &event, &accounts[place]);
                audit_log::store::write(tx, now, &entry).await?;
                Ok(store::all(tx, &keys, event.id).await?)
            })
        })
        .await
}

/// When the first of an event's accounts is asked, as it is said behind that it is: a paused one is asked for nothing.
#[must_use]
pub fn when_asked(accounts: &[Account]) -> &'static str {
    if accounts.first().is_some_and(|first| first.is_paused) { " once it is resumed" } else { "" }
}

/// Takes an account away on which nothing of the event hangs; another event may have used it before.
///
/// # Errors
/// [`EventError::NoAccount`], [`EventError::CodesPrinted`], [`EventError::AccountUsed`], or the database's.
pub async fn remove(
    store: &Store,
    keys: &KeyFile,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    provider: ProviderName,
) -> Result<(), EventError> {
    store
        .transact(|tx| {
            let (keys, actor, event) = (keys.clone(), actor.clone(), event.clone());
            Box::pin(async move {
                let account = store::one(tx, &keys, event.id, provider).await?;
                let account = account.ok_or_else(|| none(provider))?;
                hanging::hold_unused(tx, event.id, &account).await?;
                store::delete(tx, event.id, &account).await?;
                let entry = entry(&actor, "provider's account removed", &event, &account);
                audit_log::store::write(tx, now, &entry).await?;
                Ok(())
            })
        })
        .await
}

/// Why nothing can be done with an account that is not there: a profile is none.
fn none(provider: ProviderName) -> EventError {
    if provider.has_accounts() { EventError::NoAccount(provider) } else { EventError::CodesPrinted(provider) }
}

/// Claims an account and its key for an open event.
async fn claim(tx: &mut Tx, keys: &KeyFile, event: EventId, account: &Account) -> Result<(), EventError> {
    let is_new = store::claim(tx, keys, event, account).await?;
    if !is_new && store::is_claimed(tx, account).await? {
        return Err(EventError::ProfileTaken(account.profile.clone()));
    }
    if !is_new || store::is_old_key(tx, keys, event, account).await? {
        let why = format!(
            "another open event has the account of {} that this key opens: close that one first, or use an account of \
             its own",
            account.provider.title()
        );
        return Err(EventError::Invalid { field: "api_key", why });
    }
    Ok(())
}

/// Sees whether the provider would notify us, and asks it for the last hour's payments: only the right key of the right
/// environment is told. Where payments name the account they were made on, it has to be the one that was entered, or the
/// one that has `made`, a payment of the event: an id that was entered wrong and can't be corrected any more keeps nobody
/// from renewing its key.
async fn prove(
    account: &Account,
    made: Option<&PaymentId>,
    callback_url: String,
    connections: &Connections,
    now: Timestamp,
) -> Result<(), EventError> {
    let provider = account.provider;
    if let Err(why) = account.check_callback_url(&callback_url) {
        return Err(EventError::NotNotified { provider, url: callback_url, why });
    }
    let not_taken = |why: String| EventError::NotTaken { provider, why };
    let adapter = Adapter::of_account(account.clone(), callback_url, connections)
        .ok_or_else(|| not_taken("its codes are printed".to_owned()))?;
    let window = Window { from: now.before(LOOKED_AT), to: now };
    let refused = |error: CallError| match error {
        error if error.may_pass() => EventError::NotAnswered { provider, why: error.to_string() },
        error => not_taken(error.to_string()),
    };
    adapter.list(window, None, now).await.map_err(refused)?;
    let named = adapter.profiles_named(now).await.map_err(refused)?;
    let Some(other) = named.first().filter(|_| !named.contains(&account.profile)) else { return Ok(()) };
    if let Some(made) = made
        && adapter.details(made, now).await.map_err(refused)?.is_some()
    {
        return Ok(());
    }
    let entered = &account.profile;
    Err(not_taken(format!(
        "its key is of account {other}, and account {entered} was entered: one of the two is wrong"
    )))
}

fn entry(actor: &Actor, action: &'static str, event: &Event, account: &Account) -> Entry {
    let mut entry = Entry::new(actor, action, event.slug.to_string());
    entry.event = Some(event.id);
    let (provider, environment) = (account.provider.title(), account.environment);
    entry.detail = Some(format!("{provider} {}, {environment}", account.profile));
    entry
}

/// Where a provider reaches us.
#[must_use]
pub fn callback_url(public_url: &str, provider: ProviderName, event: &Event) -> String {
    format!("{}/callbacks/{}/{}", public_url.trim_end_matches('/'), provider.as_str(), event.slug)
}
