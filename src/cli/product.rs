//! `polsband product`: what bars sell.

use super::event::in_arguments;
use super::shell::Shell;
use super::words::one_of;
use crate::clock::Timestamp;
use crate::events::Event;
use crate::events::products::{self, Colour, NewProduct, Product};
use crate::ids::ProductId;
use crate::money::Cents;
use clap::Subcommand;
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum ProductCommand {
    /// Put a product on sale; to change a price, retire the product and add it again, or change it at the console
    Add {
        /// The event's name in addresses
        event: String,
        /// The product's name, as its button and the lines of a sale show it
        name: String,
        /// The price of one in euros, such as 3,50
        #[arg(long, value_name = "EUROS", allow_hyphen_values = true)]
        price: Cents,
        /// The one bar that sells it, by its name [default: all of them]
        #[arg(long, value_name = "NAME")]
        point_of_sale: Option<String>,
        /// Its place among the buttons [default: after the others, which are 10, 20, 30 …]
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        position: Option<i64>,
        /// The colour of its button
        #[arg(long, value_parser = one_of!(Colour))]
        colour: Option<Colour>,
    },
    /// What an event has on sale, in the order of the buttons
    List {
        /// The event's name in addresses
        event: String,
    },
    /// Take a product off sale; what was sold stays as it is
    Retire {
        /// The event's name in addresses
        event: String,
        /// The product's name
        name: String,
        /// The bar that sells it, by its name, for a product of one bar
        #[arg(long, value_name = "NAME")]
        point_of_sale: Option<String>,
    },
}

/// A product as it is printed.
#[derive(Serialize)]
struct View {
    id: ProductId,
    event: String,
    name: String,
    price_cents: Cents,
    point_of_sale: Option<String>,
    position: i64,
    colour: Option<Colour>,
    retired_at: Option<Timestamp>,
}

impl View {
    fn of(product: Product, event: &Event) -> View {
        View {
            id: product.id,
            event: event.slug.to_string(),
            name: product.name,
            price_cents: product.price,
            point_of_sale: product.point_of_sale.map(|(_, name)| name),
            position: product.position,
            colour: product.colour,
            retired_at: product.retired_at,
        }
    }
}

pub(super) async fn run(command: ProductCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    let (store, actor, now) = (&context.store, &context.actor, context.now());
    match command {
        ProductCommand::Add { event, name, price, point_of_sale, position, colour } => {
            let event = context.event(&event).await?;
            let new = NewProduct { name, price, point_of_sale, position, colour };
            let added = products::add(store, actor, now, &event, &new).await;
            let view = View::of(added.map_err(|error| in_arguments(error, "name"))?, &event);
            shell.out.one(&view, format_args!("{} is sold for {}", view.name, view.price_cents))?;
        }
        ProductCommand::List { event } => {
            let event = context.event(&event).await?;
            let found = products::sold_in(&mut *store.read().await?, event.id).await?;
            let views: Vec<View> = found.into_iter().map(|product| View::of(product, &event)).collect();
            shell.out.list(&views, ["name", "price", "point of sale", "position", "colour"], |view| {
                [
                    view.name.clone(),
                    view.price_cents.to_string(),
                    view.point_of_sale.clone().unwrap_or_else(|| "all".to_owned()),
                    view.position.to_string(),
                    view.colour.map_or(String::new(), |colour| colour.to_string()),
                ]
            })?;
        }
        ProductCommand::Retire { event, name, point_of_sale } => {
            let event = context.event(&event).await?;
            let found = products::named(store, &event, &name, point_of_sale.as_deref()).await;
            let product = found.map_err(|error| in_arguments(error, "name"))?;
            let product = products::retire(store, actor, now, &event, product.id).await?;
            let view = View::of(product, &event);
            shell.out.one(&view, format_args!("{} is sold no more", view.name))?;
        }
    }
    context.close().await;
    Ok(())
}
