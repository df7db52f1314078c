//! Providers' accounts in the database, beside the profile whose codes are printed.

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx, all_written};
use crate::events::store::word;
use crate::ids::EventId;
use crate::providers::{
    Account, ApiKey, Environment, NewAccount, PaymentId, ProfileId, ProviderName, Window,
};
use crate::secrets::KeyFile;
use crate::values;
use sqlx::FromRow;

/// What is sealed, and for whom.
fn context(what: &str, provider: ProviderName, profile: &str) -> String {
    format!("{} {what} of {profile}", provider.as_str())
}

fn sealed(keys: &KeyFile, account: &Account) -> (Vec<u8>, Option<Vec<u8>>) {
    let (provider, profile) = (account.provider, account.profile.0.as_str());
    let seal =
        |what, secret: &ApiKey| keys.seal(&context(what, provider, profile), secret.reveal().as_bytes());
    let secret = account.webhook_secret.as_ref().map(|secret| seal("webhook secret", secret));
    (seal("api key", &account.api_key), secret)
}

fn window(account: &Account) -> i64 {
    i64::try_from(account.signature_window.as_secs()).unwrap_or(i64::MAX)
}

pub(super) async fn insert(
    tx: &mut Tx,
    keys: &KeyFile,
    event: EventId,
    account: &Account,
    now: Timestamp,
) -> Result<(), Error> {
    let (api_key, secret) = sealed(keys, account);
    tx.execute(
        "INSERT INTO provider_profiles
             (event_id, provider, profile_id, environment, api_url, api_key, webhook_secret, signature_window_seconds,
              added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            event,
            account.provider.as_str(),
            account.profile.0.as_str(),
            account.environment.as_str(),
            account.api_url.clone(),
            api_key,
            secret,
            window(account),
            now,
        ],
    )
    .await?;
    Ok(())
}

/// Keeps what the provider has just answered to, of the account that was known by this id until now.
pub(super) async fn update(
    tx: &mut Tx,
    keys: &KeyFile,
    event: EventId,
    (before, account): (&ProfileId, &Account),
) -> Result<(), Error> {
    let (api_key, secret) = sealed(keys, account);
    let written = tx
        .execute(
            "UPDATE provider_profiles SET profile_id = $4, api_key = $5, webhook_secret = $6, signature_window_seconds = $7,
                 corrected_id = $8, problem = NULL, problem_at = NULL
             WHERE event_id = $1 AND provider = $2 AND profile_id = $3",
            values![
                event,
                account.provider.as_str(),
                before.0.as_str(),
                account.profile.0.as_str(),
                api_key,
                secret,
                window(account),
                account.corrected.as_ref().map(|id| id.0.clone()),
            ],
        )
        .await?;
    all_written(written, 1, "provider's account")
}

/// An account's provider, the id that was entered and the right one.
pub type Corrected = (ProviderName, ProfileId, ProfileId);

/// The accounts whose id was entered wrong and corrected when something was known by it, of whichever event.
///
/// # Errors
/// The database's.
pub async fn corrected(session: &mut Session) -> Result<Vec<Corrected>, Error> {
    let rows: Vec<(String, String, String)> = session
        .all(
            "SELECT DISTINCT provider, profile_id, corrected_id FROM provider_profiles WHERE corrected_id IS NOT NULL",
            values![],
        )
        .await?;
    let read = |(provider, entered, right): (String, String, String)| {
        Ok((word(&provider)?, ProfileId(entered), ProfileId(right)))
    };
    rows.into_iter().map(read).collect()
}

/// Keeps since when nothing new is made at an account; `None` where it is offered.
pub(super) async fn pause(
    tx: &mut Tx,
    event: EventId,
    account: &Account,
    since: Option<Timestamp>,
) -> Result<(), Error> {
    let (provider, profile) = (account.provider.as_str(), account.profile.0.as_str());
    let written = tx
        .execute(
            "UPDATE provider_profiles SET paused_at = $4
             WHERE event_id = $1 AND provider = $2 AND profile_id = $3",
            values![event, provider, profile, since],
        )
        .await?;
    all_written(written, 1, "provider's account")
}

/// Puts an account before the event's others.
pub(super) async fn put_first(tx: &mut Tx, event: EventId, provider: ProviderName) -> Result<(), Error> {
    let written = tx
        .execute(
            "UPDATE provider_profiles
             SET position = (SELECT MIN(position) - 1 FROM provider_profiles WHERE event_id = $1)
             WHERE event_id = $1 AND provider = $2",
            values![event, provider.as_str()],
        )
        .await?;
    all_written(written, 1, "provider's account")
}

pub(super) async fn delete(tx: &mut Tx, event: EventId, account: &Account) -> Result<(), Error> {
    let (provider, profile) = (account.provider.as_str(), account.profile.0.as_str());
    tx.execute(
        "DELETE FROM provider_profiles WHERE event_id = $1 AND provider = $2 AND profile_id = $3",
        values![event, provider, profile],
    )
    .await?;
    release(tx, event, account).await
}

/// Claims an account and its key for an open event; false when another open event has one of the two.
pub(super) async fn claim(
    tx: &mut Tx,
    keys: &KeyFile,
    event: EventId,
    account: &Account,
) -> Result<bool, Error> {
    let hash = keys.code_hash("provider's API key", account.api_key.reveal());
    let written = tx
        .execute(
            "INSERT INTO profile_claims (provider, profile_id, event_id, key_hash) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            values![account.provider.as_str(), account.id_there().0.as_str(), event, hash.0],
        )
        .await?;
    Ok(written == 1)
}

/// Gives an account and its key free.
pub(super) async fn release(tx: &mut Tx, event: EventId, account: &Account) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM profile_claims WHERE provider = $1 AND profile_id = $2 AND event_id = $3",
        values![account.provider.as_str(), account.id_there().0.as_str(), event],
    )
    .await?;
    Ok(())
}

/// True when an open event has an account of this id.
pub(super) async fn is_claimed(session: &mut Session, account: &Account) -> Result<bool, Error> {
    let row: Option<(String,)> = session
        .optional(
            "SELECT profile_id FROM profile_claims WHERE provider = $1 AND profile_id = $2",
            values![account.provider.as_str(), account.id_there().0.as_str()],
        )
        .await?;
    Ok(row.is_some())
}

/// True when another open event has this key since before keys were claimed: those are compared by opening them.
pub(super) async fn is_old_key(
    session: &mut Session,
    keys: &KeyFile,
    event: EventId,
    account: &Account,
) -> Result<bool, Error> {
    let rows: Vec<AccountRow> = session
        .all(
            "SELECT p.provider, p.profile_id, p.corrected_id, p.environment, p.api_url, p.api_key, p.webhook_secret,
                 p.signature_window_seconds, p.paused_at
             FROM profile_claims c
             JOIN provider_profiles p
                 ON p.event_id = c.event_id AND p.provider = c.provider AND p.profile_id = c.profile_id
             WHERE c.provider = $1 AND c.event_id <> $2 AND c.key_hash IS NULL",
            values![account.provider.as_str(), event],
        )
        .await?;
    for row in rows {
        if row.account(keys)?.api_key.reveal() == account.api_key.reveal() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Most orders that are told of at once.
const MADE_MAX: i64 = 100;

/// The payments that a provider made for orders of the event, which were written in a window, with that moment: the newest first.
///
/// # Errors
/// The database's.
pub async fn made(
    session: &mut Session,
    event: EventId,
    provider: ProviderName,
    window: Window,
) -> Result<Vec<(PaymentId, Timestamp)>, Error> {
    let rows: Vec<(String, Timestamp)> = session
        .all(
            "SELECT payment_id, created_at FROM top_up_orders
             WHERE event_id = $1 AND provider = $2 AND created_at >= $3 AND created_at <= $4
                 AND payment_id IS NOT NULL
             ORDER BY created_at DESC LIMIT $5",
            values![event, provider.as_str(), window.from, window.to, MADE_MAX],
        )
        .await?;
    Ok(rows.into_iter().map(|(payment, at)| (PaymentId(payment), at)).collect())
}

#[derive(FromRow)]
struct AccountRow {
    provider: String,
    profile_id: String,
    corrected_id: Option<String>,
    environment: String,
    api_url: Option<String>,
    api_key: Option<Vec<u8>>,
    webhook_secret: Option<Vec<u8>>,
    signature_window_seconds: Option<i64>,
    paused_at: Option<Timestamp>,
}

impl AccountRow {
    fn account(self, keys: &KeyFile) -> Result<Account, Error> {
        let corrupt = |what: &str| Error::Corrupt(format!("{what} in a provider's account"));
        let provider: ProviderName = word(&self.provider)?;
        let environment: Environment = word(&self.environment)?;
        let opened = |what: &str, sealed: Vec<u8>| {
            let plain = keys.open_sealed(&context(what, provider, &self.profile_id), &sealed);
            let plain = plain.map_err(|_| corrupt("a secret sealed with another key file"))?;
            String::from_utf8(plain).map_err(|_| corrupt("an unreadable secret"))
        };
        let api_key = opened("api key", self.api_key.ok_or_else(|| corrupt("no API key"))?)?;
        let secret = self.webhook_secret.map(|sealed| opened("webhook secret", sealed)).transpose()?;
        let stored = NewAccount {
            environment: Some(environment.as_str().to_owned()),
            api_url: self.api_url,
            api_key,
            webhook_secret: secret,
            signature_window_seconds: self.signature_window_seconds,
            profile_id: self.profile_id,
        };
        let account = Account::check(provider, &stored).map_err(|error| corrupt(&error.to_string()))?;
        let corrected = self.corrected_id.map(ProfileId);
        Ok(Account { corrected, is_paused: self.paused_at.is_some(), ..account })
    }
}

/// The accounts of an event, in the order in which they are asked for a payment.
///
/// # Errors
/// The database's, and a key file that doesn't open the stored keys.
pub async fn all(session: &mut Session, keys: &KeyFile, event: EventId) -> Result<Vec<Account>, Error> {
    let rows: Vec<AccountRow> = session
        .all(
            "SELECT provider, profile_id, corrected_id, environment, api_url, api_key, webhook_secret,
                 signature_window_seconds, paused_at
             FROM provider_profiles WHERE event_id = $1 AND provider <> 'bancontact' ORDER BY position, provider",
            values![event],
        )
        .await?;
    rows.into_iter().map(|row| row.account(keys)).collect()
}

/// An event's account of a provider.
///
/// # Errors
/// As [`all`].
pub async fn one(
    session: &mut Session,
    keys: &KeyFile,
    event: EventId,
    provider: ProviderName,
) -> Result<Option<Account>, Error> {
    Ok(all(session, keys, event).await?.into_iter().find(|account| account.provider == provider))
}

/// Why the last comparison with an account's list failed.
#[derive(Clone, Debug, FromRow)]
pub struct Trouble {
    /// What the provider answered, or that it didn't.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

/// What comparing with an event's list at a provider fails with; nothing where the last comparison succeeded.
///
/// # Errors
/// The database's.
pub async fn trouble(
    session: &mut Session,
    event: EventId,
    provider: ProviderName,
) -> Result<Option<Trouble>, Error> {
    session
        .optional(
            "SELECT problem AS why, problem_at AS at FROM provider_profiles
             WHERE event_id = $1 AND provider = $2 AND problem IS NOT NULL LIMIT 1",
            values![event, provider.as_str()],
        )
        .await
}

/// Keeps what came of comparing with an event's list at a provider. The account may be gone meanwhile.
///
/// # Errors
/// The database's.
pub async fn compared(
    tx: &mut Tx,
    event: EventId,
    provider: ProviderName,
    problem: Option<String>,
    at: Timestamp,
) -> Result<(), Error> {
    let at = problem.is_some().then_some(at);
    tx.execute(
        "UPDATE provider_profiles SET problem = $3, problem_at = $4 WHERE event_id = $1 AND provider = $2",
        values![event, provider.as_str(), problem, at],
    )
    .await?;
    Ok(())
}

/// Where an event's money comes in, of whatever provider.
///
/// # Errors
/// The database's.
pub async fn names(session: &mut Session, event: EventId) -> Result<Vec<(ProviderName, ProfileId)>, Error> {
    let rows: Vec<(String, String)> = session
        .all(
            "SELECT provider, profile_id FROM provider_profiles WHERE event_id = $1 ORDER BY provider, profile_id",
            values![event],
        )
        .await?;
    rows.into_iter().map(|(provider, profile)| Ok((word(&provider)?, ProfileId(profile)))).collect()
}

/// Since when an event has each of its providers, in the order of their names; of an earlier installation nobody wrote it down.
///
/// # Errors
/// The database's.
pub async fn added(
    session: &mut Session,
    event: EventId,
) -> Result<Vec<(ProviderName, Option<Timestamp>)>, Error> {
    let rows: Vec<(String, Option<i64>)> = session
        .all(
            "SELECT provider, MIN(added_at) FROM provider_profiles WHERE event_id = $1 GROUP BY provider ORDER BY provider",
            values![event],
        )
        .await?;
    rows.into_iter().map(|(provider, at)| Ok((word(&provider)?, at.map(Timestamp)))).collect()
}
