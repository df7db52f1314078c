//! Asks Bancontact with a profile's API key before it is kept, so that a wrong one is found by whoever enters it.
//!
//! A key that the provider refuses is not kept. One that nobody can judge now is: callbacks need no key, and an event is
//! set up without a network, too. Whoever entered it is told.

use super::{Event, EventError, NewEvent, NewProfile, Profile, ProfileChange, mistakes, store};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::EventId;
use crate::providers::bancontact::{Bancontact, KeyError, Settings};
use crate::providers::{Connections, ProviderName, Window};
use crate::secrets::KeyFile;
use std::time::Duration;

/// The payments of so long are asked for.
const LOOKED_AT: Duration = Duration::from_hours(24);
/// Somebody waits for the answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// What came of trying a key that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyTrial {
    /// There is none, and nobody was asked.
    NoKey,
    /// The provider takes it, and lists so many payments of the last day.
    Taken(u64),
    /// The provider can't be asked, or says neither yes nor no: what happened.
    Unknown(String),
}

impl KeyTrial {
    /// What to tell whoever entered a key that is kept without the provider's word.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        match self {
            KeyTrial::Unknown(why) => {
                Some(format!("The API key is kept, but has not been seen to work: {why}"))
            }
            KeyTrial::NoKey | KeyTrial::Taken(_) => None,
        }
    }
}

impl NewEvent {
    /// Tries the key of its profile, once nothing else is seen to be wrong.
    ///
    /// # Errors
    /// [`EventError::Invalid`] naming the field, [`EventError::NotTaken`].
    pub async fn try_key(&self, connections: &Connections, now: Timestamp) -> Result<KeyTrial, EventError> {
        if let Some(mistake) = mistakes(self).into_iter().next() {
            return Err(mistake);
        }
        match &self.profile {
            Some(profile) => profile.try_key(connections, now).await,
            None => Ok(KeyTrial::NoKey),
        }
    }
}

impl NewProfile {
    /// Tries its key. A sandbox on this machine doesn't refuse a new profile's: it is told of the profile with the callback
    /// address, which the event has once it is there.
    ///
    /// # Errors
    /// [`EventError::Invalid`] naming the field, [`EventError::NotTaken`].
    pub async fn try_key(&self, connections: &Connections, now: Timestamp) -> Result<KeyTrial, EventError> {
        let profile = self.check(EventId::new())?;
        match profile.try_key(connections, now).await {
            Err(EventError::NotTaken { why, .. }) if profile.endpoints.api.is_plain_http() => {
                Ok(KeyTrial::Unknown(why))
            }
            tried => tried,
        }
    }
}

impl Profile {
    async fn try_key(&self, connections: &Connections, now: Timestamp) -> Result<KeyTrial, EventError> {
        if self.api_key.is_none() {
            return Ok(KeyTrial::NoKey);
        }
        let settings = Settings {
            profile: self.profile_id.clone(),
            endpoints: self.endpoints.clone(),
            callback_url: String::new(),
            api_key: self.api_key.clone(),
        };
        let adapter = Bancontact::new(settings, connections);
        let window = Window { from: now.before(LOOKED_AT), to: now };
        match tokio::time::timeout(ANSWER_TIME_MAX, adapter.try_key(window, now)).await {
            Ok(Ok(payments)) => Ok(KeyTrial::Taken(payments)),
            Ok(Err(KeyError::Refused { why })) => Err(EventError::NotTaken { provider: self.provider, why }),
            Ok(Err(KeyError::Unknown { why })) => Ok(KeyTrial::Unknown(why)),
            Err(_) => {
                let (api, seconds) = (&self.endpoints.api, ANSWER_TIME_MAX.as_secs());
                Ok(KeyTrial::Unknown(format!("{api} did not answer within {seconds} seconds")))
            }
        }
    }
}

/// Tries the key of an event's profile as it is after a change. Nothing is changed.
///
/// # Errors
/// [`EventError::NoAccount`], [`EventError::Invalid`] naming the field, [`EventError::NotTaken`], or the database's.
pub async fn try_change(
    store: &Store,
    keys: &KeyFile,
    connections: &Connections,
    now: Timestamp,
    (event, change): (&Event, &ProfileChange),
) -> Result<KeyTrial, EventError> {
    let profiles = store::profiles(&mut *store.read().await?, keys, event.id).await?;
    let profile = profiles.into_iter().next().ok_or(EventError::NoAccount(ProviderName::Bancontact))?;
    profile.changed(change)?.try_key(connections, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit_log::Actor;
    use crate::db::testing::on_both_engines;
    use crate::events::{Rules, create};
    use crate::providers::test_server::{Reply, TestServer};
    use serde_json::json;

    const KEY: &str = "1b3d-secret";
    const NOW: Timestamp = Timestamp(1_782_000_000_000_000);

    /// A bank with no payments.
    async fn bank() -> TestServer {
        TestServer::answering(Reply::json(json!({"details": [], "totalElements": 0, "totalPages": 0}))).await
    }

    fn profile(api_url: impl ToString) -> NewProfile {
        NewProfile {
            profile_id: "5c18cbd1296e9a26d3278518".to_owned(),
            api_url: Some(api_url.to_string()),
            api_key: Some(KEY.to_owned()),
            ..NewProfile::default()
        }
    }

    fn event(profile: Option<NewProfile>) -> NewEvent {
        let (slug, name) = ("summer".to_owned(), "Summer".to_owned());
        NewEvent { slug, name, merchant: None, rules: Rules::default(), profile }
    }

    async fn tries_new(new: &NewProfile) -> Result<KeyTrial, EventError> {
        new.try_key(&Connections::new(), NOW).await
    }

    async fn tries_kept(new: &NewProfile) -> Result<KeyTrial, EventError> {
        new.check(EventId::new())?.try_key(&Connections::new(), NOW).await
    }

    #[tokio::test]
    async fn a_key_that_is_refused_is_told_from_one_that_nobody_can_judge() {
        let bank = bank().await;
        let new = profile(&bank.url);
        assert_eq!(tries_new(&new).await.unwrap(), KeyTrial::Taken(0));
        assert_eq!(tries_kept(&new).await.unwrap(), KeyTrial::Taken(0));
        for status in [401, 403] {
            bank.answers([Reply::status(status, "")]);
            let refused = tries_kept(&new).await.unwrap_err();
            assert!(matches!(refused, EventError::NotTaken { .. }), "{refused}");
            assert!(!refused.to_string().contains(KEY), "{refused}");
            let doubt = tries_new(&new).await.unwrap().doubt().unwrap();
            assert!(doubt.contains(&status.to_string()), "a sandbox may hear of the profile later: {doubt}");
        }
        for reply in [Reply::status(503, ""), Reply::status(404, ""), Reply::json("hello")] {
            bank.answers([reply]);
            for trial in [tries_new(&new).await, tries_kept(&new).await] {
                assert!(matches!(trial, Ok(KeyTrial::Unknown(_))), "{trial:?}");
            }
        }
        let doubt = tries_kept(&profile("http://127.0.0.1:9")).await.unwrap().doubt().unwrap();
        assert!(doubt.contains("can't be reached"), "{doubt}");
    }

    #[tokio::test]
    async fn nobody_is_asked_without_a_key_or_while_something_else_is_wrong() {
        let bank = bank().await;
        let without = NewProfile { api_key: None, ..profile(&bank.url) };
        assert_eq!(tries_new(&without).await.unwrap(), KeyTrial::NoKey);
        let connections = Connections::new();
        assert_eq!(event(None).try_key(&connections, NOW).await.unwrap(), KeyTrial::NoKey);
        let wrong = NewEvent { slug: "Summer".to_owned(), ..event(Some(profile(&bank.url))) };
        let refused = wrong.try_key(&connections, NOW).await.unwrap_err();
        assert!(matches!(refused, EventError::Invalid { field: "slug", .. }), "{refused}");
        assert!(bank.asked().is_empty());
        let right = event(Some(profile(&bank.url)));
        assert_eq!(right.try_key(&connections, NOW).await.unwrap(), KeyTrial::Taken(0));
    }

    #[tokio::test]
    async fn a_change_is_tried_with_its_own_key_and_changes_nothing() {
        on_both_engines(async |store| {
            let (keys, actor) = (KeyFile::from_secret([7; 32]), Actor::System("test"));
            let (bank, connections) = (bank().await, Connections::new());
            let new = event(Some(profile(&bank.url)));
            let made = create(&store, &keys, &actor, NOW, &new).await.unwrap();
            let change = ProfileChange { api_key: Some("1b3d-next".to_owned()), ..ProfileChange::default() };
            let trial = try_change(&store, &keys, &connections, NOW, (&made, &change)).await.unwrap();
            assert_eq!(trial, KeyTrial::Taken(0));
            assert_eq!(bank.asked()[0].headers["authorization"], "Bearer 1b3d-next");
            bank.answers([Reply::status(401, "")]);
            let refused = try_change(&store, &keys, &connections, NOW, (&made, &change)).await.unwrap_err();
            assert!(matches!(refused, EventError::NotTaken { .. }), "{refused}");
            let kept = store::profiles(&mut store.read().await.unwrap(), &keys, made.id).await.unwrap();
            assert_eq!(kept[0].api_key.as_ref().unwrap().reveal(), KEY);
            let bare = NewEvent { slug: "autumn".to_owned(), ..event(None) };
            let bare = create(&store, &keys, &actor, NOW, &bare).await.unwrap();
            let none = try_change(&store, &keys, &connections, NOW, (&bare, &change)).await;
            assert!(matches!(none, Err(EventError::NoAccount(ProviderName::Bancontact))), "{none:?}");
        })
        .await;
    }
}
