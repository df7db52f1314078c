//! What an event says of a provider that makes one payment for each top-up.

use super::{ApiKey, Environment, ProfileId, ProviderName, ServiceUrl};
use std::fmt;
use std::time::Duration;

/// Longest time a signed callback may be on its way: WooshPay comes again for 72 hours, and it is not known whether it
/// signs again each time.
pub const SIGNATURE_WINDOW_MAX: Duration = Duration::from_secs(76 * 3600);

/// What a person says of an account. `Debug` hides the secrets.
#[derive(Clone, Default)]
pub struct NewAccount {
    /// The provider's id of it.
    pub profile_id: String,
    /// `production` unless said otherwise; `live` and `test` are understood.
    pub environment: Option<String>,
    /// In place of the environment's own.
    pub api_url: Option<String>,
    /// Opens the provider's API. MultiSafepay signs with it, too.
    pub api_key: String,
    /// What WooshPay signs its callbacks with.
    pub webhook_secret: Option<String>,
    /// How old a callback's signature may be, in seconds; the provider's usual unless given.
    pub signature_window_seconds: Option<i64>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("profile_id", &self.profile_id)
            .field("environment", &self.environment)
            .field("api_url", &self.api_url)
            .field("has_webhook_secret", &self.webhook_secret.is_some())
            .field("signature_window_seconds", &self.signature_window_seconds)
            .finish_non_exhaustive()
    }
}

impl NewAccount {
    /// All for which it would be refused before the provider is asked, in the order of its fields.
    #[must_use]
    pub fn mistakes(&self, provider: ProviderName) -> Vec<AccountError> {
        Account::read(provider, self).err().unwrap_or_default()
    }

    fn environment(&self) -> Result<Environment, String> {
        match self.environment.as_deref() {
            None | Some("live") => Ok(Environment::Production),
            Some("test") => Ok(Environment::Preprod),
            Some(word) => {
                word.parse().map_err(|_| format!("{word:?} is not an environment: choose live or test"))
            }
        }
    }
}

/// A checked account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where.
    pub provider: ProviderName,
    /// The provider's id of it, as it was entered: orders, payments and the books know it by this one.
    pub profile: ProfileId,
    /// Its id at the provider, where another one was entered and that was found when orders knew it already.
    pub corrected: Option<ProfileId>,
    /// Which of the provider's environments.
    pub environment: Environment,
    /// Where its API is.
    pub api: ServiceUrl,
    /// The override of it, as it was given.
    pub api_url: Option<String>,
    /// Opens it.
    pub api_key: ApiKey,
    /// What its callbacks are signed with, where that is not the key.
    pub webhook_secret: Option<ApiKey>,
    /// How old a callback's signature may be.
    pub signature_window: Duration,
    /// Nothing new is made there. What was made is still heard of, looked up and refunded.
    pub is_paused: bool,
}

/// Why an account can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct AccountError {
    /// Which field of [`NewAccount`].
    pub field: &'static str,
    /// What would be right.
    pub why: String,
}

/// What is particular to a provider's accounts.
pub(in crate::providers) struct AccountRules {
    /// What the id of a profile is called there.
    pub(in crate::providers) profile_id_is: &'static str,
    /// Says what an id of a profile looks like, where this is none.
    pub(in crate::providers) profile_id: fn(&str) -> Result<(), String>,
    /// What the key is called there.
    pub(in crate::providers) api_key_is: &'static str,
    /// Says what is wrong with a key for an environment.
    pub(in crate::providers) api_key: fn(&str, Environment) -> Result<(), String>,
    /// Where the API of an environment is.
    pub(in crate::providers) api: fn(Environment) -> &'static str,
    /// Of which events a webhook has to be made there; its own secret signs them. `None` where the provider is told our
    /// address with each order, and signs with the key.
    pub(in crate::providers) webhook_events: Option<&'static str>,
    /// Says what a text is that can't be a webhook's secret.
    pub(in crate::providers) webhook_secret: fn(&str) -> Result<(), String>,
    /// Says what the provider would not take of the address it is to notify.
    pub(in crate::providers) callback_url: fn(&str) -> Result<(), String>,
    /// How old a signature may be unless the account says otherwise.
    pub(in crate::providers) signature_window: Duration,
    /// The list names the account of each payment, so that a wrong id shows with the first order.
    pub(in crate::providers) list_names_it: bool,
}

impl AccountRules {
    /// The key, as far as it can be told where its environment is not known.
    fn read_key(&self, text: &str, environment: Option<Environment>) -> Result<ApiKey, String> {
        if text.trim().is_empty() {
            return Err(format!("it is missing: {} opens the account", self.api_key_is));
        }
        let key = ApiKey::parse(text).map_err(|error| error.to_string())?;
        environment.map_or(Ok(()), |environment| (self.api_key)(key.reveal(), environment))?;
        Ok(key)
    }

    fn read_secret(&self, provider: ProviderName, new: &NewAccount) -> Result<Option<ApiKey>, String> {
        let given = new.webhook_secret.as_deref().map(str::trim).filter(|secret| !secret.is_empty());
        match (self.webhook_events.is_some(), given) {
            (true, Some(secret)) => {
                (self.webhook_secret)(secret)?;
                let read = ApiKey::parse(secret).map(Some);
                read.map_err(|error| error.to_string().replace("an API key", "a webhook's secret"))
            }
            (false, None) => Ok(None),
            (true, None) => {
                Err("callbacks are signed with it: it is shown where the webhook is made".to_owned())
            }
            (false, Some(_)) => Err(format!("{} signs with the API key and has no other", provider.title())),
        }
    }

    fn read_window(&self, seconds: Option<i64>) -> Result<Duration, String> {
        let Some(seconds) = seconds else { return Ok(self.signature_window) };
        let window = u64::try_from(seconds).ok().map(Duration::from_secs);
        let window = window.filter(|w| (Duration::from_secs(60)..=SIGNATURE_WINDOW_MAX).contains(w));
        window.ok_or_else(|| format!("60 to {} seconds", SIGNATURE_WINDOW_MAX.as_secs()))
    }
}

/// What is wrong, field by field.
struct Mistakes(Vec<AccountError>);

impl Mistakes {
    /// What was read of a field; otherwise its mistake is noted.
    fn of<T>(&mut self, field: &'static str, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.0.push(AccountError { field, why })).ok()
    }
}

impl Account {
    /// Its id at the provider: what is asked for there, shown and corrected.
    #[must_use]
    pub fn id_there(&self) -> &ProfileId {
        self.corrected.as_ref().unwrap_or(&self.profile)
    }

    /// The id that was entered, where it was corrected later.
    #[must_use]
    pub fn entered_as(&self) -> Option<&ProfileId> {
        self.corrected.as_ref().map(|_| &self.profile)
    }

    /// The same, known by the id that it was entered with; its own is what the provider calls it.
    #[must_use]
    pub fn known_as(self, entered: &ProfileId) -> Account {
        let corrected = Some(self.profile).filter(|profile| profile != entered);
        Account { profile: entered.clone(), corrected, ..self }
    }

    /// Checks what a person says.
    ///
    /// # Errors
    /// The first of its [mistakes](NewAccount::mistakes).
    pub fn check(provider: ProviderName, new: &NewAccount) -> Result<Account, AccountError> {
        Account::read(provider, new).map_err(|mut all| all.swap_remove(0))
    }

    /// Reads what a person says, or all that is wrong with it: never an empty list.
    fn read(provider: ProviderName, new: &NewAccount) -> Result<Account, Vec<AccountError>> {
        let Some(rules) = provider.facts().account.as_ref() else {
            let why = format!(
                "{}'s codes are printed: it is set up with the event, or later in the console under Provider",
                provider.title()
            );
            return Err(vec![AccountError { field: "provider", why }]);
        };
        let mut mistakes = Mistakes(Vec::new());
        let environment = mistakes.of("environment", new.environment());
        let profile = new.profile_id.trim();
        let fits = mistakes.of("profile_id", (rules.profile_id)(profile));
        let api_key = mistakes.of("api_key", rules.read_key(&new.api_key, environment));
        let webhook_secret = mistakes.of("webhook_secret", rules.read_secret(provider, new));
        let api = new.api_url.as_deref().or(environment.map(rules.api)).map(ServiceUrl::parse).transpose();
        let api = mistakes.of("api_url", api.map_err(|error| error.to_string())).flatten();
        let window = mistakes.of("signature_window_seconds", rules.read_window(new.signature_window_seconds));
        match (environment, fits, api_key, webhook_secret, api, window) {
            (Some(environment), Some(()), Some(api_key), Some(webhook_secret), Some(api), Some(window)) => {
                Ok(Account {
                    provider,
                    profile: ProfileId(profile.to_owned()),
                    corrected: None,
                    environment,
                    api,
                    api_url: new.api_url.clone(),
                    api_key,
                    webhook_secret,
                    signature_window: window,
                    is_paused: false,
                })
            }
            _ => Err(mistakes.0),
        }
    }

    /// Says what the provider would not take of the address it is to notify. What stands in for the provider's own API, a
    /// sandbox, notifies any.
    ///
    /// # Errors
    /// What would be right.
    pub fn check_callback_url(&self, url: &str) -> Result<(), String> {
        match &self.provider.facts().account {
            Some(rules) if self.api_url.is_none() => (rules.callback_url)(url),
            _ => Ok(()),
        }
    }
}
