//! Changes an account: other keys, or its right id.
//!
//! While nothing of the event hangs on an account, it takes any id that its provider doesn't contradict. From then on orders,
//! payments and the books know it by the id that was entered, and go on doing so: what is corrected is what the provider is
//! asked for, and only to the account under which the list that the key opens has the event's own orders.

use super::{Proof, callback_url, claim, entry, hanging, none, prove, store, unheard, wrong_id};
use crate::audit_log::{self, Actor};
use crate::clock::Timestamp;
use crate::db::{Store, Tx};
use crate::events::store::hold_open;
use crate::events::{Event, EventError};
use crate::ids::EventId;
use crate::providers::{
    Account, AccountError, Adapter, CallError, Connections, NewAccount, PaymentId, ProfileId, Provider,
    ProviderName, Window,
};
use crate::secrets::KeyFile;
use std::fmt;
use std::time::Duration;

/// How far the provider's clock and ours may be apart when it made an order.
const CLOCKS_APART: Duration = Duration::from_secs(300);

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

/// What became of an account that was to be changed.
#[derive(Debug)]
pub struct Changed {
    /// As it is now.
    pub account: Account,
    /// What is other than before: `its id was 999 and is now 1001001`, `another API key`. Empty where nothing is.
    pub what: Vec<String>,
    /// Its id is another one, and no payment tells yet whether it is right.
    pub is_unproven: bool,
    /// Another id than its own, under which the list that the key opens has the event's orders.
    pub proven: Option<ProfileId>,
}

impl Changed {
    /// What is other than before, and what is wrong with it or nobody knows of it yet, as sentences.
    #[must_use]
    pub fn in_words(&self) -> String {
        let what = match self.what.as_slice() {
            [] => "Nothing is changed.".to_owned(),
            what => format!("Changed: {}.", what.join(", ")),
        };
        let unproven =
            if self.is_unproven { " Whether the id is right shows with the first payment." } else { "" };
        let warning = self.warning().map(|warning| format!(" Mind: {warning}.")).unwrap_or_default();
        format!("{what}{unproven}{warning}")
    }

    /// That its id is wrong, where the provider's list tells so.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let (proven, kept) = (self.proven.as_ref()?, self.account.id_there());
        Some(format!(
            "the key's list has this event's orders on account {proven}, not on {kept}: correct the id to {proven}"
        ))
    }
}

/// Gives an account another key or secret, or its right id, once the provider has taken it. A closed event's may change, too:
/// money that comes late is still looked for.
///
/// # Errors
/// As [`add`](super::add), [`EventError::NoAccount`], [`EventError::AccountUsed`] of another id than the proven one, and
/// [`EventError::AccountChanged`] where somebody else changed what it was tried with.
pub async fn change(
    store: &Store,
    keys: &KeyFile,
    connections: &Connections,
    public_url: &str,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    (provider, change): (ProviderName, &AccountChange),
) -> Result<Changed, EventError> {
    let mut session = store.read().await?;
    let known = store::one(&mut session, keys, event.id, provider).await?;
    let known = known.ok_or_else(|| none(provider))?;
    let account = changed(&known, change)?;
    let is_corrected = account.profile != *known.id_there();
    let hanging =
        if is_corrected { hanging::on(&mut session, event.id, &known).await? } else { String::new() };
    let is_renamed = is_corrected && hanging.is_empty();
    let account = if is_renamed { account } else { account.known_as(&known.profile) };
    let ever = Window { from: Timestamp(0), to: now };
    let made = store::made(&mut session, event.id, provider, ever).await?;
    drop(session);
    if !hanging.is_empty() {
        refuse_unproven(&account, hanging, &made, connections, now).await?;
    }
    let callback_url = callback_url(public_url, provider, event);
    let (is_untold, proven) = match prove(&account, &made, callback_url, connections, now).await? {
        Proof::Untold => (true, None),
        Proof::Right => (false, None),
        Proof::Elsewhere(proven) => (false, Some(proven)),
    };
    let wrong = proven.as_ref().map(|proven| wrong_id(account.id_there(), proven));
    let (account, what) = store
        .transact(|tx| {
            let (keys, account, event, known) = (keys.clone(), account.clone(), event.clone(), known.clone());
            let (actor, change, wrong) = (actor.clone(), change.clone(), wrong.clone());
            Box::pin(async move {
                let is_open = hold_open(tx, event.id).await?;
                let kept = kept_since(tx, &keys, (event.id, is_open), &known).await?;
                // Another id is right for the key that it was tried with.
                if is_corrected && change.api_key.is_none() && kept.api_key.reveal() != known.api_key.reveal()
                {
                    return Err(EventError::AccountChanged(provider));
                }
                let account = changed_meanwhile(&kept, account, &change);
                let what = differences(&kept, &account);
                if is_renamed {
                    hanging::hold_unused(tx, event.id, &kept).await?;
                }
                if is_open && (is_corrected || kept.api_key.reveal() != account.api_key.reveal()) {
                    store::release(tx, event.id, &kept).await?;
                    claim(tx, &keys, event.id, &account).await?;
                } else if is_renamed && store::is_claimed(tx, &account).await? {
                    // A closed event claims nothing, and takes nothing that is claimed but what its own orders prove.
                    return Err(EventError::ProfileTaken(account.profile.clone()));
                }
                store::update(tx, &keys, event.id, (&known.profile, &account)).await?;
                if wrong.is_some() {
                    store::compared(tx, event.id, provider, wrong, now).await?;
                }
                if !what.is_empty() {
                    let mut entry = entry(&actor, "provider's account changed", &event, &account);
                    entry.detail = entry.detail.map(|detail| format!("{detail}; {}", what.join(", ")));
                    audit_log::store::write(tx, now, &entry).await?;
                }
                Ok::<_, EventError>((account, what))
            })
        })
        .await?;
    Ok(Changed { account, what, is_unproven: is_corrected && is_untold, proven })
}

/// An account as it is after a change, known by the id that it has at the provider.
fn changed(known: &Account, change: &AccountChange) -> Result<Account, AccountError> {
    let secret = known.webhook_secret.as_ref().map(|secret| secret.reveal().to_owned());
    let window = i64::try_from(known.signature_window.as_secs()).ok();
    let new = NewAccount {
        profile_id: change.profile_id.clone().unwrap_or_else(|| known.id_there().0.clone()),
        environment: Some(known.environment.as_str().to_owned()),
        api_url: known.api_url.clone(),
        api_key: change.api_key.clone().unwrap_or_else(|| known.api_key.reveal().to_owned()),
        webhook_secret: change.webhook_secret.clone().or(secret),
        signature_window_seconds: change.signature_window_seconds.or(window),
    };
    Ok(Account { is_paused: known.is_paused, ..Account::check(known.provider, &new)? })
}

/// The account as it is now, if it has the id still that it had before the provider was asked.
async fn kept_since(
    tx: &mut Tx,
    keys: &KeyFile,
    (event, is_open): (EventId, bool),
    known: &Account,
) -> Result<Account, EventError> {
    let provider = known.provider;
    // Those who change one of an open event wait for each other there.
    if !is_open {
        hanging::hold(tx, event, (provider, &known.profile)).await?;
    }
    let kept = store::one(tx, keys, event, provider).await?.ok_or(EventError::NoAccount(provider))?;
    let is_same = kept.profile == known.profile && kept.corrected == known.corrected;
    is_same.then_some(kept).ok_or(EventError::AccountChanged(provider))
}

/// What was to change, of the account as it is now: somebody may have renewed the rest while the provider was asked.
fn changed_meanwhile(kept: &Account, account: Account, change: &AccountChange) -> Account {
    let kept = kept.clone();
    Account {
        api_key: if change.api_key.is_some() { account.api_key } else { kept.api_key },
        webhook_secret: if change.webhook_secret.is_some() {
            account.webhook_secret
        } else {
            kept.webhook_secret
        },
        signature_window: match change.signature_window_seconds {
            Some(_) => account.signature_window,
            None => kept.signature_window,
        },
        is_paused: kept.is_paused,
        ..account
    }
}

/// Refuses another id of an account on which something hangs, unless the list that the key opens has orders `made` for the
/// event under just this one.
async fn refuse_unproven(
    account: &Account,
    by: String,
    made: &[(PaymentId, Timestamp)],
    connections: &Connections,
    now: Timestamp,
) -> Result<(), EventError> {
    let provider = account.provider;
    let adapter =
        Adapter::of_account(account.clone(), String::new(), connections).ok_or_else(|| none(provider))?;
    match standing(&adapter, made, now).await.map_err(|error| unheard(provider, &error))? {
        Some(proven) if proven == *account.id_there() => Ok(()),
        proven => Err(EventError::AccountUsed { provider, by, proven }),
    }
}

/// The account, as its provider calls it, under which the list of all that the key opens has one of the payments `made` for the
/// event, the newest of which comes first.
pub(super) async fn standing(
    adapter: &Adapter,
    made: &[(PaymentId, Timestamp)],
    now: Timestamp,
) -> Result<Option<ProfileId>, CallError> {
    let (Some((_, newest)), Some((_, oldest))) = (made.first(), made.last()) else { return Ok(None) };
    let window = Window { from: oldest.before(CLOCKS_APART), to: newest.after(CLOCKS_APART) };
    let payments: Vec<PaymentId> = made.iter().map(|(payment, _)| payment.clone()).collect();
    adapter.profile_of(&payments, window, now).await
}

/// What is other about an account than before.
fn differences(before: &Account, after: &Account) -> Vec<String> {
    let secret = |account: &Account| account.webhook_secret.as_ref().map(|secret| secret.reveal().to_owned());
    let [was, is] = [before, after].map(|account| account.signature_window.as_secs());
    let (old, new) = (before.id_there(), after.id_there());
    [
        (old != new).then(|| format!("its id was {old} and is now {new}")),
        (before.api_key.reveal() != after.api_key.reveal()).then(|| "another API key".to_owned()),
        (secret(before) != secret(after)).then(|| "another webhook's secret".to_owned()),
        (was != is).then(|| format!("signatures may be {is} seconds old, not {was}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}
