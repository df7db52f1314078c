//! Gives an event's profile a new key or other addresses.

use super::profile::{NewProfile, Profile};
use super::{EventError, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use std::fmt;

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
/// for at its provider. A key that somebody enters is tried before, by [`super::try_change`].
///
/// # Errors
/// [`EventError::Unknown`], [`EventError::NoAccount`], [`EventError::Invalid`] naming the field, or the database's.
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
                let profiles = store::profiles(tx, &keys, event.id).await?;
                if profiles.is_empty() {
                    return Err(EventError::NoAccount(ProviderName::Bancontact));
                }
                for profile in profiles {
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
    /// The profile as it is after a change.
    ///
    /// # Errors
    /// [`EventError::Invalid`] naming the field.
    pub fn changed(&self, change: &ProfileChange) -> Result<Profile, EventError> {
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
            profile: Some(profile.clone()),
        };
        for shown in [format!("{profile:?}"), format!("{change:?}"), format!("{event:?}")] {
            assert!(shown.contains("has_api_key: true") && !shown.contains("secret"), "{shown}");
        }
    }
}
