//! `polsband point-of-sale`: bars.

use super::context::Context;
use super::event::in_arguments;
use super::shell::Shell;
use crate::clock::Timestamp;
use crate::events::{self, Event, EventError, NewPointOfSale, PointOfSale, Vendor};
use crate::ids::{PointOfSaleId, VendorId};
use crate::media::print_shop;
use clap::{Args, Subcommand};
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
    /// Give a bar another name, in the books as well; its vendor keeps theirs
    Rename {
        /// The event's name in addresses
        event: String,
        /// The bar, by its name or id
        #[arg(value_name = "BAR")]
        point_of_sale: String,
        /// Its other name
        name: String,
    },
    /// Retire a bar at which no terminal stands: it stays in the books, and what is sold there only goes off sale
    Retire(BarArgs),
    /// Open a bar again that was retired: terminals can be added there; what went off sale with it stays off sale
    Reopen(BarArgs),
    /// Give a vendor another name, in the books as well; their bars keep theirs
    RenameVendor {
        /// The event's name in addresses
        event: String,
        /// The vendor, by their name or id
        vendor: String,
        /// Their other name
        name: String,
    },
    /// The bars of an event, or of all open events
    List {
        /// The event's name in addresses
        event: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct BarArgs {
    /// The event's name in addresses
    event: String,
    /// The bar, by its name or id
    #[arg(value_name = "BAR")]
    point_of_sale: String,
    /// Why, for the audit log
    #[arg(long)]
    reason: Option<String>,
}

/// A bar as it is printed.
#[derive(Serialize)]
struct View {
    id: PointOfSaleId,
    event: String,
    name: String,
    vendor: String,
    retired_at: Option<Timestamp>,
}

impl View {
    fn of(point: PointOfSale, event: &Event) -> View {
        let PointOfSale { id, name, vendor, retired_at, .. } = point;
        View { id, event: event.slug.to_string(), name, vendor, retired_at }
    }
}

/// A vendor as it is printed.
#[derive(Serialize)]
struct VendorView {
    id: VendorId,
    event: String,
    name: String,
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
        PointOfSaleCommand::Rename { event, point_of_sale, name } => {
            let event = context.event(&event).await?;
            let id = known(&context, &event, point_of_sale).await?;
            let (store, actor, renamed) = (&context.store, &context.actor, (id, name.as_str()));
            let point = print_shop::rename_point_of_sale(store, actor, context.now(), &event, renamed).await;
            let view = View::of(point.map_err(|error| in_arguments(error, "name"))?, &event);
            shell.out.one(&view, format_args!("{id} is called {} now", view.name))?;
        }
        PointOfSaleCommand::Retire(bar) => stand(&context, bar, false, shell).await?,
        PointOfSaleCommand::Reopen(bar) => stand(&context, bar, true, shell).await?,
        PointOfSaleCommand::RenameVendor { event, vendor, name } => {
            rename_vendor(&context, (event.as_str(), vendor, name.as_str()), shell).await?;
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
            shell.out.list(&views, ["event", "name", "vendor", "id", "retired"], |view| {
                let retired = view.retired_at.map_or(String::new(), |at| at.to_string());
                [view.event.clone(), view.name.clone(), view.vendor.clone(), view.id.to_string(), retired]
            })?;
        }
    }
    context.close().await;
    Ok(())
}

/// Retires a bar, or opens it again.
async fn stand(context: &Context, bar: BarArgs, is_open: bool, shell: &Shell) -> anyhow::Result<()> {
    let event = context.event(&bar.event).await?;
    let which = (known(context, &event, bar.point_of_sale).await?, bar.reason.as_deref());
    let (store, actor, now) = (&context.store, &context.actor, context.now());
    let (point, done) = match is_open {
        true => (events::reopen_point_of_sale(store, actor, now, &event, which).await?, "is open again"),
        false => (events::retire_point_of_sale(store, actor, now, &event, which).await?, "is retired"),
    };
    let view = View::of(point, &event);
    shell.out.one(&view, format_args!("{} {done}", view.name))
}

async fn rename_vendor(
    context: &Context,
    (event, vendor, name): (&str, String, &str),
    shell: &Shell,
) -> anyhow::Result<()> {
    let event = context.event(event).await?;
    let found = events::store::vendor_named(&mut *context.store.read().await?, event.id, &vendor).await?;
    let renamed = (found.ok_or(EventError::UnknownVendor(vendor))?.id, name);
    let (store, actor) = (&context.store, &context.actor);
    let vendor = print_shop::rename_vendor(store, actor, context.now(), &event, renamed).await;
    let Vendor { id, name, .. } = vendor.map_err(|error| in_arguments(error, "name"))?;
    let view = VendorView { id, event: event.slug.to_string(), name };
    shell.out.one(&view, format_args!("{id} is called {} now", view.name))
}

/// The bar that an argument names.
async fn known(context: &Context, event: &Event, wanted: String) -> anyhow::Result<PointOfSaleId> {
    let mut session = context.store.read().await?;
    let found = events::store::point_of_sale_named(&mut session, event.id, &wanted).await?;
    Ok(found.ok_or(EventError::UnknownPointOfSale(wanted))?.id)
}
