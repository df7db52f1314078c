//! `polsband event`: festivals.

mod artwork;
mod create;
mod provider;
mod rules;
mod top_up;
mod view;

pub(super) use view::BatchView;

use super::failure::Usage;
use super::out::note;
use super::shell::Shell;
use crate::events::{self, EventError, ProfileChange};
use crate::media;
use crate::providers::Connections;
use clap::Subcommand;
use create::{Create, read_api_key};
use std::path::{Path, PathBuf};
use view::{ShownEvent, view};

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
    /// Give an event's Bancontact profile another API key; it is tried before it is kept, encrypted, and running services use it
    /// within seconds
    SetKey {
        /// The event's name in addresses
        #[arg(value_name = "EVENT")]
        slug: String,
        /// The file that holds the key, and nothing else
        #[arg(long, value_name = "FILE")]
        api_key_file: PathBuf,
    },
    /// Change an event's rules while it runs, but for those that stand in printed codes; what isn't given stays as it is
    Rules(Box<rules::ChangeRules>),
    /// Give an event's sheets a logo and a colour; without either, say what they have
    Artwork(artwork::ArtworkArgs),
    /// Accounts at providers that make a payment for each top-up, and a Bancontact profile for an event without one
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// What somebody may pay at once on our own top-up page; without a limit, say what it is
    TopUp(top_up::TopUpArgs),
    /// Close an event: nothing is charged any more, and its profile and accounts are free for another event
    Close {
        /// The event's name in addresses
        #[arg(value_name = "EVENT")]
        slug: String,
    },
}

pub(super) async fn run(command: EventCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        EventCommand::Create(create) => create::run(*create, shell).await,
        EventCommand::List => list(shell).await,
        EventCommand::Show { slug } => show(&slug, shell).await,
        EventCommand::SetKey { slug, api_key_file } => set_key(&slug, &api_key_file, shell).await,
        EventCommand::Rules(change) => rules::run(*change, shell).await,
        EventCommand::Artwork(args) => artwork::run(args, shell).await,
        EventCommand::TopUp(args) => top_up::run(args, shell).await,
        EventCommand::Provider(command) => provider::run(command, shell).await,
        EventCommand::Close { slug } => close(&slug, shell).await,
    }
}

async fn list(shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let events =
        events::store::list(&mut *context.store.read().await?, None, events::store::EVENTS_MAX).await?;
    let mut views = Vec::with_capacity(events.len());
    for event in events {
        views.push(view(&context, event).await?);
    }
    shell.out.list(&views, ["event", "name", "profile", "created", "closed"], |view| {
        let closed = view.closed_at.map_or(String::new(), |at| at.to_string());
        [
            view.slug.clone(),
            view.name.clone(),
            view.profile_id.clone().unwrap_or_default(),
            view.created_at.to_string(),
            closed,
        ]
    })?;
    context.close().await;
    Ok(())
}

async fn show(slug: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(slug).await?;
    let batches =
        media::store::batches(&mut *context.store.read().await?, event.id, None, media::store::BATCHES_MAX)
            .await?;
    let batches: Vec<BatchView> = batches.into_iter().map(BatchView::of).collect();
    let shown = ShownEvent { event: view(&context, event).await?, batches };
    shell.out.one(&shown, shown.text())?;
    context.close().await;
    Ok(())
}

async fn set_key(slug: &str, api_key_file: &Path, shell: &Shell) -> anyhow::Result<()> {
    let change = ProfileChange { api_key: Some(read_api_key(api_key_file)?), ..ProfileChange::default() };
    let context = shell.open().await?;
    let event = context.event(slug).await?;
    let (store, keys, actor, now) = (&context.store, &context.keys, &context.actor, context.now());
    let trial = events::try_change(store, keys, &Connections::new(), now, (&event, &change)).await;
    let trial = trial.map_err(|error| in_arguments(error, "api-key-file"))?;
    let changed = events::change_profile(store, keys, actor, now, slug, &change).await;
    changed.map_err(|error| in_arguments(error, "api-key-file"))?;
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("{} has a new API key", view.slug))?;
    trial.doubt().iter().for_each(note);
    context.close().await;
    Ok(())
}

async fn close(slug: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    context.event(slug).await?;
    let event = events::close(&context.store, &context.actor, context.now(), slug).await?;
    let view = view(&context, event).await?;
    shell.out.one(&view, format_args!("{} is closed", view.slug))?;
    if let (Some(profile), Some(url)) = (&view.profile_id, &view.callback_url) {
        note(format_args!(
            "Another event may have profile {profile} now. Bancontact goes on calling {url}: ask them to change that \
             when one does."
        ));
    }
    context.close().await;
    Ok(())
}

/// A field that is wrong was an argument: a flag, or the one that stands by its place.
pub(in crate::cli) fn in_arguments(error: EventError, by_place: &str) -> anyhow::Error {
    match error {
        EventError::Invalid { field, why } => {
            let argument = match field {
                field if field == by_place => field.to_uppercase(),
                "api_key" => "--api-key-file".to_owned(),
                "price_cents" => "--price".to_owned(),
                "webhook_secret" => "--webhook-secret-file".to_owned(),
                "signature_window_seconds" => "--signature-window".to_owned(),
                field => format!("--{}", field.replace('_', "-")),
            };
            Usage(format!("{argument}: {why}")).into()
        }
        other => other.into(),
    }
}
