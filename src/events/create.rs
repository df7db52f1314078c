//! Sets an event up: its rules, its profile and the claim on it, in one transaction.

use super::profile::NewProfile;
use super::top_up_limits::TopUpLimits;
use super::{Behaviour, Event, EventError, Rules, Slug, agreement, plain_text, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::EventId;
use crate::money::Cents;
use crate::secrets::KeyFile;

/// Pages of the console that stand where the pages of a festival of this name would.
const SLUGS_RESERVED: [&str; 7] = ["log", "me", "new", "password", "people", "sign-in", "sign-out"];
/// Longest name of an event or merchant, in characters: it must fit a printed line.
const NAME_CHARS_MAX: usize = 60;
/// Largest amount a printed code can carry, in cents.
const PRINTED_AMOUNT_MAX: Cents = Cents(999_999);
/// Largest balance that can be a maximum, a million euros: more was mistyped, or typed by a scanner.
const BALANCE_MAX: Cents = Cents(100_000_000);

/// What a person says of a new event.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// In addresses.
    pub slug: String,
    /// As printed and shown.
    pub name: String,
    /// Whom the printed line says to pay; the name unless given.
    pub merchant: Option<String>,
    /// What it chooses.
    pub rules: Rules,
    /// The Bancontact profile whose codes are printed. Without one our own page is printed, and an account at another
    /// provider takes the money.
    pub profile: Option<NewProfile>,
}

/// All that is wrong with a new event as far as it can be seen without asking; empty for one that [`create`] takes unless
/// its slug or its profile are taken.
#[must_use]
pub fn mistakes(new: &NewEvent) -> Vec<EventError> {
    let merchant = new.merchant.as_ref().map(|text| plain_text("merchant", text, NAME_CHARS_MAX));
    let found = [
        slug(&new.slug).err(),
        plain_text("name", &new.name, NAME_CHARS_MAX).err(),
        merchant.and_then(Result::err),
    ];
    let rules = mistakes_in_new(&new.rules);
    let profile = new.profile.iter().flat_map(NewProfile::mistakes);
    found.into_iter().flatten().chain(rules).chain(profile).collect()
}

fn slug(text: &str) -> Result<Slug, EventError> {
    let slug: Slug = text.parse().map_err(|why| EventError::Invalid { field: "slug", why })?;
    if SLUGS_RESERVED.contains(&slug.as_str()) {
        let why = format!("{slug} is a page of the console: choose another one");
        return Err(EventError::Invalid { field: "slug", why });
    }
    Ok(slug)
}

/// Checks and writes a new event. A key that somebody enters is tried before, by [`NewEvent::try_key`].
///
/// # Errors
/// [`EventError`] naming the field, the taken slug or the profile that serves another open event.
pub async fn create(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    new: &NewEvent,
) -> Result<Event, EventError> {
    let id = EventId::new();
    let slug = slug(&new.slug)?;
    let name = plain_text("name", &new.name, NAME_CHARS_MAX)?;
    let merchant = match &new.merchant {
        Some(text) => plain_text("merchant", text, NAME_CHARS_MAX)?,
        None => name.clone(),
    };
    first(mistakes_in_new(&new.rules))?;
    let profile = new.profile.as_ref().map(|profile| profile.check(id)).transpose()?;
    let event =
        Event { id, slug, name, merchant, rules: new.rules.clone(), created_at: now, closed_at: None };
    let entry = Entry {
        event: Some(id),
        actor: actor.clone(),
        action: "event created",
        subject: event.slug.to_string(),
        reason: None,
        detail: profile.as_ref().map(|profile| format!("profile {}", profile.profile_id)),
    };
    store
        .transact(|tx| {
            let (keys, event, profile, entry) = (keys.clone(), event.clone(), profile.clone(), entry.clone());
            Box::pin(async move {
                if !store::insert(tx, &event).await? {
                    return Err(EventError::SlugTaken(event.slug));
                }
                if let Some(profile) = &profile {
                    profile.write(tx, &keys, now).await?;
                }
                audit_log::store::write(tx, now, &entry).await?;
                Ok(event)
            })
        })
        .await
}

/// Refused for the first of these, if there are any.
pub(super) fn first(mistakes: Vec<EventError>) -> Result<(), EventError> {
    mistakes.into_iter().next().map_or(Ok(()), Err)
}

fn mistakes_in_new(rules: &Rules) -> Vec<EventError> {
    rule_mistakes(None, rules, TopUpLimits::unless_set(rules))
}

/// All for which rules are refused that would come in the place of those `before`, if there are any, with these limits.
#[must_use]
pub fn rule_mistakes(before: Option<&Rules>, after: &Rules, limits: TopUpLimits) -> Vec<EventError> {
    let mut found = mistakes_in_each(after);
    found.extend(agreement::mistakes(before, after, limits));
    found
}

/// All that is wrong with rules, each by itself or beside the one that bounds it.
fn mistakes_in_each(rules: &Rules) -> Vec<EventError> {
    let mut found = Vec::new();
    let mut invalid = |field, why: &str| found.push(EventError::Invalid { field, why: why.to_owned() });
    match (rules.behaviour, rules.amount) {
        (Behaviour::Defined, Some(_)) => {
            invalid("amount_cents", "behaviour defined prints no amount: leave it out");
        }
        (Behaviour::Modifiable | Behaviour::Fixed, None) => {
            invalid("amount_cents", "behaviours modifiable and fixed need the amount to print");
        }
        (_, Some(amount)) if !amount.is_positive() || amount > PRINTED_AMOUNT_MAX => {
            let why = format!("a printed amount is {} to {PRINTED_AMOUNT_MAX}", Cents(1));
            invalid("amount_cents", &why);
        }
        _ => {}
    }
    if rules.balance_max.is_some_and(|max| !max.is_positive() || max > BALANCE_MAX) {
        let why = format!(
            "a maximum balance is {} to {BALANCE_MAX}; without one a wallet holds any amount",
            Cents(1)
        );
        invalid("balance_max_cents", &why);
    }
    if !rules.charge_min.is_positive() {
        invalid("charge_min_cents", "the smallest charge is € 0,01 at least");
    }
    if rules.charge_max < rules.charge_min {
        invalid("charge_max_cents", "the largest charge can't be below the smallest");
    }
    // What is missing for a charge is topped up with a code that may carry it.
    if rules.charge_max > PRINTED_AMOUNT_MAX {
        invalid("charge_max_cents", &format!("the largest charge is {PRINTED_AMOUNT_MAX} at most"));
    }
    if !rules.single_charge_max.is_positive() {
        invalid("single_charge_max_cents", "the cap per charge is € 0,01 at least");
    }
    if rules.single_window_max < rules.single_charge_max {
        invalid("single_window_max_cents", "the ten-minute cap can't be below the cap per charge");
    }
    if !rules.second_person.is_positive() {
        invalid("second_person_cents", "€ 0,01 at least");
    }
    if !(0..24).contains(&rules.day_cut_hour) {
        invalid("day_cut_hour", "an hour from 0 to 23 is needed");
    }
    found
}
