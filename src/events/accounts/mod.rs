//! Accounts of an event at providers that make one payment for each top-up. One of each.
//!
//! They stand beside the profile whose codes are printed, in the same table and under the same claim: an account serves
//! one open event at a time. So does its key, because it is the key that opens an account, whatever id was typed beside
//! it: a keyed hash of it stands in the claim. What is entered is asked for at the provider before it is kept, so that
//! a wrong key is found by whoever types it and not by the first visitor; keys and secrets are sealed under the key
//! file. A wrong id may show with the first payment only. It can be corrected, and an account be taken away, while nothing
//! of the event hangs on it: payments, orders and receivables are known by it. Later it is corrected to what its orders prove.

mod change;
pub mod hanging;
pub mod store;
#[cfg(test)]
mod tests;

pub use change::{AccountChange, Changed, change};

use super::kept_apart::{self, Service};
use super::{Event, EventError};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store, Tx};
use crate::ids::EventId;
use crate::providers::{
    Account, AccountError, Adapter, CallError, Connections, NewAccount, PaymentId, ProfileId, Provider,
    ProviderName, Window,
};
use crate::secrets::KeyFile;
use std::time::Duration;

/// What is asked for to see whether an account works.
const LOOKED_AT: Duration = Duration::from_secs(3600);

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
    let callback_url = callback_url(public_url, provider, event);
    let account =
        Account::check(provider, new).map_err(|error| with_webhook(error, provider, &callback_url))?;
    kept_apart::check(&mut *store.read().await?, keys, event.id, Service::of_account(&account)).await?;
    prove(&account, &[], callback_url, connections, now).await?;
    store
        .transact(|tx| {
            let (keys, account, event) = (keys.clone(), account.clone(), event.clone());
            let entry = entry(actor, "provider's account added", &event, &account);
            Box::pin(async move {
                hold_open(tx, &event).await?;
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
/// Of a closed event nothing is made in any case.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::NoAccount`], [`EventError::CodesPrinted`], or the database's.
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
                hold_open(tx, &event).await?;
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
/// [`EventError::Closed`], [`EventError::NoAccount`], [`EventError::CodesPrinted`], or the database's.
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
                hold_open(tx, &event).await?;
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

/// Keeps an event open until the transaction ends, or refuses what a closed one takes no more.
async fn hold_open(tx: &mut Tx, event: &Event) -> Result<(), EventError> {
    if super::store::hold_open(tx, event.id).await? {
        Ok(())
    } else {
        Err(EventError::Closed(event.slug.clone()))
    }
}

/// Why nothing can be done with an account that is not there: a profile is none.
fn none(provider: ProviderName) -> EventError {
    if provider.has_accounts() { EventError::NoAccount(provider) } else { EventError::CodesPrinted(provider) }
}

/// Claims an account and its key for an open event.
async fn claim(tx: &mut Tx, keys: &KeyFile, event: EventId, account: &Account) -> Result<(), EventError> {
    let is_new = store::claim(tx, keys, event, account).await?;
    if !is_new && store::is_claimed(tx, account).await? {
        return Err(EventError::ProfileTaken(account.id_there().clone()));
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

/// The webhook is made before its secret can be entered: what is wrong with the secret is said with where it must lead.
fn with_webhook(error: AccountError, provider: ProviderName, callback_url: &str) -> EventError {
    let AccountError { field, mut why } = error;
    if let Some(events) = provider.webhook_events().filter(|_| field == "webhook_secret") {
        why = format!("{why}. The webhook must lead to {callback_url}, for the events {events}");
    }
    EventError::Invalid { field, why }
}

/// What payments tell of an account's id.
enum Proof {
    /// None names an account.
    Untold,
    /// Nothing against it.
    Right,
    /// Payments of the event stand on this other account.
    Elsewhere(ProfileId),
}

/// Sees whether the provider would notify us, and asks it for the last hour's payments: only the right key of the right
/// environment is told. Where payments name the account they were made on, it has to be the one that was entered, or the
/// one that has the newest payment `made` for the event: an id that was entered wrong and is not corrected yet keeps nobody from
/// renewing its key. Where they name others, it is asked on which of them the event's own stand.
async fn prove(
    account: &Account,
    made: &[(PaymentId, Timestamp)],
    callback_url: String,
    connections: &Connections,
    now: Timestamp,
) -> Result<Proof, EventError> {
    let provider = account.provider;
    if let Err(why) = account.check_callback_url(&callback_url) {
        return Err(EventError::NotNotified { provider, url: callback_url, why });
    }
    let not_taken = |why: String| EventError::NotTaken { provider, why };
    let adapter = Adapter::of_account(account.clone(), callback_url, connections)
        .ok_or_else(|| not_taken("its codes are printed".to_owned()))?;
    let window = Window { from: now.before(LOOKED_AT), to: now };
    let refused = |error: CallError| unheard(provider, &error);
    adapter.list(window, None, now).await.map_err(refused)?;
    let named = adapter.profiles_named(now).await.map_err(refused)?;
    let entered = account.id_there();
    let Some(other) = named.iter().find(|named| *named != entered) else {
        return Ok(if named.is_empty() { Proof::Untold } else { Proof::Right });
    };
    let is_ours = match made.first() {
        Some((newest, _)) if !named.contains(entered) => {
            adapter.details(newest, now).await.map_err(refused)?.is_some()
        }
        _ => named.contains(entered),
    };
    if !is_ours {
        return Err(not_taken(format!(
            "its key is of account {other}, and account {entered} was entered: one of the two is wrong"
        )));
    }
    match change::standing(&adapter, made, now).await {
        Err(error) if error.may_pass() => Err(refused(error)),
        Ok(Some(proven)) if proven != *entered => Ok(Proof::Elsewhere(proven)),
        // A list that is not understood tells nothing against a key that opens a payment of the event.
        Ok(_) | Err(_) => Ok(Proof::Right),
    }
}

/// Why an account of which another id is `kept` can't be compared with its list.
#[must_use]
pub fn wrong_id(kept: &ProfileId, proven: &ProfileId) -> String {
    format!(
        "the list of account {kept}, whose id is kept, lacks this event's orders, and they stand on account {proven}: the id \
         is wrong, and payments that nobody tells of are not found. Correct it to {proven}, in the console under Other \
         providers or with event provider set-key"
    )
}

/// A provider that said no, or nothing.
fn unheard(provider: ProviderName, error: &CallError) -> EventError {
    let why = error.to_string();
    if error.may_pass() {
        EventError::NotAnswered { provider, why }
    } else {
        EventError::NotTaken { provider, why }
    }
}

fn entry(actor: &Actor, action: &'static str, event: &Event, account: &Account) -> Entry {
    let mut entry = Entry::new(actor, action, event.slug.to_string());
    entry.event = Some(event.id);
    let (provider, environment) = (account.provider.title(), account.environment.in_words());
    entry.detail = Some(format!("{provider} {}, {environment}", account.id_there()));
    entry
}

/// Where a provider reaches us.
#[must_use]
pub fn callback_url(public_url: &str, provider: ProviderName, event: &Event) -> String {
    format!("{}/callbacks/{}/{}", public_url.trim_end_matches('/'), provider.as_str(), event.slug)
}
