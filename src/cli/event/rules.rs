//! `polsband event rules`, and the rules that a new event begins with.

use super::in_arguments;
use super::view::view;
use crate::cli::out::note;
use crate::cli::shell::Shell;
use crate::cli::words::one_of;
use crate::events::{self, Activation, Counterfeit, OrNone, OverBalance, RuleChanges, top_up_limits};
use crate::language::Language;
use crate::money::Cents;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::num::ParseIntError;

const NONE: &str = "none";

#[derive(Args)]
pub(in crate::cli) struct ChangeRules {
    /// The event's name in addresses
    #[arg(value_name = "EVENT")]
    slug: String,
    #[command(flatten)]
    rules: RuleArgs,
}

// The rules that may change while an event runs. What isn't given stays as it is; a new event's has its default.
#[derive(Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// What happens to money whose description is not the printed one: credited and raised, or held [new events: flag]
    #[arg(long, value_parser = one_of!(Counterfeit))]
    counterfeit: Option<Counterfeit>,
    /// What makes a wristband active: its first top-up, or an operator [new events: first-top-up]
    #[arg(long, value_parser = one_of!(Activation))]
    activation: Option<Activation>,
    /// The most a wallet should hold, 100000000 at most, or none [new events: none]
    #[arg(long, value_name = "N", value_parser = cents_or_none, allow_negative_numbers = true)]
    balance_max_cents: Option<OrNone<Cents>>,
    /// What happens to a top-up that leads above it [new events: credit]
    #[arg(long, value_parser = one_of!(OverBalance))]
    over_balance: Option<OverBalance>,
    /// Smallest charge [new events: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    charge_min_cents: Option<i64>,
    /// Largest charge [new events: 50000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    charge_max_cents: Option<i64>,
    /// Largest charge with a top-up code; single codes only [new events: 2500]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    single_charge_max_cents: Option<i64>,
    /// Most that a wallet spends in ten minutes; single codes only [new events: 5000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    single_window_max_cents: Option<i64>,
    /// From this amount on, moving parked money takes two people [new events: 50000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    second_person_cents: Option<i64>,
    /// At what hour of the next date a day of the books ends, in Belgium: 0 to 23 [new events: 6]
    #[arg(long, value_name = "HOUR", allow_negative_numbers = true)]
    day_cut_hour: Option<i8>,
    /// The language of visitors' pages where a browser asks for none of these [new events: nl]
    #[arg(long, value_parser = one_of!(Language))]
    visitor_language: Option<Language>,
    /// The language in which a new terminal begins; none: its device's own [new events: none]
    #[arg(long, value_parser = language_or_none())]
    till_language: Option<OrNone<Language>>,
}

fn cents_or_none(text: &str) -> Result<OrNone<Cents>, ParseIntError> {
    match text {
        NONE => Ok(OrNone(None)),
        text => text.parse().map(|cents| OrNone(Some(Cents(cents)))),
    }
}

fn language_or_none() -> impl TypedValueParser<Value = OrNone<Language>> {
    let words = Language::ALL.iter().map(|word| word.as_str()).chain([NONE]);
    PossibleValuesParser::new(words).map(|word| OrNone(word.parse::<Language>().ok()))
}

impl RuleArgs {
    pub(super) fn changes(&self) -> RuleChanges {
        RuleChanges {
            counterfeit: self.counterfeit,
            activation: self.activation,
            balance_max: self.balance_max_cents,
            over_balance: self.over_balance,
            charge_min: self.charge_min_cents.map(Cents),
            charge_max: self.charge_max_cents.map(Cents),
            single_charge_max: self.single_charge_max_cents.map(Cents),
            single_window_max: self.single_window_max_cents.map(Cents),
            second_person: self.second_person_cents.map(Cents),
            day_cut_hour: self.day_cut_hour,
            visitor_language: self.visitor_language,
            till_language: self.till_language,
        }
    }
}

pub(super) async fn run(args: ChangeRules, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    context.event(&args.slug).await?;
    let (store, actor, now) = (&context.store, &context.actor, context.now());
    let changed = events::change_rules(store, actor, now, &args.slug, &args.rules.changes()).await;
    let event = changed.map_err(|error| in_arguments(error, "event"))?;
    let limits = top_up_limits::of(&mut *context.store.read().await?, &event).await?;
    if let Some(above) = limits.above_balance(&event.rules) {
        note(above);
    }
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("these rules hold for {} from now on", view.slug))?;
    context.close().await;
    Ok(())
}
