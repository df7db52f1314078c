//! `polsband event provider`: an event's accounts at providers that make a payment for each top-up, and a Bancontact
//! profile for one that was made without.

use super::create::{note_profile, read_api_key, read_secret};
use super::in_arguments;
use super::view::{ProviderView as View, view};
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::shell::Shell;
use crate::events::accounts::{self, AccountChange};
use crate::events::{self, KeyTrial, NewProfile};
use crate::providers::{AccountHints, Connections, NewAccount, ProviderName};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(in crate::cli) enum ProviderCommand {
    /// Give an event an account, or a Bancontact profile where it has none; a key is tried at the provider before it is kept,
    /// encrypted, and running services use it within seconds
    Add(Box<Add>),
    /// The accounts of an event, in the order in which they are asked for a payment, with the addresses to give to their providers, and why comparing with one fails; its Bancontact profile stands in event show
    List {
        /// The event's name in addresses
        event: String,
    },
    /// Give an account another key or webhook secret, or its right id: while the event has orders, payments or open matters
    /// there, only the one under which the list that the key opens has its orders; running services use it within seconds
    SetKey(SetKey),
    /// Have an account asked for each payment before the event's others, which follow where it refuses or can't be reached;
    /// running services follow within seconds
    First(Named),
    /// Have nothing new made at an account; running services follow within seconds. What was made there is still heard of, looked
    /// up and refunded
    Pause(Named),
    /// Have payments made at an account again; running services follow within seconds
    Resume(Named),
    /// Take an account away at which the event has no orders, payments or open matters
    Remove(Named),
}

/// An account that an event has.
#[derive(Args)]
pub(in crate::cli) struct Named {
    /// The event's name in addresses
    event: String,
    /// Which
    #[arg(value_parser = with_accounts())]
    provider: String,
}

#[derive(Args)]
pub(in crate::cli) struct Add {
    /// The event's name in addresses
    event: String,
    /// Which; bancontact for an event that was made without a profile
    #[arg(value_parser = all_providers())]
    provider: String,
    #[arg(long, value_name = "ID", help = profile_id_help())]
    profile_id: String,
    /// Which of the provider's environments it lives in: live is Bancontact's production, test its preprod. All that takes money
    /// for an event is live, or all of it test; what has an --api-url of its own counts as neither
    #[arg(long, value_parser = ["live", "test", "production", "preprod"], hide_possible_values = true, default_value = "live")]
    environment: String,
    #[command(flatten)]
    secrets: Secrets,
    /// In place of the environment's own API: a sandbox, a proxy. Whose money that is nobody can tell, so the event takes it
    /// beside live and test money: see to it that it is of the same kind
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// Bancontact: in place of the environment's own key set
    #[arg(long, value_name = "URL")]
    key_set_url: Option<String>,
    /// Bancontact: in place of the environment's own; printed codes begin with it
    #[arg(long, value_name = "URL")]
    pay_url: Option<String>,
}

impl Add {
    /// Refuses what the provider has no use for.
    fn check(&self, provider: ProviderName) -> Result<(), Usage> {
        let secrets = &self.secrets;
        let unused = match provider.has_accounts() {
            true => [("--key-set-url", self.key_set_url.is_some()), ("--pay-url", self.pay_url.is_some())],
            false => [
                ("--webhook-secret-file", secrets.webhook_secret_file.is_some()),
                ("--signature-window", secrets.signature_window.is_some()),
            ],
        };
        let given = unused.into_iter().find(|(_, is_given)| *is_given);
        given.map_or(Ok(()), |(name, _)| Err(Usage(format!("{name}: {} has none", provider.title()))))
    }

    /// The profile that is to be added, of Bancontact.
    fn profile(self) -> anyhow::Result<NewProfile> {
        let environment = match self.environment.as_str() {
            "live" => "production",
            "test" => "preprod",
            word => word,
        };
        Ok(NewProfile {
            profile_id: self.profile_id,
            environment: Some(environment.to_owned()),
            api_url: self.api_url,
            key_set_url: self.key_set_url,
            pay_url: self.pay_url,
            api_key: self.secrets.change()?.api_key,
        })
    }
}

#[derive(Args)]
pub(in crate::cli) struct SetKey {
    /// The event's name in addresses
    event: String,
    /// Which
    #[arg(value_parser = with_accounts())]
    provider: String,
    /// The provider's id of it, where another one was entered
    #[arg(long, value_name = "ID")]
    profile_id: Option<String>,
    #[command(flatten)]
    secrets: Secrets,
}

#[derive(Args)]
struct Secrets {
    #[arg(long, value_name = "FILE", help = api_key_help())]
    api_key_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = webhook_secret_help())]
    webhook_secret_file: Option<PathBuf>,
    #[arg(long, value_name = "SECONDS", help = signature_window_help())]
    signature_window: Option<i64>,
}

impl Secrets {
    fn change(&self) -> anyhow::Result<AccountChange> {
        let secret = |path: &PathBuf| read_secret("--webhook-secret-file", path);
        Ok(AccountChange {
            profile_id: None,
            api_key: self.api_key_file.as_deref().map(read_api_key).transpose()?,
            webhook_secret: self.webhook_secret_file.as_ref().map(secret).transpose()?,
            signature_window_seconds: self.signature_window,
        })
    }
}

fn all_providers() -> PossibleValuesParser {
    PossibleValuesParser::new(ProviderName::ALL.map(ProviderName::as_str))
}

/// The providers an event can have an account at.
fn with_accounts() -> PossibleValuesParser {
    PossibleValuesParser::new(ProviderName::with_accounts().map(ProviderName::as_str))
}

fn profile_id_help() -> String {
    let profile_id = AccountHints::of_all().profile_id;
    format!("The provider's id of it. {profile_id}; Bancontact: the profile id")
}

fn api_key_help() -> String {
    let api_key = AccountHints::of_all().api_key;
    format!("The file that holds the key, and nothing else. {api_key}; Bancontact: the API key")
}

fn webhook_secret_help() -> String {
    let webhook_secret = AccountHints::of_all().webhook_secret;
    let webhooks = ProviderName::with_accounts().filter_map(|name| {
        let (title, word, events) = (name.title(), name.as_str(), name.webhook_events()?);
        Some(format!(
            ". {title}'s webhook is made first, and must lead to PUBLIC-URL/callbacks/{word}/EVENT, for the events {events}"
        ))
    });
    let webhooks: String = webhooks.collect();
    format!("The file that holds the webhook's secret, as it was shown. {webhook_secret}{webhooks}")
}

fn signature_window_help() -> String {
    let usual = AccountHints::of_all().signature_window;
    format!("How old a callback's signature may be, in seconds [default: {usual}]")
}

pub(super) async fn run(command: ProviderCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        ProviderCommand::Add(add) => self::add(*add, shell).await,
        ProviderCommand::List { event } => list(&event, shell).await,
        ProviderCommand::SetKey(set_key) => self::set_key(set_key, shell).await,
        ProviderCommand::First(which) => put_first(&which, shell).await,
        ProviderCommand::Pause(which) => pause(&which, true, shell).await,
        ProviderCommand::Resume(which) => pause(&which, false, shell).await,
        ProviderCommand::Remove(which) => remove(&which, shell).await,
    }
}

async fn add(add: Add, shell: &Shell) -> anyhow::Result<()> {
    let provider = named(&add.provider)?;
    add.check(provider)?;
    if !provider.has_accounts() {
        return add_profile(add, shell).await;
    }
    let change = add.secrets.change()?;
    let new = NewAccount {
        profile_id: add.profile_id,
        environment: Some(add.environment),
        api_url: add.api_url,
        api_key: change.api_key.unwrap_or_default(),
        webhook_secret: change.webhook_secret,
        signature_window_seconds: change.signature_window_seconds,
    };
    let context = shell.open().await?;
    let event = context.event(&add.event).await?;
    let (by, connections) = ((&context.actor, context.now()), Connections::new());
    let public_url = context.settings.public_url.as_str();
    let what = (provider, &new);
    let added =
        accounts::add(&context.store, &context.keys, &connections, public_url, by, &event, what).await;
    let account = added.map_err(|error| in_arguments(error, "event"))?;
    let view = View::of(&account, &event, &context);
    shell.out.one(&view, format_args!("{} has an account of {}", event.slug, provider.title()))?;
    if !shell.out.is_json() {
        match provider.webhook_events() {
            Some(events) => {
                note(format_args!("Its webhook must lead to {}, for the events {events}", view.callback_url));
            }
            // It is told the address with each order.
            None => note(format_args!("It notifies {} by itself", view.callback_url)),
        }
    }
    context.close().await;
    Ok(())
}

async fn add_profile(add: Add, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(&add.event).await?;
    let new = add.profile()?;
    let by = (&context.actor, context.now());
    let trial = match new.api_key {
        Some(_) => new.try_key(&Connections::new(), context.now()).await,
        None => Ok(KeyTrial::NoKey),
    };
    let trial = trial.map_err(|error| in_arguments(error, "event"))?;
    let added = events::add_profile(&context.store, &context.keys, by, &event, &new).await;
    added.map_err(|error| in_arguments(error, "event"))?;
    let view = view(&context, event.clone()).await?;
    shell
        .out
        .one(&view, format_args!("{} has a Bancontact profile: new batches print its codes", event.slug))?;
    trial.doubt().iter().for_each(note);
    note_profile(&context, &event, shell.out.is_json()).await?;
    context.close().await;
    Ok(())
}

async fn list(event: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(event).await?;
    let mut session = context.store.read().await?;
    let mut views: Vec<View> = Vec::new();
    for account in accounts::store::all(&mut session, &context.keys, event.id).await? {
        let trouble = accounts::store::trouble(&mut session, event.id, account.provider).await?;
        views.push(View::of(&account, &event, &context).with(trouble));
    }
    drop(session);
    shell.out.list(&views, ["provider", "account", "environment", "state", "callback URL"], |view| {
        [
            view.provider.to_owned(),
            match &view.entered_as {
                Some(entered) => format!("{} (entered as {entered})", view.profile_id),
                None => view.profile_id.clone(),
            },
            view.environment.to_owned(),
            match event.is_open() {
                true if view.is_paused => "paused",
                true => "offered",
                false => "closed",
            }
            .to_owned(),
            view.callback_url.clone(),
        ]
    })?;
    if !shell.out.is_json() {
        views.iter().filter_map(View::trouble).for_each(note);
        if context.codes(&event).await?.profile().is_some() {
            note("beside its Bancontact profile, which stands in event show");
        }
    }
    context.close().await;
    Ok(())
}

async fn set_key(set_key: SetKey, shell: &Shell) -> anyhow::Result<()> {
    let change = AccountChange { profile_id: set_key.profile_id, ..set_key.secrets.change()? };
    if change.is_empty() {
        let why = "nothing is to be changed: --api-key-file, --webhook-secret-file, --signature-window or --profile-id is \
                   needed";
        return Err(Usage(why.to_owned()).into());
    }
    let context = shell.open().await?;
    let event = context.event(&set_key.event).await?;
    let provider = named(&set_key.provider)?;
    let (by, connections) = ((&context.actor, context.now()), Connections::new());
    let public_url = context.settings.public_url.as_str();
    let what = (provider, &change);
    let changed =
        accounts::change(&context.store, &context.keys, &connections, public_url, by, &event, what).await;
    let changed = changed.map_err(|error| in_arguments(error, "event"))?;
    let view = View::of(&changed.account, &event, &context);
    let said = format_args!("{} answers for {}. {}", provider.title(), event.slug, changed.in_words());
    shell.out.one(&view, said)?;
    if shell.out.is_json() {
        changed.warning().iter().for_each(note);
    }
    context.close().await;
    Ok(())
}

async fn put_first(which: &Named, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(&which.event).await?;
    let provider = named(&which.provider)?;
    let by = (&context.actor, context.now());
    let accounts = accounts::put_first(&context.store, &context.keys, by, &event, provider).await?;
    let views: Vec<View> = accounts.iter().map(|account| View::of(account, &event, &context)).collect();
    let done = format_args!(
        "{}: {} is asked first{}; running services follow within seconds",
        event.slug,
        provider.title(),
        accounts::when_asked(&accounts)
    );
    shell.out.one(&views, done)?;
    context.close().await;
    Ok(())
}

async fn pause(which: &Named, is_paused: bool, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(&which.event).await?;
    let provider = named(&which.provider)?;
    let by = (&context.actor, context.now());
    let account = accounts::pause(&context.store, &context.keys, by, &event, (provider, is_paused)).await?;
    let done = match is_paused {
        true => "nothing new is made at",
        false => "payments are made again at",
    };
    let view = View::of(&account, &event, &context);
    let done =
        format_args!("{}: {done} {}; running services follow within seconds", event.slug, provider.title());
    shell.out.one(&view, done)?;
    context.close().await;
    Ok(())
}

async fn remove(which: &Named, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(&which.event).await?;
    let provider = named(&which.provider)?;
    let by = (&context.actor, context.now());
    accounts::remove(&context.store, &context.keys, by, &event, provider).await?;
    shell.out.one(&(), format_args!("{} has no account of {} any more", event.slug, provider.title()))?;
    context.close().await;
    Ok(())
}

fn named(provider: &str) -> anyhow::Result<ProviderName> {
    provider.parse().map_err(anyhow::Error::msg)
}
