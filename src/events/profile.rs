//! A provider's profile serving an event: where its servers are and which key opens them.

use super::{EventError, store};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::ids::EventId;
use crate::providers::bancontact::{Endpoints, Overrides, parse_profile_id};
use crate::providers::{ApiKey, Environment, ProfileId, ProviderName};
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
    /// All that is wrong with its id and its addresses.
    #[must_use]
    pub fn mistakes(&self) -> Vec<EventError> {
        let mut found: Vec<EventError> = self.id().err().into_iter().collect();
        match self.environment() {
            Ok(environment) => found.extend(self.endpoints(environment).err().into_iter().flatten()),
            Err(mistake) => found.push(mistake),
        }
        found
    }

    fn id(&self) -> Result<ProfileId, EventError> {
        let invalid = |why: String| EventError::Invalid { field: "profile_id", why };
        parse_profile_id(&self.profile_id).map_err(|error| invalid(error.to_string()))
    }

    fn environment(&self) -> Result<Environment, EventError> {
        let given = self.environment.as_ref().map(|word| word.parse());
        let read = given.transpose().map_err(|why| EventError::Invalid { field: "environment", why })?;
        Ok(read.unwrap_or_default())
    }

    fn endpoints(&self, environment: Environment) -> Result<Endpoints, Vec<EventError>> {
        let overrides = Overrides {
            api_url: self.api_url.as_deref(),
            key_set_url: self.key_set_url.as_deref(),
            pay_url: self.pay_url.as_deref(),
        };
        Endpoints::of(environment, overrides).map_err(|mistakes| {
            let named =
                |(field, why): (&'static str, _)| EventError::Invalid { field, why: format!("{why}") };
            mistakes.into_iter().map(named).collect()
        })
    }

    /// Checks all of it; the first mistake is named with its field.
    pub(super) fn check(&self, event_id: EventId) -> Result<Profile, EventError> {
        let invalid = |field| move |why: String| EventError::Invalid { field, why };
        let (profile_id, environment) = (self.id()?, self.environment()?);
        let endpoints = self
            .endpoints(environment)
            .map_err(|mistakes| mistakes.into_iter().next().expect("a refusal names a mistake"))?;
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
    /// Writes it, with the claim on it.
    pub(super) async fn write(&self, tx: &mut Tx, keys: &KeyFile, now: Timestamp) -> Result<(), EventError> {
        store::insert_profile(tx, self, self.sealed_api_key(keys), now).await?;
        if !store::claim_profile(tx, self).await? {
            return Err(EventError::ProfileTaken(self.profile_id.clone()));
        }
        Ok(())
    }

    /// The API key as it is stored: sealed under the key file, bound to this profile.
    pub(super) fn sealed_api_key(&self, keys: &KeyFile) -> Option<Vec<u8>> {
        let context = seal_context(&self.profile_id);
        self.api_key.as_ref().map(|key| keys.seal(&context, key.reveal().as_bytes()))
    }
}

pub(super) fn seal_context(profile: &ProfileId) -> String {
    format!("bancontact api key of {profile}")
}
