//! `polsband terminal`: the devices at the bars.

use super::out::details;
use super::shell::Shell;
use super::words::terminal_id;
use crate::clock::Timestamp;
use crate::ids::TerminalId;
use crate::print::qr_terminal;
use crate::terminals::{self, TERMINALS_PER_PAGE_MAX, TerminalView};
use anyhow::bail;
use clap::Subcommand;
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum TerminalCommand {
    /// Add a terminal at a bar; prints the code its device enrols with, and a QR that opens the app with it; it works once
    /// within 15 minutes
    Add {
        /// The event's name in addresses
        event: String,
        /// The bar where it stands, by its name
        #[arg(long, value_name = "NAME")]
        point_of_sale: String,
    },
    /// The terminals of an event, in the order they were added
    List {
        /// The event's name in addresses
        event: String,
    },
    /// End a terminal: from now on nothing is charged with it
    Revoke {
        /// As `terminal add` and `terminal list` print it
        #[arg(value_name = "ID", value_parser = terminal_id)]
        id: TerminalId,
        /// Why, for the audit log
        #[arg(long)]
        reason: Option<String>,
    },
}

/// A new terminal as it is printed.
#[derive(Serialize)]
struct Added {
    code: String,
    /// Opens the app with the code filled in.
    link: String,
    terminal_id: TerminalId,
    expires_at: Timestamp,
}

/// A terminal as it is listed.
#[derive(Serialize)]
struct View {
    id: TerminalId,
    event: String,
    point_of_sale: String,
    device_name: Option<String>,
    created_at: Timestamp,
    enrolled_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// When it was last heard of.
    seen_at: Option<Timestamp>,
    /// Heard of in the last five minutes, and not revoked.
    online: bool,
}

impl View {
    fn of(view: TerminalView, now: Timestamp) -> View {
        View {
            online: view.is_online(now),
            seen_at: view.seen_at,
            id: view.id,
            event: view.event,
            point_of_sale: view.point_of_sale,
            device_name: view.device_name,
            created_at: view.created_at,
            enrolled_at: view.enrolled_at,
            revoked_at: view.revoked_at,
        }
    }
}

pub(super) async fn run(command: TerminalCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        TerminalCommand::Add { event, point_of_sale } => add(&event, &point_of_sale, shell).await,
        TerminalCommand::List { event } => list(&event, shell).await,
        TerminalCommand::Revoke { id, reason } => revoke(id, reason.as_deref(), shell).await,
    }
}

async fn add(event: &str, point_of_sale: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(event).await?;
    let (store, keys, actor) = (&context.store, &context.keys, &context.actor);
    let added = terminals::add(store, keys, actor, context.now(), &event, point_of_sale).await?;
    let link = terminals::app_link(&context.settings.public_url, &added.code);
    let text = details([
        ("open", link.clone()),
        ("code", added.code.clone()),
        ("works until", added.expires_at.to_string()),
        ("bar", added.point_of_sale.clone()),
        ("terminal", added.terminal_id.to_string()),
    ]);
    let code = qr_terminal(&link)?;
    let (terminal_id, expires_at) = (added.terminal_id, added.expires_at);
    let printed = Added { code: added.code, link, terminal_id, expires_at };
    shell.out.one(&printed, format_args!("{code}\n{text}"))?;
    context.close().await;
    Ok(())
}

async fn list(event: &str, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let event = context.event(event).await?;
    let mut views: Vec<View> = Vec::new();
    loop {
        let after = views.last().map(|view| view.id);
        let mut session = context.store.read().await?;
        let page = terminals::list(&mut session, Some(event.id), after, TERMINALS_PER_PAGE_MAX).await?;
        if page.is_empty() {
            break;
        }
        views.extend(page.into_iter().map(|view| View::of(view, context.now())));
    }
    let instant = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.to_string());
    shell.out.list(
        &views,
        ["id", "bar", "device", "enrolled", "revoked", "last seen", "online"],
        |view| {
            [
                view.id.to_string(),
                view.point_of_sale.clone(),
                view.device_name.clone().unwrap_or_default(),
                instant(view.enrolled_at),
                instant(view.revoked_at),
                instant(view.seen_at),
                if view.online { "yes" } else { "no" }.to_owned(),
            ]
        },
    )?;
    context.close().await;
    Ok(())
}

async fn revoke(id: TerminalId, reason: Option<&str>, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let revoked = terminals::revoke(&context.store, &context.actor, context.now(), id, reason).await?;
    let Some(view) = revoked else {
        bail!("there is no terminal {id}: `terminal list` shows them");
    };
    let view = View::of(view, context.now());
    shell.out.one(&view, format_args!("{id} at {} charges no more", view.point_of_sale))?;
    context.close().await;
    Ok(())
}
