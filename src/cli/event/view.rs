//! Events and batches as they are printed.

use crate::cli::context::Context;
use crate::cli::out::details;
use crate::clock::Timestamp;
use crate::events::accounts::{self, callback_url, store::Trouble};
use crate::events::{Activation, Behaviour, Codes, Counterfeit, Event, OverBalance, top_up_limits};
use crate::ids::{BatchId, EventId};
use crate::language::Language;
use crate::media::{Batch, MediumKind};
use crate::money::Cents;
use crate::providers::Account;
use serde::Serialize;

/// An event as it is printed.
#[derive(Serialize)]
pub(super) struct EventView {
    id: EventId,
    pub(super) slug: String,
    pub(super) name: String,
    merchant: String,
    behaviour: Behaviour,
    amount_cents: Option<Cents>,
    codes: Codes,
    counterfeit: Counterfeit,
    activation: Activation,
    balance_max_cents: Option<Cents>,
    over_balance: OverBalance,
    charge_min_cents: Cents,
    charge_max_cents: Cents,
    single_charge_max_cents: Cents,
    single_window_max_cents: Cents,
    second_person_cents: Cents,
    day_cut_hour: i8,
    visitor_language: Language,
    till_language: Option<Language>,
    provider: Option<&'static str>,
    pub(super) profile_id: Option<String>,
    environment: Option<&'static str>,
    api_url: Option<String>,
    key_set_url: Option<String>,
    /// What new codes begin with: Bancontact's address, or that of our own page.
    pay_url: String,
    has_api_key: bool,
    pub(super) callback_url: Option<String>,
    /// At providers that make a payment for each top-up.
    accounts: Vec<AccountView>,
    /// What somebody may pay at once on our own top-up page.
    top_up_min_cents: Cents,
    top_up_max_cents: Cents,
    pub(super) created_at: Timestamp,
    pub(super) closed_at: Option<Timestamp>,
}

pub(super) async fn view(context: &Context, event: Event) -> anyhow::Result<EventView> {
    let codes = context.codes(&event).await?;
    let profile = codes.profile();
    let mut session = context.store.read().await?;
    let accounts = accounts::store::all(&mut session, &context.keys, event.id).await?;
    let limits = top_up_limits::of(&mut session, &event).await?;
    drop(session);
    let accounts = accounts.iter().map(|account| AccountView::of(account, &event, context)).collect();
    let callback_url = profile.map(|_| context.callback_url(&event));
    let Event { id, slug, name, merchant, rules, created_at, closed_at } = event;
    Ok(EventView {
        id,
        slug: slug.to_string(),
        name,
        merchant,
        behaviour: rules.behaviour,
        amount_cents: rules.amount,
        codes: rules.codes,
        counterfeit: rules.counterfeit,
        activation: rules.activation,
        balance_max_cents: rules.balance_max,
        over_balance: rules.over_balance,
        charge_min_cents: rules.charge_min,
        charge_max_cents: rules.charge_max,
        single_charge_max_cents: rules.single_charge_max,
        single_window_max_cents: rules.single_window_max,
        second_person_cents: rules.second_person,
        day_cut_hour: rules.day_cut_hour,
        visitor_language: rules.visitor_language,
        till_language: rules.till_language,
        provider: profile.map(|profile| profile.provider.as_str()),
        profile_id: profile.map(|profile| profile.profile_id.0.clone()),
        environment: profile.map(|profile| profile.environment.as_str()),
        api_url: profile.map(|profile| profile.endpoints.api.to_string()),
        key_set_url: profile.map(|profile| profile.endpoints.key_set.to_string()),
        pay_url: codes.address(&context.settings.public_url).to_string(),
        has_api_key: profile.is_some_and(|profile| profile.api_key.is_some()),
        callback_url,
        accounts,
        top_up_min_cents: limits.min,
        top_up_max_cents: limits.max,
        created_at,
        closed_at,
    })
}

/// An account at another provider.
#[derive(Serialize)]
struct AccountView {
    provider: &'static str,
    profile_id: String,
    /// What payments and books name it by, where its id was corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_as: Option<String>,
    environment: &'static str,
    is_paused: bool,
    callback_url: String,
}

impl AccountView {
    fn of(account: &Account, event: &Event, context: &Context) -> AccountView {
        AccountView {
            provider: account.provider.as_str(),
            profile_id: account.id_there().0.clone(),
            entered_as: account.entered_as().map(ToString::to_string),
            environment: account.environment.in_words(),
            is_paused: account.is_paused,
            callback_url: callback_url(context.settings.public_url.as_str(), account.provider, event),
        }
    }
}

/// An account at another provider, as its own commands print it.
#[derive(Serialize)]
pub(super) struct ProviderView {
    event: String,
    pub(super) provider: &'static str,
    pub(super) profile_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entered_as: Option<String>,
    pub(super) environment: &'static str,
    api_url: String,
    has_webhook_secret: bool,
    signature_window_seconds: u64,
    pub(super) is_paused: bool,
    pub(super) callback_url: String,
    /// Why the last comparison with its list failed; only a list of accounts says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem_at: Option<Timestamp>,
}

impl ProviderView {
    pub(super) fn of(account: &Account, event: &Event, context: &Context) -> ProviderView {
        ProviderView {
            event: event.slug.to_string(),
            provider: account.provider.as_str(),
            profile_id: account.id_there().0.clone(),
            entered_as: account.entered_as().map(ToString::to_string),
            environment: account.environment.in_words(),
            api_url: account.api.to_string(),
            has_webhook_secret: account.webhook_secret.is_some(),
            signature_window_seconds: account.signature_window.as_secs(),
            is_paused: account.is_paused,
            callback_url: callback_url(context.settings.public_url.as_str(), account.provider, event),
            problem: None,
            problem_at: None,
        }
    }

    /// With what comparing fails with.
    pub(super) fn with(self, trouble: Option<Trouble>) -> ProviderView {
        let (problem, problem_at) = trouble.map(|trouble| (trouble.why, trouble.at)).unzip();
        ProviderView { problem, problem_at, ..self }
    }

    /// The same in words.
    pub(super) fn trouble(&self) -> Option<String> {
        let (why, at) = (self.problem.as_ref()?, self.problem_at?);
        Some(format!("{}: comparing failed at {at}: {why}", self.provider))
    }
}

impl EventView {
    /// The most a wallet should hold, and what becomes of a top-up above it; nothing where there is no limit.
    fn largest_balance(&self) -> String {
        let above = match self.over_balance {
            OverBalance::Credit => "credited",
            OverBalance::Suspense => "kept in suspense",
        };
        self.balance_max_cents.map_or(String::new(), |max| format!("{max}; a top-up above it is {above}"))
    }

    /// Its Bancontact profile, for people.
    fn profile_lines(&self) -> Vec<(&'static str, String)> {
        let (Some(profile), Some(provider), Some(environment)) =
            (&self.profile_id, self.provider, self.environment)
        else {
            return vec![("profile", "none: codes lead to our own top-up page".to_owned())];
        };
        vec![
            ("profile", format!("{profile} ({provider}, {environment})")),
            ("API key", if self.has_api_key { "kept, encrypted" } else { "none" }.to_owned()),
            ("API", self.api_url.clone().unwrap_or_default()),
            ("key set", self.key_set_url.clone().unwrap_or_default()),
            ("callback URL", self.callback_url.clone().unwrap_or_default()),
        ]
    }
}

/// One event with what hangs on it.
#[derive(Serialize)]
pub(super) struct ShownEvent {
    #[serde(flatten)]
    pub(super) event: EventView,
    pub(super) batches: Vec<BatchView>,
}

/// A batch as it is printed.
#[derive(Serialize)]
pub(in crate::cli) struct BatchView {
    pub(in crate::cli) id: BatchId,
    kind: MediumKind,
    pub(in crate::cli) count: i64,
    created_at: Timestamp,
    issued_at: Option<Timestamp>,
}

impl BatchView {
    pub(in crate::cli) fn of(batch: Batch) -> BatchView {
        let Batch { id, kind, count, created_at, issued_at, .. } = batch;
        BatchView { id, kind, count, created_at, issued_at }
    }

    pub(in crate::cli) fn kind(&self) -> MediumKind {
        self.kind
    }

    pub(in crate::cli) fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Issuing it was not interrupted.
    pub(in crate::cli) fn is_finished(&self) -> bool {
        self.issued_at.is_some()
    }
}

impl ShownEvent {
    pub(super) fn text(&self) -> String {
        let event = &self.event;
        let some = |cents: Option<Cents>| cents.map_or(String::new(), |cents| cents.to_string());
        let mut lines = vec![
            ("event", event.slug.clone()),
            ("name", event.name.clone()),
            ("merchant", event.merchant.clone()),
            ("created", event.created_at.to_string()),
            ("closed", event.closed_at.map_or(String::new(), |at| at.to_string())),
            ("behaviour", event.behaviour.to_string()),
            ("printed amount", some(event.amount_cents)),
            ("codes", event.codes.to_string()),
            ("counterfeit", event.counterfeit.to_string()),
            ("activation", event.activation.to_string()),
            ("largest balance", event.largest_balance()),
            ("charges", format!("{} to {}", event.charge_min_cents, event.charge_max_cents)),
            ("two people from", event.second_person_cents.to_string()),
            ("days end at", format!("{}:00", event.day_cut_hour)),
            ("visitors' language", event.visitor_language.to_string()),
            ("tills begin in", event.till_language.map_or("their own language", Language::as_str).to_owned()),
        ];
        lines.extend(event.profile_lines());
        for account in &event.accounts {
            let AccountView { provider, profile_id, entered_as, environment, is_paused, callback_url } =
                account;
            let entered = entered_as.as_ref().map_or(String::new(), |id| format!(", entered as {id}"));
            let paused = if *is_paused { ", paused" } else { "" };
            lines.push(("account", format!("{profile_id} ({provider}, {environment}{entered}{paused})")));
            lines.push(("callback URL", callback_url.clone()));
        }
        lines.push(("top-up page", format!("{} to {}", event.top_up_min_cents, event.top_up_max_cents)));
        lines.push(("printed codes", event.pay_url.clone()));
        lines.extend(self.batches.iter().map(|batch| {
            let state = if batch.issued_at.is_some() { "" } else { ", unfinished" };
            ("batch", format!("{}  {} {}s{state}", batch.id, batch.count, batch.kind))
        }));
        details(lines)
    }
}
