//! Events in the database.

pub(crate) use super::points_of_sale::store::hold as hold_point_of_sale;
pub use super::points_of_sale::store::{
    POINTS_OF_SALE_MAX, named_in_any_case, point_of_sale, point_of_sale_named, points_of_sale, vendor,
    vendor_named, vendors_after, with_bar_named,
};
use super::profile::seal_context;
use super::{Event, Profile, Rules};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value, all_written};
use crate::ids::{EventId, VendorId};
use crate::language::Language;
use crate::money::Cents;
use crate::providers::bancontact::{Endpoints, Overrides};
use crate::providers::{ApiKey, Environment, ProfileId, ProviderName};
use crate::secrets::KeyFile;
use crate::values;
use sqlx::FromRow;
use std::str::FromStr;
use uuid::Uuid;

#[derive(FromRow)]
struct EventRow {
    id: EventId,
    slug: String,
    name: String,
    merchant: String,
    behaviour: String,
    amount_cents: Option<i64>,
    codes: String,
    counterfeit: String,
    activation: String,
    balance_max_cents: Option<i64>,
    over_balance: String,
    charge_min_cents: Cents,
    charge_max_cents: Cents,
    single_charge_max_cents: Cents,
    single_window_max_cents: Cents,
    second_person_cents: Cents,
    day_cut_hour: i64,
    visitor_language: String,
    till_language: Option<String>,
    created_at: Timestamp,
    closed_at: Option<i64>,
}

/// Reads a stored word back; anything else was not written by this program.
pub(crate) fn word<T: FromStr<Err = String>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(Error::Corrupt)
}

impl EventRow {
    fn event(self) -> Result<Event, Error> {
        let day_cut_hour = i8::try_from(self.day_cut_hour);
        Ok(Event {
            id: self.id,
            slug: word(&self.slug)?,
            name: self.name,
            merchant: self.merchant,
            rules: Rules {
                behaviour: word(&self.behaviour)?,
                amount: self.amount_cents.map(Cents),
                codes: word(&self.codes)?,
                counterfeit: word(&self.counterfeit)?,
                activation: word(&self.activation)?,
                balance_max: self.balance_max_cents.map(Cents),
                over_balance: word(&self.over_balance)?,
                charge_min: self.charge_min_cents,
                charge_max: self.charge_max_cents,
                single_charge_max: self.single_charge_max_cents,
                single_window_max: self.single_window_max_cents,
                second_person: self.second_person_cents,
                day_cut_hour: day_cut_hour.map_err(|_| Error::Corrupt("an hour that is none".to_owned()))?,
                visitor_language: word(&self.visitor_language)?,
                till_language: self.till_language.as_deref().map(word).transpose()?,
            },
            created_at: self.created_at,
            closed_at: self.closed_at.map(Timestamp),
        })
    }
}

/// Writes a new event; false when its slug is taken.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut Tx, event: &Event) -> Result<bool, Error> {
    let rules = &event.rules;
    let written = tx
        .execute(
            "INSERT INTO events (id, slug, name, merchant, behaviour, amount_cents, codes, counterfeit, activation,
                 balance_max_cents, over_balance, charge_min_cents, charge_max_cents, single_charge_max_cents,
                 single_window_max_cents, second_person_cents, day_cut_hour, visitor_language, till_language,
                 created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
             ON CONFLICT DO NOTHING",
            values![
                event.id,
                event.slug.as_str(),
                event.name.as_str(),
                event.merchant.as_str(),
                rules.behaviour,
                rules.amount,
                rules.codes,
                rules.counterfeit,
                rules.activation,
                rules.balance_max,
                rules.over_balance,
                rules.charge_min,
                rules.charge_max,
                rules.single_charge_max,
                rules.single_window_max,
                rules.second_person,
                i64::from(rules.day_cut_hour),
                rules.visitor_language,
                rules.till_language.map(Language::as_str),
                event.created_at,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// The event with this slug.
///
/// # Errors
/// The database's.
pub async fn by_slug(session: &mut Session, slug: &str) -> Result<Option<Event>, Error> {
    let row: Option<EventRow> = session
        .optional(
            "SELECT id, slug, name, merchant, behaviour, amount_cents, codes, counterfeit, activation,
                 balance_max_cents, over_balance, charge_min_cents, charge_max_cents, single_charge_max_cents,
                 single_window_max_cents, second_person_cents, day_cut_hour, visitor_language, till_language,
                 created_at, closed_at
             FROM events WHERE slug = $1",
            values![slug],
        )
        .await?;
    row.map(EventRow::event).transpose()
}

/// The events with these ids.
///
/// # Errors
/// The database's.
pub async fn by_ids(
    session: &mut Session,
    ids: impl IntoIterator<Item = EventId>,
) -> Result<Vec<Event>, Error> {
    let rows: Vec<EventRow> = session
        .all_rows(
            "SELECT e.id, e.slug, e.name, e.merchant, e.behaviour, e.amount_cents, e.codes, e.counterfeit,
                 e.activation, e.balance_max_cents, e.over_balance, e.charge_min_cents, e.charge_max_cents,
                 e.single_charge_max_cents, e.single_window_max_cents, e.second_person_cents, e.day_cut_hour,
                 e.visitor_language, e.till_language, e.created_at, e.closed_at
             FROM {rows} JOIN events e ON e.id = r.id",
            Rows::new(["id"], ids.into_iter().map(|id| [Value::from(id)])),
        )
        .await?;
    rows.into_iter().map(EventRow::event).collect()
}

/// Events the service looks after, and lists where a list has no pages. An organiser has dozens.
pub const EVENTS_MAX: i64 = 1_000;

/// Events, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// The database's.
pub async fn list(session: &mut Session, after: Option<EventId>, limit: i64) -> Result<Vec<Event>, Error> {
    let rows: Vec<EventRow> = session
        .all(
            "SELECT id, slug, name, merchant, behaviour, amount_cents, codes, counterfeit, activation,
                 balance_max_cents, over_balance, charge_min_cents, charge_max_cents, single_charge_max_cents,
                 single_window_max_cents, second_person_cents, day_cut_hour, visitor_language, till_language,
                 created_at, closed_at
             FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2",
            values![after.map_or(Uuid::max(), |event| event.0), limit],
        )
        .await?;
    rows.into_iter().map(EventRow::event).collect()
}

/// Marks an open event closed; false when it was closed before.
///
/// # Errors
/// The database's.
pub async fn close(tx: &mut Tx, event: EventId, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute("UPDATE events SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", values![event, now])
        .await?;
    Ok(written == 1)
}

/// Writes a profile with its sealed API key.
///
/// # Errors
/// The database's.
pub async fn insert_profile(
    tx: &mut Tx,
    profile: &Profile,
    sealed_key: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<(), Error> {
    let [api_url, key_set_url, pay_url] = profile.overrides.clone();
    tx.execute(
        "INSERT INTO provider_profiles
             (event_id, provider, profile_id, environment, api_url, key_set_url, pay_url, api_key, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            profile.event_id,
            profile.provider.as_str(),
            profile.profile_id.0.as_str(),
            profile.environment.as_str(),
            api_url,
            key_set_url,
            pay_url,
            sealed_key,
            now,
        ],
    )
    .await?;
    Ok(())
}

/// Points a profile at other servers and another key (a sandbox that moved, a renewed key).
///
/// # Errors
/// A lost race when the event has no such profile; the database's.
pub async fn update_profile(
    tx: &mut Tx,
    profile: &Profile,
    sealed_key: Option<Vec<u8>>,
) -> Result<(), Error> {
    let [api_url, key_set_url, pay_url] = profile.overrides.clone();
    let written = tx
        .execute(
            "UPDATE provider_profiles
         SET environment = $4, api_url = $5, key_set_url = $6, pay_url = $7, api_key = $8
         WHERE event_id = $1 AND provider = $2 AND profile_id = $3",
            values![
                profile.event_id,
                profile.provider.as_str(),
                profile.profile_id.0.as_str(),
                profile.environment.as_str(),
                api_url,
                key_set_url,
                pay_url,
                sealed_key,
            ],
        )
        .await?;
    all_written(written, 1, "profile")
}

/// Claims a profile for an open event; false when another open event has it.
///
/// # Errors
/// The database's.
pub async fn claim_profile(tx: &mut Tx, profile: &Profile) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO profile_claims (provider, profile_id, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            values![profile.provider.as_str(), profile.profile_id.0.as_str(), profile.event_id],
        )
        .await?;
    Ok(written == 1)
}

/// Gives an event's profiles free for the next one.
///
/// # Errors
/// The database's.
pub async fn release_profiles(tx: &mut Tx, event: EventId) -> Result<(), Error> {
    tx.execute("DELETE FROM profile_claims WHERE event_id = $1", values![event]).await?;
    Ok(())
}

#[derive(FromRow)]
struct ProfileRow {
    event_id: EventId,
    provider: String,
    profile_id: String,
    environment: String,
    api_url: Option<String>,
    key_set_url: Option<String>,
    pay_url: Option<String>,
    api_key: Option<Vec<u8>>,
}

impl ProfileRow {
    fn profile(self, keys: &KeyFile) -> Result<Profile, Error> {
        let corrupt = |what: &str| Error::Corrupt(format!("{what} in a provider's profile"));
        let provider: ProviderName = word(&self.provider)?;
        let environment: Environment = word(&self.environment)?;
        let endpoints = Endpoints::of(
            environment,
            Overrides {
                api_url: self.api_url.as_deref(),
                key_set_url: self.key_set_url.as_deref(),
                pay_url: self.pay_url.as_deref(),
            },
        )
        .map_err(|_| corrupt("an address that is none"))?;
        let profile_id = ProfileId(self.profile_id);
        let api_key = match self.api_key {
            None => None,
            Some(sealed) => {
                let plain = keys
                    .open_sealed(&seal_context(&profile_id), &sealed)
                    .map_err(|_| corrupt("an API key sealed with another key file"))?;
                let text = String::from_utf8(plain).map_err(|_| corrupt("an unreadable API key"))?;
                Some(ApiKey::parse(&text).map_err(|_| corrupt("an unreadable API key"))?)
            }
        };
        Ok(Profile {
            event_id: self.event_id,
            provider,
            profile_id,
            environment,
            endpoints,
            overrides: [self.api_url, self.key_set_url, self.pay_url],
            api_key,
        })
    }
}

/// The profile whose codes an event prints. Accounts of providers that make payments are `accounts`'.
///
/// # Errors
/// The database's, and a key file that doesn't open the stored key.
pub async fn profiles(session: &mut Session, keys: &KeyFile, event: EventId) -> Result<Vec<Profile>, Error> {
    let rows: Vec<ProfileRow> = session
        .all(
            "SELECT event_id, provider, profile_id, environment, api_url, key_set_url, pay_url, api_key
             FROM provider_profiles WHERE event_id = $1 AND provider = 'bancontact' ORDER BY profile_id",
            values![event],
        )
        .await?;
    rows.into_iter().map(|row| row.profile(keys)).collect()
}

/// The vendor of this name, made if new.
///
/// # Errors
/// The database's.
pub(super) async fn vendor_for(tx: &mut Tx, event: EventId, name: &str) -> Result<VendorId, Error> {
    tx.execute(
        "INSERT INTO vendors (event_id, id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        values![event, VendorId::new(), name],
    )
    .await?;
    let row: Option<(VendorId,)> =
        tx.optional("SELECT id FROM vendors WHERE event_id = $1 AND name = $2", values![event, name]).await?;
    // Renamed between the two statements.
    row.map(|(id,)| id).ok_or(Error::LostRace("vendor"))
}

/// All vendors of an event with their names.
///
/// # Errors
/// The database's.
pub async fn vendors(session: &mut Session, event: EventId) -> Result<Vec<(VendorId, String)>, Error> {
    session.all("SELECT id, name FROM vendors WHERE event_id = $1 ORDER BY name", values![event]).await
}

/// Keeps an event open until this transaction ends; false when it is closed.
pub(crate) async fn hold_open(tx: &mut Tx, event: EventId) -> Result<bool, Error> {
    let held = tx
        .execute(
            "UPDATE events SET closed_at = closed_at WHERE id = $1 AND closed_at IS NULL",
            values![event],
        )
        .await?;
    Ok(held == 1)
}
