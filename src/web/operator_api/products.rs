//! Products: what bars sell, and for how much.

use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::products::{self, Colour, NewProduct, Product};
use crate::ids::ProductId;
use crate::money::Cents;
use crate::web::body::Json;
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::{EventInPath, InPath};
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product to be put on sale.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewProductBody {
    /// 1 to 40 characters, unique among what is sold at one place.
    name: String,
    /// Of one; 1 to 50000.
    #[schema(value_type = i64)]
    price_cents: Cents,
    /// A bar by its name or id; everywhere unless given.
    point_of_sale: Option<String>,
    /// Buttons are in the order of positions; after the others unless given.
    position: Option<i64>,
    /// Of the button.
    #[schema(schema_with = schemas::colour)]
    colour: Option<Colour>,
}

/// A product.
#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
pub(in crate::web) struct ProductAnswer {
    #[schema(value_type = Uuid)]
    id: ProductId,
    name: String,
    #[schema(value_type = i64)]
    price_cents: Cents,
    /// The bar's name; null: sold everywhere.
    point_of_sale: Option<String>,
    position: i64,
    #[schema(schema_with = schemas::colour)]
    colour: Option<Colour>,
    /// When it went off sale.
    #[schema(value_type = Option<String>, format = DateTime)]
    retired_at: Option<Timestamp>,
}

impl From<Product> for ProductAnswer {
    fn from(product: Product) -> ProductAnswer {
        ProductAnswer {
            id: product.id,
            name: product.name,
            price_cents: product.price,
            point_of_sale: product.point_of_sale.map(|(_, name)| name),
            position: product.position,
            colour: product.colour,
            retired_at: product.retired_at,
        }
    }
}

/// Puts a product on sale. A price never changes: retire the product and add it again, in its position where it had one.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/products", tag = "Events", operation_id = "add_product",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = NewProductBody,
    responses(
        (status = 201, description = "The product", body = ProductAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`name-taken`, `event-closed`, `point-of-sale-retired`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    Json(body): Json<NewProductBody>,
) -> Result<(StatusCode, Json<ProductAnswer>), Problem> {
    let new = NewProduct {
        name: body.name,
        price: body.price_cents,
        point_of_sale: body.point_of_sale,
        position: body.position,
        colour: body.colour,
    };
    let product = products::add(&store, &caller.actor(), clock.now(), &event, &new).await?;
    Ok((StatusCode::CREATED, Json(product.into())))
}

/// All that a festival has on sale.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ProductList {
    /// In the order of their buttons; 1000 at most.
    products: Vec<ProductAnswer>,
}

/// Lists what is on sale.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/products", tag = "Events", operation_id = "list_products",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    responses(
        (status = 200, description = "What is on sale, in the order of the buttons", body = ProductList),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    EventInPath(event): EventInPath,
) -> Result<Json<ProductList>, Problem> {
    let found = products::sold_in(&mut *store.read().await?, event.id).await?;
    Ok(Json(ProductList { products: found.into_iter().map(Into::into).collect() }))
}

/// Takes a product off sale; again, and the answer is the same.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/products/{id}/retire", tag = "Events", operation_id = "retire_product",
    security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("id" = Uuid, Path, description = "The product"),
    ),
    responses(
        (status = 200, description = "The product", body = ProductAnswer),
        (status = 404, description = "`unknown-event`, `unknown-product`"),
    )
)]
pub(in crate::web) async fn retire(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<ProductId>,
) -> Result<Json<ProductAnswer>, Problem> {
    let product = products::retire(&store, &caller.actor(), clock.now(), &event, id).await?;
    Ok(Json(product.into()))
}
