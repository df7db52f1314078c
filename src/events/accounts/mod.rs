//! Accounts of an event at providers that make one payment for each top-up. One of each.
//!
//! They stand beside the profile whose codes are printed, in the same table and under the same claim: an account serves
//! one open event at a time. So does its key, because it is the key that opens an account, whatever id was typed beside
//! it: a keyed hash of it stands in the claim. What is entered is asked for at the provider before it is kept, so that
//! a wrong key is found by whoever types it and not by the first visitor; keys and secrets are sealed under the key
//! file.

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
    Account, AccountError, Adapter, CallError, Connections, NewAccount, Provider, ProviderName, Window,
};
use crate::secrets::KeyFile;
use std::fmt;
use std::time::Duration;

/// What is asked for to see whether an account works.
const LOOKED_AT: Duration = Duration::from_secs(3600);

/// What is to change about an account; what is `None` stays. `Debug` hides the secrets.
#[derive(Clone, Default)]
pub struct AccountChange {
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
        self.api_key.is_none() && self.webhook_secret.is_none() && self.signature_window_seconds.is_none()
    }
}

impl fmt::Debug for AccountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountChange")
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
    prove(&account, callback_url(public_url, provider, event), connections, now).await?;
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

/// Gives an account another key or secret, once the provider has taken it. A closed event's may change, too: money that
/// comes late is still looked for.
///
/// # Errors
/// As [`add`], and [`EventError::NoAccount`].
pub async fn change(
    store: &Store,
    keys: &KeyFile,
    connections: &Connections,
    public_url: &str,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    (provider, change): (ProviderName, &AccountChange),
) -> Result<Account, EventError> {
    let known = store::one(&mut *store.read().await?, keys, event.id, provider).await?;
    let known = known.ok_or_else(|| none(provider))?;
    let secret = known.webhook_secret.as_ref().map(|secret| secret.reveal().to_owned());
    let window = i64::try_from(known.signature_window.as_secs()).ok();
    let account = Account::check(
        provider,
        &NewAccount {
            profile_id: known.profile.0.clone(),
            environment: Some(known.environment.as_str().to_owned()),
            api_url: known.api_url.clone(),
            api_key: change.api_key.clone().unwrap_or_else(|| known.api_key.reveal().to_owned()),
            webhook_secret: change.webhook_secret.clone().or(secret),
            signature_window_seconds: change.signature_window_seconds.or(window),
        },
    )?;
    let account = Account { is_paused: known.is_paused, ..account };
    prove(&account, callback_url(public_url, provider, event), connections, now).await?;
    store
        .transact(|tx| {
            let (keys, account, event) = (keys.clone(), account.clone(), event.clone());
            let entry = entry(actor, "provider's account changed", &event, &account);
            Box::pin(async move {
                let is_open = super::store::hold_open(tx, event.id).await?;
                let kept = store::one(tx, &keys, event.id, provider).await?;
                let kept = kept.ok_or(EventError::NoAccount(provider))?;
                // A closed event claims nothing.
                if is_open && kept.api_key.reveal() != account.api_key.reveal() {
                    store::release(tx, event.id, &account).await?;
                    claim(tx, &keys, event.id, &account).await?;
                }
                store::update(tx, &keys, event.id, &account).await?;
                audit_log::store::write(tx, now, &entry).await?;
                Ok(account)
            })
        })
        .await
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
                let hanging = [
                    ("orders", store::has_orders(tx, event.id, &account).await?),
                    ("payments", store::has_payments(tx, event.id, &account).await?),
                    ("open matters", store::has_open_matters(tx, event.id, &account).await?),
                ];
                let hanging = hanging.into_iter().filter_map(|(what, is_there)| is_there.then_some(what));
                let by = hanging.collect::<Vec<&str>>().join(", ");
                if !by.is_empty() {
                    return Err(EventError::AccountUsed { provider, by });
                }
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
/// environment is told. Where payments name the account they were made on, it has to be the one that was entered.
async fn prove(
    account: &Account,
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
    match named.first().filter(|_| !named.contains(&account.profile)) {
        Some(other) => Err(not_taken(format!(
            "its key is of account {other}, and account {} was entered",
            account.profile
        ))),
        None => Ok(()),
    }
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
