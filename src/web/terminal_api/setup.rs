//! What a terminal needs to know of itself before it sells.

use super::AtBar;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::products::{self, Colour, Product};
use crate::events::{self, Codes};
use crate::ids::{ProductId, TerminalId};
use crate::money::Cents;
use crate::terminals::{Balance, Refusal, Till};
use crate::web::body::Json;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A button of the bar's app.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct SoldAnswer {
    #[schema(value_type = Uuid)]
    id: ProductId,
    name: String,
    /// Of one; below zero for what is given back.
    #[schema(value_type = i64)]
    price_cents: Cents,
    #[schema(schema_with = schemas::colour)]
    colour: Option<Colour>,
}

impl From<Product> for SoldAnswer {
    fn from(product: Product) -> SoldAnswer {
        let Product { id, name, price, colour, .. } = product;
        SoldAnswer { id, name, price_cents: price, colour }
    }
}

/// A terminal, where it stands and what it sells.
#[derive(Serialize, ToSchema)]
#[schema(as = Terminal)]
pub(in crate::web) struct SetupAnswer {
    #[schema(value_type = Uuid)]
    terminal_id: TerminalId,
    /// The festival's slug.
    event: String,
    event_name: String,
    /// False once the festival is closed: nothing is charged any more.
    event_open: bool,
    /// The bar's name.
    point_of_sale: String,
    #[schema(schema_with = schemas::codes)]
    codes: Codes,
    /// Smallest charge.
    #[schema(value_type = i64)]
    charge_min_cents: Cents,
    /// Largest charge.
    #[schema(value_type = i64)]
    charge_max_cents: Cents,
    currency: &'static str,
    /// In the order of the buttons.
    products: Vec<SoldAnswer>,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

/// Tells a terminal where it stands, what it sells and how much it may charge.
#[utoipa::path(
    get, path = "/api/v1/terminal", tag = "Terminals", operation_id = "read_terminal",
    security(("terminal" = [])),
    responses((status = 200, description = "The terminal that asks", body = SetupAnswer))
)]
pub(in crate::web) async fn get(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    State(store): State<Store>,
    State(clock): State<Clock>,
) -> Result<Json<SetupAnswer>, Problem> {
    if !till.is_live(&terminal).await? {
        return Err(Refusal::TerminalRevoked.into());
    }
    let mut session = store.read_at_bar().await?;
    let event = events::store::by_ids(&mut session, [terminal.event_id]).await?.pop();
    let event = event.ok_or_else(|| Problem::internal("a terminal without its event"))?;
    // It may have been renamed since this terminal was remembered by its token.
    let bar = events::store::point_of_sale(&mut session, event.id, terminal.point_of_sale_id).await?;
    let bar = bar.ok_or_else(|| Problem::internal("a terminal without its point of sale"))?;
    let sold = products::sold_at(&mut session, event.id, terminal.point_of_sale_id).await?;
    let rules = &event.rules;
    let charge_max = match rules.codes {
        Codes::Separate => rules.charge_max,
        Codes::Single => rules.charge_max.min(rules.single_charge_max),
    };
    Ok(Json(SetupAnswer {
        terminal_id: terminal.id,
        event: terminal.event.to_string(),
        event_open: event.is_open(),
        point_of_sale: bar.name,
        codes: rules.codes,
        charge_min_cents: rules.charge_min,
        charge_max_cents: charge_max,
        currency: Balance::CURRENCY,
        products: sold.into_iter().map(Into::into).collect(),
        as_of: clock.now(),
        event_name: event.name,
    }))
}
