//! `polsband event create`: what can be said of a new festival.

use super::in_arguments;
use super::rules::RuleArgs;
use super::view::view;
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::shell::{Shell, read_argument};
use crate::cli::words::one_of;
use crate::events::{self, Behaviour, Codes, Event, KeyTrial, NewEvent, NewProfile, Rules};
use crate::media::print_shop::check_names;
use crate::money::Cents;
use crate::providers::{Connections, ProviderName};
use clap::Args;
use std::path::{Path, PathBuf};

/// Longest API key file; a key has 36 characters.
const API_KEY_FILE_BYTES_MAX: u64 = 4096;

#[derive(Args)]
pub(in crate::cli) struct Create {
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
    printed: Printed,
    #[command(flatten)]
    rules: RuleArgs,
}

#[derive(Args)]
#[command(next_help_heading = "Provider")]
struct Provider {
    /// Bancontact's id of the product profile that takes the money. Without one the printed codes lead to our own top-up
    /// page, and an account at another provider takes the money (`event provider add`)
    #[arg(long, value_name = "PPID")]
    profile_id: Option<String>,
    /// Which of Bancontact's environments the profile lives in
    #[arg(long, value_parser = ["production", "preprod"], default_value = "production", requires = "profile_id")]
    environment: String,
    /// A file with the API key, tried before it is kept, encrypted; without one callbacks work, and details, list and reconcile
    /// don't
    #[arg(long, value_name = "FILE", requires = "profile_id")]
    api_key_file: Option<PathBuf>,
    /// In place of the environment's own API: a sandbox, a proxy. Then the event's money counts neither as live nor as test
    #[arg(long, value_name = "URL", requires = "profile_id")]
    api_url: Option<String>,
    /// In place of the environment's own key set
    #[arg(long, value_name = "URL", requires = "profile_id")]
    key_set_url: Option<String>,
    /// In place of the environment's own; printed codes begin with it
    #[arg(long, value_name = "URL", requires = "profile_id")]
    pay_url: Option<String>,
}

// The rules that stand in printed codes.
#[derive(Args)]
#[command(next_help_heading = "Printed codes")]
struct Printed {
    /// Whether the payer types the amount, may change the printed one, or can't
    #[arg(long, value_parser = one_of!(Behaviour), default_value = "defined")]
    behaviour: Behaviour,
    /// The printed amount in euros, such as 12,50; for modifiable and fixed
    #[arg(long, value_name = "EUROS", conflicts_with = "amount_cents", allow_hyphen_values = true)]
    amount: Option<Cents>,
    /// The same in cents
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    amount_cents: Option<i64>,
    /// Whether a secret code of its own spends, or the top-up code too, within caps
    #[arg(long, value_parser = one_of!(Codes), default_value = "separate")]
    codes: Codes,
}

impl Printed {
    fn rules(&self) -> Rules {
        Rules {
            behaviour: self.behaviour,
            amount: self.amount.or(self.amount_cents.map(Cents)),
            codes: self.codes,
            ..Rules::default()
        }
    }
}

impl Provider {
    fn profile(self) -> anyhow::Result<Option<NewProfile>> {
        let Some(profile_id) = self.profile_id else { return Ok(None) };
        Ok(Some(NewProfile {
            profile_id,
            environment: Some(self.environment),
            api_url: self.api_url,
            key_set_url: self.key_set_url,
            pay_url: self.pay_url,
            api_key: self.api_key_file.as_deref().map(read_api_key).transpose()?,
        }))
    }
}

pub(super) async fn run(create: Create, shell: &Shell) -> anyhow::Result<()> {
    let rules = create.rules.changes().of(&create.printed.rules());
    let profile = create.provider.profile()?;
    let new = NewEvent { slug: create.slug, name: create.name, merchant: create.merchant, rules, profile };
    check_names(&new).map_err(|error| in_arguments(error, "slug"))?;
    let context = shell.open().await?;
    let has_key = new.profile.as_ref().is_some_and(|profile| profile.api_key.is_some());
    let trial = match has_key {
        true => new.try_key(&Connections::new(), context.now()).await,
        false => Ok(KeyTrial::NoKey),
    };
    let trial = trial.map_err(|error| in_arguments(error, "slug"))?;
    let made = events::create(&context.store, &context.keys, &context.actor, context.now(), &new).await;
    let event = made.map_err(|error| in_arguments(error, "slug"))?;
    let view = view(&context, event.clone()).await?;
    shell.out.one(&view, format_args!("{}", view.slug))?;
    trial.doubt().iter().for_each(note);
    note_profile(&context, &event, shell.out.is_json()).await?;
    context.settings.warnings().iter().for_each(note);
    context.close().await;
    Ok(())
}

/// What is left to do for an event's Bancontact profile, or for an event that has none.
pub(super) async fn note_profile(context: &Context, event: &Event, is_json: bool) -> anyhow::Result<()> {
    let codes = context.codes(event).await?;
    let Some(profile) = codes.profile() else {
        if !is_json {
            let url = codes.address(&context.settings.public_url);
            let others = ProviderName::list_with_accounts(ProviderName::as_str, "or");
            note(format_args!(
                "No Bancontact profile: printed codes will lead to {url}. Next: `polsband event provider add {} PROVIDER` \
                 with {others}; before that nothing is issued.",
                event.slug
            ));
        }
        return Ok(());
    };
    let callback_url = context.callback_url(event);
    if let Some(predecessor) = events::tenure(&mut *context.store.read().await?, event).await?.predecessor {
        note(format_args!(
            "Profile {} served the event {predecessor} before, and Bancontact still calls that one's callback URL: ask \
             them to change it to {callback_url}. Until then payments for {} end up in suspense at {predecessor}.",
            profile.profile_id, event.slug
        ));
    }
    if !is_json {
        note(format_args!("Give Bancontact this callback URL: {callback_url}"));
        if profile.api_key.is_none() {
            note("No API key: callbacks work; payment details, the payment list and reconcile need one.");
        }
    }
    Ok(())
}

/// The API key in a file that an argument names.
pub(super) fn read_api_key(path: &Path) -> anyhow::Result<String> {
    read_secret("--api-key-file", path)
}

/// The secret in a file that an argument names.
pub(super) fn read_secret(argument: &str, path: &Path) -> anyhow::Result<String> {
    let bytes = read_argument(argument, path, API_KEY_FILE_BYTES_MAX)?;
    Ok(String::from_utf8(bytes).map_err(|_| Usage(format!("{argument}: it is not text")))?)
}
