//! Test money and live money are kept apart: whatever takes money for an event is at its provider's live service, or all
//! of it at the test services. Otherwise a payment made with test money would credit a wallet that bars take for real.
//!
//! It is looked at when a profile or an account is added; what changes of them later leaves their environment as it is.
//! Where an address stands in place of the environment's own API (a sandbox, a proxy), nobody can tell whose money it is, and
//! nothing is refused. One in place of its key set alone says nothing of the money.

use super::{EventError, Profile, accounts, store};
use crate::db::Session;
use crate::ids::EventId;
use crate::providers::{Account, Environment, ProviderName};
use crate::secrets::KeyFile;

/// Where money comes from, and which of its provider's services that is, if anybody can tell.
pub(super) struct Service {
    provider: ProviderName,
    environment: Option<Environment>,
}

impl Service {
    pub(super) fn of_profile(profile: &Profile) -> Service {
        let [api_url, ..] = &profile.overrides;
        Service::at(profile.provider, profile.environment, api_url.is_some())
    }

    pub(super) fn of_account(account: &Account) -> Service {
        Service::at(account.provider, account.environment, account.api_url.is_some())
    }

    fn at(provider: ProviderName, environment: Environment, is_elsewhere: bool) -> Service {
        Service { provider, environment: (!is_elsewhere).then_some(environment) }
    }
}

/// Refuses what is new for an event where something else of it is at the other kind of service.
pub(super) async fn check(
    session: &mut Session,
    keys: &KeyFile,
    event: EventId,
    new: Service,
) -> Result<(), EventError> {
    let Some(own) = new.environment else { return Ok(()) };
    let profiles = store::profiles(session, keys, event).await?;
    let accounts = accounts::store::all(session, keys, event).await?;
    let beside = profiles.iter().map(Service::of_profile).chain(accounts.iter().map(Service::of_account));
    for other in beside {
        if let Some(theirs) = other.environment.filter(|theirs| *theirs != own) {
            let right = if new.provider.has_accounts() { theirs.in_words() } else { theirs.as_str() };
            let why = format!(
                "{} of this event is at its {} service, and test money never stands beside live money: choose {right} \
                 here too, or set up another event",
                other.provider.title(),
                theirs.in_words()
            );
            return Err(EventError::Invalid { field: "environment", why });
        }
    }
    Ok(())
}
