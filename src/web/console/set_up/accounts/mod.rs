//! Accounts at providers that make a payment for each top-up: which there are, and one more.

pub(super) mod one;

use super::part_shell;
use crate::clock::Clock;
use crate::db::{self, Session, Store};
use crate::events::EventError;
use crate::events::accounts::{self, callback_url};
use crate::events::store::profiles;
use crate::ids::EventId;
use crate::payments::Adapters;
use crate::providers::{Account, AccountHints, NewAccount, ProviderName, SIGNATURE_WINDOW_MAX};
use crate::secrets::KeyFile;
use crate::web::App;
use crate::web::app::PublicUrl;
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::{FromRef, State};
use axum::response::Response;
use std::ops::RangeInclusive;
use std::sync::Arc;

const PATH: &str = "/set-up/accounts";
/// What is typed, kept sealed, and never shown again.
const SECRETS: [&str; 2] = ["api_key", "webhook_secret"];

#[derive(Template)]
#[template(path = "web/console/accounts.html")]
struct AccountsPage {
    shell: Shell,
    path: String,
    form: Form,
    accounts: Vec<Shown>,
    /// Providers there is no account at yet.
    providers: Vec<(&'static str, &'static str)>,
    environments: [(&'static str, &'static str); 2],
    help: AccountHints,
    /// Of the providers where a webhook has to be made: which, where it leads, and for what.
    webhooks: Vec<(&'static str, String, &'static str)>,
    /// Its codes can be paid without any of these.
    has_bancontact: bool,
    is_open: bool,
}

/// An account without its secrets.
struct Shown {
    provider: &'static str,
    title: &'static str,
    profile_id: String,
    /// The id that was entered, where it was corrected after the first order.
    entered_as: Option<String>,
    is_test: bool,
    api: String,
    callback_url: String,
    /// Of which a webhook has to be made.
    webhook_events: Option<&'static str>,
    window: u64,
    is_paused: bool,
    trouble: Option<Trouble>,
}

/// Why the last comparison with an account's list failed, and when.
pub(super) struct Trouble {
    pub(super) why: String,
    pub(super) at: String,
}

impl Trouble {
    /// What stands against an account of a festival, if anything does.
    pub(super) async fn of(
        session: &mut Session,
        event: EventId,
        provider: ProviderName,
    ) -> Result<Option<Trouble>, db::Error> {
        let found = accounts::store::trouble(session, event, provider).await?;
        Ok(found.map(|found| Trouble { why: found.why, at: belgian_time(found.at) }))
    }
}

/// What the pages are made of.
#[derive(Clone)]
pub(in crate::web::console) struct Desk {
    store: Store,
    keys: Arc<KeyFile>,
    adapters: Adapters,
    clock: Clock,
    public_url: PublicUrl,
}

impl FromRef<App> for Desk {
    fn from_ref(app: &App) -> Desk {
        Desk {
            store: Store::from_ref(app),
            keys: Arc::from_ref(app),
            adapters: Adapters::from_ref(app),
            clock: Clock::from_ref(app),
            public_url: PublicUrl::from_ref(app),
        }
    }
}

/// `GET /console/{event}/set-up/accounts`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
) -> Result<Response, Sorry> {
    desk.show(&at, Form::default()).await
}

/// `POST /console/{event}/set-up/accounts`: the provider is asked before anything is kept.
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(desk): State<Desk>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let provider = form.read::<ProviderName>("provider");
    let window = form.number("signature_window_seconds", windows());
    // Said at once: what was typed as a key has to be typed again.
    let has_secret = provider.is_some_and(|provider| provider.webhook_events().is_some());
    for field in ["profile_id", "api_key"].into_iter().chain(has_secret.then_some("webhook_secret")) {
        form.needs(field);
    }
    let new = NewAccount {
        profile_id: form.text("profile_id").to_owned(),
        environment: form.optional("environment"),
        api_url: form.optional("api_url"),
        api_key: form.text("api_key").to_owned(),
        webhook_secret: form.optional("webhook_secret"),
        signature_window_seconds: window,
    };
    for why in provider.iter().flat_map(|provider| new.mistakes(*provider)) {
        form.refused(EventError::from(why), "")?;
    }
    let Some(provider) = provider.filter(|_| form.is_right()) else { return desk.show(&at, form).await };
    let (actor, connections) = (at.actor(), desk.adapters.connections());
    let by = (&actor, desk.clock.now());
    let (url, what) = (desk.public_url.0.as_str(), (provider, &new));
    match accounts::add(&desk.store, &desk.keys, connections, url, by, &at.event, what).await {
        Ok(account) => {
            desk.adapters.forget(at.event.id);
            let said = tried(&account, "answers to this key. It is kept, and payments can be made.");
            Ok(at.done(&desk.path(&at, provider), &said))
        }
        Err(why) => {
            form.refused_account(why)?;
            desk.show(&at, form).await
        }
    }
}

/// What a provider's answer proves, and what it does not: a webhook's secret is only met in a callback.
fn tried(account: &Account, proven: &str) -> String {
    let unproven = match account.webhook_secret {
        Some(_) => " Whether the webhook's secret is right shows with the first callback.",
        None => "",
    };
    format!("{} {proven}{unproven}", account.provider.title())
}

/// What to enter, field by field.
fn help() -> AccountHints {
    let AccountHints { profile_id, api_key, webhook_secret, signature_window } = AccountHints::of_all();
    AccountHints {
        profile_id: format!(
            "{profile_id}. Payments of an account that a shop uses, too, end in suspense: take one of its own."
        ),
        api_key: format!(
            "{api_key}. The provider is asked with it at once. Kept encrypted, and never shown again."
        ),
        webhook_secret,
        signature_window: format!("Left empty: the provider's usual ({signature_window})"),
    }
}

/// What may be chosen as the age of a signature, in seconds.
fn windows() -> RangeInclusive<i64> {
    60..=i64::try_from(SIGNATURE_WINDOW_MAX.as_secs()).unwrap_or(i64::MAX)
}

impl Form {
    /// A refusal of an account, beside the field it is about.
    fn refused_account(&mut self, why: EventError) -> Result<(), Sorry> {
        let field = match &why {
            // It is about nothing that was typed.
            EventError::NotAnswered { .. } => {
                self.wrong("", &why);
                return Ok(());
            }
            EventError::AccountTaken(_) => "provider",
            EventError::ProfileTaken(_) | EventError::AccountUsed { .. } => "profile_id",
            EventError::NotTaken { .. } => "api_key",
            _ => "",
        };
        self.refused(why, field)
    }
}

impl Desk {
    fn path(&self, at: &AtFestival<ManageEvents>, provider: ProviderName) -> String {
        at.path(&format!("{PATH}/{}", provider.as_str()))
    }

    async fn show(&self, at: &AtFestival<ManageEvents>, form: Form) -> Result<Response, Sorry> {
        let status = form.status();
        let mut session = self.store.read().await?;
        let found = accounts::store::all(&mut session, &self.keys, at.event.id).await?;
        let has_bancontact = !profiles(&mut session, &self.keys, at.event.id).await?.is_empty();
        let mut shown = Vec::new();
        for account in &found {
            shown.push(self.shown(&mut session, at, account).await?);
        }
        drop(session);
        let is_free = |name: &ProviderName| !found.iter().any(|account| account.provider == *name);
        let free: Vec<ProviderName> = ProviderName::with_accounts().filter(is_free).collect();
        let public_url = self.public_url.0.as_str();
        let webhook = |name: ProviderName| {
            Some((name.title(), callback_url(public_url, name, &at.event), name.webhook_events()?))
        };
        let page = AccountsPage {
            shell: part_shell(at),
            path: at.path(PATH),
            form: SECRETS.into_iter().fold(form, Form::without),
            webhooks: free.iter().copied().filter_map(webhook).collect(),
            providers: free.iter().map(|name| (name.as_str(), name.title())).collect(),
            environments: [("live", "Live: real money"), ("test", "Test: the provider's test environment")],
            help: help(),
            has_bancontact,
            is_open: at.event.is_open(),
            accounts: shown,
        };
        Ok(at.page(status, &page))
    }

    async fn shown(
        &self,
        session: &mut Session,
        at: &AtFestival<ManageEvents>,
        account: &Account,
    ) -> Result<Shown, Sorry> {
        Ok(Shown {
            provider: account.provider.as_str(),
            title: account.provider.title(),
            profile_id: account.id_there().0.clone(),
            entered_as: account.entered_as().map(ToString::to_string),
            is_test: account.environment == crate::providers::Environment::Preprod,
            api: account.api.to_string(),
            callback_url: callback_url(self.public_url.0.as_str(), account.provider, &at.event),
            webhook_events: account.provider.webhook_events(),
            window: account.signature_window.as_secs(),
            is_paused: account.is_paused,
            trouble: Trouble::of(session, at.event.id, account.provider).await?,
        })
    }
}
