//! `polsband event top-up`: what somebody may pay at once on our own page.

use super::in_arguments;
use crate::cli::out::note;
use crate::cli::shell::Shell;
use crate::events::EventError;
use crate::events::top_up_limits::{self, TopUpLimits};
use crate::money::Cents;
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub(in crate::cli) struct TopUpArgs {
    /// The event's name in addresses
    event: String,
    /// The smallest amount in euros, such as 5,00
    #[arg(long, value_name = "EUROS", allow_hyphen_values = true)]
    min: Option<Cents>,
    /// The largest amount in euros, such as 100,00
    #[arg(long, value_name = "EUROS", allow_hyphen_values = true)]
    max: Option<Cents>,
}

/// Limits as they are printed.
#[derive(Serialize)]
struct View {
    event: String,
    min_cents: Cents,
    max_cents: Cents,
}

pub(super) async fn run(args: TopUpArgs, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(&args.event).await?;
    let mut limits = top_up_limits::of(&mut *context.store.read().await?, &event).await?;
    if args.min.is_some() || args.max.is_some() {
        limits = TopUpLimits { min: args.min.unwrap_or(limits.min), max: args.max.unwrap_or(limits.max) };
        let by = (&context.actor, context.now());
        let set = top_up_limits::set(&context.store, by, &event, limits).await;
        set.map_err(|error| in_arguments(as_arguments(error), "event"))?;
    }
    let view = View { event: event.slug.to_string(), min_cents: limits.min, max_cents: limits.max };
    if let Some(above) = limits.above_balance(&event.rules) {
        note(above);
    }
    let said = format_args!("{}: from {} to {} at once", view.event, view.min_cents, view.max_cents);
    shell.out.one(&view, said)?;
    context.close().await;
    Ok(())
}

/// The fields are called after their flags here.
fn as_arguments(error: EventError) -> EventError {
    match error {
        EventError::Invalid { field: "min_cents", why } => EventError::Invalid { field: "min", why },
        EventError::Invalid { field: "max_cents", why } => EventError::Invalid { field: "max", why },
        other => other,
    }
}
