//! A provider's profile serving an event: where its servers are and which key opens them.

use super::{EventError, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::EventId;
use crate::providers::bancontact::{Endpoints, Environment, Overrides, parse_profile_id};
use crate::providers::{ApiKey, ProfileId, ProviderName};
use crate::secrets::KeyFile;
use std::fmt;

/// What a person says of a profile. `Debug` hides the key.
#[derive(Clone, Default)]
pub struct NewProfile {
    /// The provider's id of it.
    pub profile_id: String,
    /// `production` unless said otherwise.
    pub environment: Option<String>,
    /// In place of the environment's own.
    pub api_url: Option<String>,
    /// In place of the environment's own.
    pub key_set_url: Option<String>,
    /// In place of the environment's own; what printed codes start with.
    pub pay_url: Option<String>,
    /// Needed for details, list and reconciliation; callbacks work without.
    pub api_key: Option<String>,
}

impl fmt::Debug for NewProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewProfile")
            .field("profile_id", &self.profile_id)
            .field("environment", &self.environment)
            .field("api_url", &self.api_url)
            .field("key_set_url", &self.key_set_url)
            .field("pay_url", &self.pay_url)
            .field("has_api_key", &self.api_key.is_some())
            .finish()
    }
}

/// A checked profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Whose event.
    pub event_id: EventId,
    /// Which provider.
    pub provider: ProviderName,
    /// The provider's id of it.
    pub profile_id: ProfileId,
    /// Which of the provider's environments.
    pub environment: Environment,
    /// Where its servers are.
    pub endpoints: Endpoints,
    /// The overrides as they were given: API, key set, pay.
    pub overrides: [Option<String>; 3],
    /// Opens details and list.
    pub api_key: Option<ApiKey>,
}

impl NewProfile {
    /// Checks all of it; the first mistake is named with its field.
    pub(super) fn check(&self, event_id: EventId) -> Result<Profile, EventError> {
        let invalid = |field| move |why: String| EventError::Invalid { field, why };
        let profile_id = parse_profile_id(&self.profile_id)
            .map_err(|error| EventError::Invalid { field: "profile_id", why: error.to_string() })?;
        let environment = match &self.environment {
            Some(word) => word.parse().map_err(invalid("environment"))?,
            None => Environment::default(),
        };
        let endpoints = Endpoints::of(
            environment,
            Overrides {
                api_url: self.api_url.as_deref(),
                key_set_url: self.key_set_url.as_deref(),
                pay_url: self.pay_url.as_deref(),
            },
        )
        .map_err(|mistakes| {
            let (field, why) = mistakes.into_iter().next().expect("a refusal names a mistake");
            EventError::Invalid { field, why: why.to_string() }
        })?;
        let api_key = match &self.api_key {
            Some(text) => Some(ApiKey::parse(text.trim()).map_err(|e| invalid("api_key")(e.to_string()))?),
            None => None,
        };
        Ok(Profile {
            event_id,
            provider: ProviderName::Bancontact,
            profile_id,
            environment,
            endpoints,
            overrides: [self.api_url.clone(), self.key_set_url.clone(), self.pay_url.clone()],
            api_key,
        })
    }
}

impl Profile {
    /// The API key as it is stored: sealed under the key file, bound to this profile.
    pub(super) fn sealed_api_key(&self, keys: &KeyFile) -> Option<Vec<u8>> {
        let context = seal_context(&self.profile_id);
        self.api_key.as_ref().map(|key| keys.seal(&context, key.reveal().as_bytes()))
    }
}

pub(super) fn seal_context(profile: &ProfileId) -> String {
    format!("bancontact api key of {profile}")
}

/// What is to change about the profile of an event; what is `None` stays. `Debug` hides the key.
#[derive(Clone, Default)]
pub struct ProfileChange {
    /// Opens details and list from now on.
    pub api_key: Option<String>,
    /// Where the API is.
    pub api_url: Option<String>,
    /// Where the key set is.
    pub key_set_url: Option<String>,
}

impl fmt::Debug for ProfileChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileChange")
            .field("has_api_key", &self.api_key.is_some())
            .field("api_url", &self.api_url)
            .field("key_set_url", &self.key_set_url)
            .finish()
    }
}

/// Gives an event's profile a new API key or other addresses (a renewed key, a proxy that moved). What new codes
/// start with stays as it is: that is printed. A closed event's may change too: money that comes late is still looked
/// for at its provider.
///
/// # Errors
/// [`EventError::Unknown`], [`EventError::Invalid`] naming the field, or the database's.
pub async fn change_profile(
    store: &Store,
    keys: &KeyFile,
    actor: &Actor,
    now: Timestamp,
    slug: &str,
    change: &ProfileChange,
) -> Result<(), EventError> {
    store
        .transact(|tx| {
            let (keys, actor, slug, change) = (keys.clone(), actor.clone(), slug.to_owned(), change.clone());
            Box::pin(async move {
                let event = store::by_slug(tx, &slug).await?.ok_or(EventError::Unknown(slug))?;
                for profile in store::profiles(tx, &keys, event.id).await? {
                    let changed = profile.changed(&change)?;
                    let sealed_key = changed.sealed_api_key(&keys);
                    store::update_profile(tx, &changed, sealed_key).await?;
                    let mut entry =
                        Entry::new(&actor, "event profile changed", changed.profile_id.to_string());
                    entry.event = Some(event.id);
                    audit_log::store::write(tx, now, &entry).await?;
                }
                Ok(())
            })
        })
        .await
}

impl Profile {
    fn changed(&self, change: &ProfileChange) -> Result<Profile, EventError> {
        let [api_url, key_set_url, pay_url] = self.overrides.clone();
        NewProfile {
            profile_id: self.profile_id.0.clone(),
            environment: Some(self.environment.as_str().to_owned()),
            api_url: change.api_url.clone().or(api_url),
            key_set_url: change.key_set_url.clone().or(key_set_url),
            pay_url,
            api_key: change
                .api_key
                .clone()
                .or_else(|| self.api_key.as_ref().map(|key| key.reveal().to_owned())),
        }
        .check(self.event_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{NewEvent, Rules};

    #[test]
    fn debug_shows_no_api_key() {
        let api_key = Some("1b3d-secret".to_owned());
        let profile = NewProfile { api_key: api_key.clone(), ..NewProfile::default() };
        let change = ProfileChange { api_key, ..ProfileChange::default() };
        let event = NewEvent {
            slug: "summer".to_owned(),
            name: "Summer".to_owned(),
            merchant: None,
            rules: Rules::default(),
            profile: profile.clone(),
        };
        for shown in [format!("{profile:?}"), format!("{change:?}"), format!("{event:?}")] {
            assert!(shown.contains("has_api_key: true") && !shown.contains("secret"), "{shown}");
        }
    }
}
