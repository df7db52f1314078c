//! `polsband event create`: what can be said of a new festival.

use super::view::view;
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::shell::{Shell, read_argument};
use crate::cli::words::one_of;
use crate::events::{
    self, Activation, Behaviour, Codes, Counterfeit, EventError, NewEvent, NewProfile, OverBalance, Rules,
};
use crate::media::print_shop::check_names;
use crate::money::Cents;
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

pub(super) async fn run(create: Create, shell: &Shell) -> anyhow::Result<()> {
    let rules = create.rules.rules();
    let provider = create.provider;
    let api_key = provider.api_key_file.as_deref().map(read_api_key).transpose()?;
    let profile = NewProfile {
        profile_id: provider.profile_id,
        environment: Some(provider.environment),
        api_url: provider.api_url,
        key_set_url: provider.key_set_url,
        pay_url: provider.pay_url,
        api_key,
    };
    let new = NewEvent { slug: create.slug, name: create.name, merchant: create.merchant, rules, profile };
    check_names(&new).map_err(|error| in_arguments(error, "slug"))?;
    let context = shell.open().await?;
    let made = events::create(&context.store, &context.keys, &context.actor, context.now(), &new).await;
    let event = made.map_err(|error| in_arguments(error, "slug"))?;
    let tenure = events::tenure(&mut *context.store.read().await?, &event).await?;
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("{}", view.slug))?;
    if let Some(predecessor) = tenure.predecessor {
        note(format_args!(
            "Profile {} served the event {predecessor} before, and Bancontact still calls that one's callback URL: ask \
             them to change it to {}. Until then payments for {} end up in suspense at {predecessor}.",
            view.profile_id, view.callback_url, view.slug
        ));
    }
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

/// The API key in a file that an argument names.
pub(super) fn read_api_key(path: &Path) -> anyhow::Result<String> {
    read_secret("--api-key-file", path)
}

/// The secret in a file that an argument names.
pub(super) fn read_secret(argument: &str, path: &Path) -> anyhow::Result<String> {
    let bytes = read_argument(argument, path, API_KEY_FILE_BYTES_MAX)?;
    Ok(String::from_utf8(bytes).map_err(|_| Usage(format!("{argument}: it is not text")))?)
}

/// A field that is wrong was an argument: a flag, or the one that stands by its place.
pub(in crate::cli) fn in_arguments(error: EventError, by_place: &str) -> anyhow::Error {
    match error {
        EventError::Invalid { field, why } => {
            let argument = match field {
                field if field == by_place => field.to_uppercase(),
                "api_key" => "--api-key-file".to_owned(),
                "webhook_secret" => "--webhook-secret-file".to_owned(),
                "signature_window_seconds" => "--signature-window".to_owned(),
                field => format!("--{}", field.replace('_', "-")),
            };
            Usage(format!("{argument}: {why}")).into()
        }
        other => other.into(),
    }
}
