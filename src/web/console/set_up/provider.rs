//! Who takes the money: the provider's profile, the address it calls, the key that opens its list, checked live.

use super::part_shell;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::accounts::callback_url;
use crate::events::{self, ProfileChange};
use crate::payments::{Adapters, try_out};
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use crate::web::app::PublicUrl;
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

const PATH: &str = "/set-up/provider";

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
}

/// `GET /console/{event}/set-up/provider`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
) -> Result<Response, Sorry> {
    look.show(&at, Form::default()).await
}

/// `POST /console/{event}/set-up/provider`: keeps a key, if one was typed, and asks the provider with what is kept.
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(look): State<Look>,
    State(clock): State<Clock>,
    State(adapters): State<Adapters>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let (now, api_key) = (clock.now(), form.optional("api_key"));
    if api_key.is_some() {
        let change = ProfileChange { api_key, ..ProfileChange::default() };
        let slug = at.event.slug.as_str();
        let changed = events::change_profile(&look.store, &look.keys, &at.actor(), now, slug, &change).await;
        if let Err(why) = changed {
            form.refused(why, "api_key")?;
            return look.show(&at, form).await;
        }
    }
    match try_out(&adapters, &at.event, ProviderName::Bancontact, now).await? {
        Ok(count) => {
            let said = format!("The provider answers, and lists {count} payments of the last day.");
            Ok(at.done(&at.path(PATH), &said))
        }
        Err(why) => {
            form.wrong("api_key", why);
            look.show(&at, form).await
        }
    }
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

impl Look {
    async fn show(&self, at: &AtFestival<ManageEvents>, form: Form) -> Result<Response, Sorry> {
        let mut session = self.store.read().await?;
        let profile =
            events::store::profiles(&mut session, &self.keys, at.event.id).await?.into_iter().next();
        let profile = profile.ok_or_else(|| Problem::internal("an event without a profile"))?;
        let status = form.status();
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
            profile_id: profile.profile_id.0,
        };
        Ok(at.page(status, &shown))
    }
}
