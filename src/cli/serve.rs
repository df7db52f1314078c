//! `polsband serve`: the service.

use super::context::Context;
use super::out::note;
use super::service::{Listeners, Service, stop_on_signal};
use super::settings::ListenFlags;
use super::shell::Shell;
use crate::operators;
use clap::Args;

/// Run the service: callbacks, the API, the pages, and the jobs that reconcile and tidy up
#[derive(Args)]
#[command(after_help = "\
It stops at SIGTERM or Ctrl-C, after answering what it accepted. Several of them may serve one PostgreSQL database.")]
pub(super) struct Serve {
    #[command(flatten)]
    listeners: ListenFlags,
}

pub(super) async fn run(serve: Serve, shell: Shell) -> anyhow::Result<()> {
    let settings = shell.listening(serve.listeners).settings()?;
    let stop = stop_on_signal()?;
    let listeners = Listeners::bind(&settings)?;
    let settings = settings.served_at(listeners.address()?);
    let context = Context::open(settings).await?;
    for warning in context.settings.warnings() {
        note(format_args!("Note: {warning}."));
    }
    if operators::list(&mut *context.store.read().await?).await?.is_empty() {
        note(format_args!(
            "Nobody can sign in at {}/console yet. The first admin gets a link at the server: polsband operator add \
             ADDRESS --role admin",
            context.settings.public_url
        ));
    }
    tracing::info!(listen = %listeners.address()?, public_url = %context.settings.public_url, "serving");
    Service::start(&context, stop).serve(listeners).await;
    context.close().await;
    tracing::info!("stopped");
    Ok(())
}
