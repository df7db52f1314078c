//! Who takes the money: the provider's profile, the address it calls, the key that opens its list, checked live.

use super::accounts::Trouble;
use super::part_shell;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::accounts::{self, callback_url};
use crate::events::{self, EventError, KeyTrial, NewProfile, ProfileChange};
use crate::media::TopUpCodes;
use crate::payments::Adapters;
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use crate::web::app::PublicUrl;
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::console::words;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

const PATH: &str = "/set-up/provider";
/// What to do about a key that nobody could judge.
const CHECK: &str = "Check the API's address and this server's way to the network, and try it again.";
/// Bancontact's, as a choice.
pub(in crate::web::console) const ENVIRONMENTS: [(&str, &str); 2] =
    [("production", "Production: real money"), ("preprod", "Preprod: Bancontact's test environment")];

#[derive(Template)]
#[template(path = "web/console/provider.html")]
struct ProviderPage {
    shell: Shell,
    path: String,
    batches: String,
    form: Form,
    profile_id: String,
    environment: &'static str,
    behaviour: &'static str,
    callback_url: String,
    api: String,
    pay: String,
    has_api_key: bool,
    is_open: bool,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "web/console/add_profile.html")]
struct AddProfilePage {
    shell: Shell,
    path: String,
    accounts: String,
    /// What codes begin with until there is a profile.
    pay: String,
    form: Form,
    environments: [(&'static str, &'static str); 2],
    is_open: bool,
}

/// `GET /console/{event}/set-up/provider`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
) -> Result<Response, Sorry> {
    look.show(&at, Form::default()).await
}

/// `POST /console/{event}/set-up/provider`: asks the provider with the key that was typed, or with the one that is kept,
/// and keeps a new one that it doesn't refuse. Where there is no profile yet, adds the one that was typed.
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
    State(clock): State<Clock>,
    State(adapters): State<Adapters>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let (now, api_key) = (clock.now(), form.optional("api_key"));
    if form.optional("profile_id").is_some() || look.codes(&at).await?.profile().is_none() {
        let (by, new) = ((&at.actor(), now), form.profile());
        form.needs("profile_id");
        for why in new.mistakes() {
            form.refused(why, "profile_id")?;
        }
        if !form.is_right() {
            return look.show(&at, form).await;
        }
        return match events::add_profile(&look.store, &look.keys, by, &at.event, &new).await {
            Ok(_) => {
                adapters.forget(at.event.id);
                let said = "Codes that are issued from now on are Bancontact's. Next: the profile's key.";
                Ok(at.done(&at.path(PATH), said))
            }
            Err(why) => {
                form.refused(why, "profile_id")?;
                look.show(&at, form).await
            }
        };
    }
    let change = ProfileChange { api_key, ..ProfileChange::default() };
    let is_new = change.api_key.is_some();
    let what = (&at.event, &change);
    match events::try_change(&look.store, &look.keys, adapters.connections(), now, what).await {
        Ok(KeyTrial::NoKey) => form.wrong(
            "api_key",
            "there is no API key yet: without one callbacks work, and nothing can be looked up",
        ),
        Ok(KeyTrial::Unknown(why)) if !is_new => {
            look.keeps(&at, now, Some(&why)).await?;
            form.wrong("api_key", format!("{why}. {CHECK}"));
        }
        Ok(trial) => {
            if is_new {
                let slug = at.event.slug.as_str();
                events::change_profile(&look.store, &look.keys, &at.actor(), now, slug, &change).await?;
                adapters.forget(at.event.id);
            }
            return look.tried(&at, now, &trial).await;
        }
        Err(EventError::NotTaken { why, .. }) if is_new => {
            form.wrong("api_key", format!("{why}. This key is not kept"));
        }
        Err(EventError::NotTaken { why, .. }) => form.wrong("api_key", why),
        Err(why) => form.refused(why, "api_key")?,
    }
    look.show(&at, form).await
}

/// What the page is made of.
#[derive(Clone)]
pub(in crate::web::console) struct Look {
    store: Store,
    keys: Arc<KeyFile>,
    public_url: PublicUrl,
}

impl axum::extract::FromRef<crate::web::App> for Look {
    fn from_ref(app: &crate::web::App) -> Look {
        Look { store: Store::from_ref(app), keys: Arc::from_ref(app), public_url: PublicUrl::from_ref(app) }
    }
}

impl Form {
    /// The Bancontact profile that was typed, without its key.
    pub(in crate::web::console) fn profile(&self) -> NewProfile {
        NewProfile {
            profile_id: self.text("profile_id").to_owned(),
            environment: self.optional("environment"),
            api_url: self.optional("api_url"),
            key_set_url: self.optional("key_set_url"),
            pay_url: self.optional("pay_url"),
            api_key: None,
        }
    }
}

impl Look {
    async fn codes(&self, at: &AtFestival<ManageEvents>) -> Result<TopUpCodes, Sorry> {
        Ok(TopUpCodes::of(&mut *self.store.read().await?, &self.keys, at.event.id).await?)
    }

    /// Says what came of trying the key that is kept now.
    async fn tried(
        &self,
        at: &AtFestival<ManageEvents>,
        now: Timestamp,
        trial: &KeyTrial,
    ) -> Result<Response, Sorry> {
        if let KeyTrial::Taken(count) = trial {
            self.keeps(at, now, None).await?;
            let payments = words::counted(*count, "payment");
            let said = format!("The provider answers, and lists {payments} of the last day.");
            return Ok(at.done(&at.path(PATH), &said));
        }
        if let KeyTrial::Unknown(why) = trial {
            self.keeps(at, now, Some(why)).await?;
        }
        let doubt = trial.doubt().map(|doubt| format!("{doubt}. {CHECK}"));
        Ok(at.done(&at.path(PATH), &doubt.unwrap_or_default()))
    }

    async fn keeps(
        &self,
        at: &AtFestival<ManageEvents>,
        now: Timestamp,
        trouble: Option<&str>,
    ) -> Result<(), Sorry> {
        let what = (ProviderName::Bancontact, trouble);
        Ok(accounts::tried(&self.store, at.event.id, what, now).await?)
    }

    async fn show(&self, at: &AtFestival<ManageEvents>, form: Form) -> Result<Response, Sorry> {
        let codes = self.codes(at).await?;
        let status = form.status();
        let Some(profile) = codes.profile().cloned() else {
            let shown = AddProfilePage {
                shell: part_shell(at),
                path: at.path(PATH),
                accounts: at.path("/set-up/accounts"),
                pay: codes.address(&self.public_url.0).to_string(),
                form,
                environments: ENVIRONMENTS,
                is_open: at.event.is_open(),
            };
            return Ok(at.page(status, &shown));
        };
        let shown = ProviderPage {
            shell: part_shell(at),
            path: at.path(PATH),
            batches: at.path("/batches"),
            // A key is never shown again.
            form: form.without("api_key"),
            environment: profile.environment.as_str(),
            behaviour: at.event.rules.behaviour.as_str(),
            callback_url: callback_url(self.public_url.0.as_str(), profile.provider, &at.event),
            api: profile.endpoints.api.to_string(),
            pay: profile.endpoints.pay.to_string(),
            has_api_key: profile.api_key.is_some(),
            is_open: at.event.is_open(),
            trouble: Trouble::of(&mut *self.store.read().await?, at.event.id, profile.provider).await?,
            profile_id: profile.profile_id.0,
        };
        Ok(at.page(status, &shown))
    }
}
