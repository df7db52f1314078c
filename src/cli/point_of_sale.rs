//! `polsband point-of-sale`: bars.

use super::event::in_arguments;
use super::shell::Shell;
use crate::events::{self, Event, NewPointOfSale, PointOfSale};
use crate::ids::PointOfSaleId;
use crate::media::print_shop;
use clap::Subcommand;
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum PointOfSaleCommand {
    /// Add a bar to an event
    Add {
        /// The event's name in addresses
        event: String,
        /// The bar's name
        name: String,
        /// Who is owed what it takes: one of the event's vendors, or a new one [default: the bar's own name]
        #[arg(long)]
        vendor: Option<String>,
    },
    /// The bars of an event, or of all open events
    List {
        /// The event's name in addresses
        event: Option<String>,
    },
}

/// A bar as it is printed.
#[derive(Serialize)]
struct View {
    id: PointOfSaleId,
    event: String,
    name: String,
    vendor: String,
}

impl View {
    fn of(point: PointOfSale, event: &Event) -> View {
        View { id: point.id, event: event.slug.to_string(), name: point.name, vendor: point.vendor }
    }
}

pub(super) async fn run(command: PointOfSaleCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    match command {
        PointOfSaleCommand::Add { event, name, vendor } => {
            let event = context.event(&event).await?;
            let new = NewPointOfSale { name, vendor };
            let (store, actor) = (&context.store, &context.actor);
            let added = print_shop::add_point_of_sale(store, actor, context.now(), &event, &new).await;
            let view = View::of(added.map_err(|error| in_arguments(error, "name"))?, &event);
            shell.out.one(&view, view.id)?;
        }
        PointOfSaleCommand::List { event } => {
            let events = match event {
                Some(slug) => vec![context.event(&slug).await?],
                None => {
                    let all = events::store::list(
                        &mut *context.store.read().await?,
                        None,
                        events::store::EVENTS_MAX,
                    )
                    .await?;
                    all.into_iter().filter(Event::is_open).collect()
                }
            };
            let mut views = Vec::new();
            for event in &events {
                let points = events::store::points_of_sale(
                    &mut *context.store.read().await?,
                    event.id,
                    "",
                    events::store::POINTS_OF_SALE_MAX,
                )
                .await?;
                views.extend(points.into_iter().map(|point| View::of(point, event)));
            }
            shell.out.list(&views, ["event", "name", "vendor", "id"], |view| {
                [view.event.clone(), view.name.clone(), view.vendor.clone(), view.id.to_string()]
            })?;
        }
    }
    context.close().await;
    Ok(())
}
