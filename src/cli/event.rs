//! `polsband event`: festivals.

use super::context::Context;
use super::failure::Usage;
use super::out::{details, note};
use super::shell::{Shell, read_argument};
use super::words::one_of;
use crate::clock::Timestamp;
use crate::events::{
    self, Activation, Behaviour, Codes, Counterfeit, Event, EventError, NewEvent, NewProfile, OverBalance,
    Profile, Rules,
};
use crate::ids::{BatchId, EventId};
use crate::media;
use crate::money::Cents;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

/// Longest API key file; a key has 36 characters.
const API_KEY_FILE_BYTES_MAX: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum EventCommand {
    /// Set a festival up; prints the callback URL to give to the provider
    Create(Box<Create>),
    /// All events, the newest first
    List,
    /// One event with its rules, its provider's profile and its batches
    Show {
        /// The event's name in addresses
        #[arg(value_name = "EVENT")]
        slug: String,
    },
    /// Close an event: nothing is charged any more, and its profile is free for another event
    Close {
        /// The event's name in addresses
        #[arg(value_name = "EVENT")]
        slug: String,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// Its name in addresses: lower-case letters, digits and dashes, such as summer-2026
    slug: String,
    /// Its name as printed and shown
    #[arg(long)]
    name: String,
    /// Whom the printed line says to pay [default: the name]
    #[arg(long)]
    merchant: Option<String>,
    #[command(flatten)]
    provider: Provider,
    #[command(flatten)]
    rules: RuleArgs,
}

#[derive(Args)]
#[command(next_help_heading = "Provider")]
struct Provider {
    /// Bancontact's id of the product profile that takes the money
    #[arg(long, value_name = "PPID")]
    profile_id: String,
    /// Which of Bancontact's environments the profile lives in
    #[arg(long, value_parser = ["production", "preprod"], default_value = "production")]
    environment: String,
    /// A file with the API key; without one callbacks work, and details, list and reconcile don't
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// In place of the environment's own API: a sandbox, a proxy
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// In place of the environment's own key set
    #[arg(long, value_name = "URL")]
    key_set_url: Option<String>,
    /// In place of the environment's own; printed codes begin with it
    #[arg(long, value_name = "URL")]
    pay_url: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Rules")]
struct RuleArgs {
    /// Whether the payer types the amount, may change the printed one, or can't
    #[arg(long, value_parser = one_of!(Behaviour), default_value = "defined")]
    behaviour: Behaviour,
    /// The printed amount in euros, such as 12,50; for modifiable and fixed
    #[arg(long, value_name = "EUROS", conflicts_with = "amount_cents")]
    amount: Option<Cents>,
    /// The same in cents
    #[arg(long, value_name = "N")]
    amount_cents: Option<i64>,
    /// Whether a secret code of its own spends, or the top-up code too, within caps
    #[arg(long, value_parser = one_of!(Codes), default_value = "separate")]
    codes: Codes,
    /// What happens to money whose description is not the printed one: credited and raised, or held
    #[arg(long, value_parser = one_of!(Counterfeit), default_value = "flag")]
    counterfeit: Counterfeit,
    /// What makes a wristband active: its first top-up, or an operator
    #[arg(long, value_parser = one_of!(Activation), default_value = "first-top-up")]
    activation: Activation,
    /// The most a wallet should hold [default: no limit]
    #[arg(long, value_name = "N")]
    balance_max_cents: Option<i64>,
    /// What happens to a top-up that leads above it
    #[arg(long, value_parser = one_of!(OverBalance), default_value = "credit")]
    over_balance: OverBalance,
    /// Smallest charge [default: 1]
    #[arg(long, value_name = "N")]
    charge_min_cents: Option<i64>,
    /// Largest charge [default: 50000]
    #[arg(long, value_name = "N")]
    charge_max_cents: Option<i64>,
    /// Largest charge with a top-up code; single codes only [default: 2500]
    #[arg(long, value_name = "N")]
    single_charge_max_cents: Option<i64>,
    /// Most that a wallet spends in ten minutes; single codes only [default: 5000]
    #[arg(long, value_name = "N")]
    single_window_max_cents: Option<i64>,
    /// From this amount on, moving parked money takes two people [default: 50000]
    #[arg(long, value_name = "N")]
    second_person_cents: Option<i64>,
}

impl RuleArgs {
    fn rules(&self) -> Rules {
        let default = Rules::default();
        let or = |cents: Option<i64>, default: Cents| cents.map_or(default, Cents);
        Rules {
            behaviour: self.behaviour,
            amount: self.amount.or(self.amount_cents.map(Cents)),
            codes: self.codes,
            counterfeit: self.counterfeit,
            activation: self.activation,
            balance_max: self.balance_max_cents.map(Cents),
            over_balance: self.over_balance,
            charge_min: or(self.charge_min_cents, default.charge_min),
            charge_max: or(self.charge_max_cents, default.charge_max),
            single_charge_max: or(self.single_charge_max_cents, default.single_charge_max),
            single_window_max: or(self.single_window_max_cents, default.single_window_max),
            second_person: or(self.second_person_cents, default.second_person),
        }
    }
}

pub(super) async fn run(command: EventCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        EventCommand::Create(create) => run_create(*create, shell).await,
        EventCommand::List => list(shell).await,
        EventCommand::Show { slug } => show(&slug, shell).await,
        EventCommand::Close { slug } => close(&slug, shell).await,
    }
}

async fn run_create(create: Create, shell: &Shell) -> anyhow::Result<()> {
    let rules = create.rules.rules();
    let provider = create.provider;
    let api_key = match &provider.api_key_file {
        Some(path) => {
            let bytes = read_argument("--api-key-file", path, API_KEY_FILE_BYTES_MAX)?;
            Some(String::from_utf8(bytes).map_err(|_| Usage("--api-key-file: it is not text".to_owned()))?)
        }
        None => None,
    };
    let profile = NewProfile {
        profile_id: provider.profile_id,
        environment: Some(provider.environment),
        api_url: provider.api_url,
        key_set_url: provider.key_set_url,
        pay_url: provider.pay_url,
        api_key,
    };
    let new = NewEvent { slug: create.slug, name: create.name, merchant: create.merchant, rules, profile };
    let context = shell.open().await?;
    let made = events::create(&context.store, &context.keys, &context.actor, context.now(), &new).await;
    let event = made.map_err(|error| in_arguments(error, "slug"))?;
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("{}", view.slug))?;
    if !shell.out.is_json() {
        note(format_args!("Give Bancontact this callback URL: {}", view.callback_url));
        if !view.has_api_key {
            note("No API key: callbacks work; payment details, the payment list and reconcile need one.");
        }
    }
    context.settings.warnings().iter().for_each(note);
    context.close().await;
    Ok(())
}

/// A field that is wrong was an argument: a flag, or the one that stands by its place.
pub(super) fn in_arguments(error: EventError, by_place: &str) -> anyhow::Error {
    match error {
        EventError::Invalid { field, why } => {
            let argument = match field {
                field if field == by_place => field.to_uppercase(),
                "api_key" => "--api-key-file".to_owned(),
                field => format!("--{}", field.replace('_', "-")),
            };
            Usage(format!("{argument}: {why}")).into()
        }
        other => other.into(),
    }
}

async fn list(shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let events = events::store::list(&mut *context.store.read().await?).await?;
    let mut views = Vec::with_capacity(events.len());
    for event in events {
        views.push(view(&context, event).await?);
    }
    shell.out.list(&views, ["event", "name", "profile", "created", "closed"], |view| {
        let closed = view.closed_at.map_or(String::new(), |at| at.to_string());
        [view.slug.clone(), view.name.clone(), view.profile_id.clone(), view.created_at.to_string(), closed]
    })?;
    context.close().await;
    Ok(())
}

async fn show(slug: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(slug).await?;
    let batches = media::store::batches(&mut *context.store.read().await?, event.id).await?;
    let batches: Vec<BatchView> = batches.into_iter().map(BatchView::of).collect();
    let shown = ShownEvent { event: view(&context, event).await?, batches };
    shell.out.one(&shown, shown.text())?;
    context.close().await;
    Ok(())
}

async fn close(slug: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    context.event(slug).await?;
    let event = events::close(&context.store, &context.actor, context.now(), slug).await?;
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("{} is closed", view.slug))?;
    context.close().await;
    Ok(())
}

/// An event as it is printed.
#[derive(Serialize)]
struct EventView {
    id: EventId,
    slug: String,
    name: String,
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
    provider: &'static str,
    profile_id: String,
    environment: &'static str,
    api_url: String,
    key_set_url: String,
    pay_url: String,
    has_api_key: bool,
    callback_url: String,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
}

async fn view(context: &Context, event: Event) -> anyhow::Result<EventView> {
    let Profile { provider, profile_id, environment, endpoints, api_key, .. } =
        context.profile(&event).await?;
    let callback_url = context.callback_url(&event);
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
        provider: provider.as_str(),
        profile_id: profile_id.0,
        environment: environment.as_str(),
        api_url: endpoints.api.to_string(),
        key_set_url: endpoints.key_set.to_string(),
        pay_url: endpoints.pay.to_string(),
        has_api_key: api_key.is_some(),
        callback_url,
        created_at,
        closed_at,
    })
}

/// One event with what hangs on it.
#[derive(Serialize)]
struct ShownEvent {
    #[serde(flatten)]
    event: EventView,
    batches: Vec<BatchView>,
}

/// A batch as it is printed.
#[derive(Serialize)]
pub(super) struct BatchView {
    pub(super) id: BatchId,
    kind: media::MediumKind,
    pub(super) count: i64,
    created_at: Timestamp,
    issued_at: Option<Timestamp>,
}

impl BatchView {
    pub(super) fn of(batch: media::Batch) -> BatchView {
        let media::Batch { id, kind, count, created_at, issued_at, .. } = batch;
        BatchView { id, kind, count, created_at, issued_at }
    }
}

impl ShownEvent {
    fn text(&self) -> String {
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
            ("largest balance", some(event.balance_max_cents)),
            ("charges", format!("{} to {}", event.charge_min_cents, event.charge_max_cents)),
            ("two people from", event.second_person_cents.to_string()),
            ("profile", format!("{} ({}, {})", event.profile_id, event.provider, event.environment)),
            ("API key", if event.has_api_key { "kept, encrypted" } else { "none" }.to_owned()),
            ("API", event.api_url.clone()),
            ("key set", event.key_set_url.clone()),
            ("printed codes", event.pay_url.clone()),
            ("callback URL", event.callback_url.clone()),
        ];
        lines.extend(self.batches.iter().map(|batch| {
            let state = if batch.issued_at.is_some() { "" } else { ", unfinished" };
            ("batch", format!("{}  {} {}s{state}", batch.id, batch.count, batch.kind))
        }));
        details(lines)
    }
}
