//! Bars and the vendors who are owed what they take.

use super::parked::{page_limit, page_of};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::{self, NewPointOfSale, PointOfSale, Vendor};
use crate::ids::{PointOfSaleId, VendorId};
use crate::media::print_shop;
use crate::web::body::{Json, OptionalJson, Query};
use crate::web::caller::{Allowed, LookUp, ManageEvents};
use crate::web::in_path::{EventInPath, InPath};
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A bar to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewPointOfSaleBody {
    /// Unique within the event, in whichever case it is written.
    name: String,
    /// Who is owed the money: an existing vendor's name, or a new one's. The bar's own name unless given.
    vendor: Option<String>,
}

/// A bar.
#[derive(Serialize, ToSchema)]
#[schema(as = PointOfSale)]
pub(in crate::web) struct PointOfSaleAnswer {
    #[schema(value_type = Uuid)]
    id: PointOfSaleId,
    name: String,
    #[schema(value_type = Uuid)]
    vendor_id: VendorId,
    vendor: String,
    /// When it was retired; null while terminals may stand there.
    #[schema(value_type = Option<String>, format = DateTime)]
    retired_at: Option<Timestamp>,
}

impl From<PointOfSale> for PointOfSaleAnswer {
    fn from(point: PointOfSale) -> PointOfSaleAnswer {
        let PointOfSale { id, name, vendor_id, vendor, retired_at, .. } = point;
        PointOfSaleAnswer { id, name, vendor_id, vendor, retired_at }
    }
}

/// Adds a bar.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/points-of-sale", tag = "Events", operation_id = "add_point_of_sale",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    request_body = NewPointOfSaleBody,
    responses(
        (status = 201, description = "The bar", body = PointOfSaleAnswer),
        (status = 404, description = "`unknown-event`"),
        (status = 409, description = "`name-taken`, `event-closed`"),
    )
)]
pub(in crate::web) async fn post(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    Json(body): Json<NewPointOfSaleBody>,
) -> Result<(StatusCode, Json<PointOfSaleAnswer>), Problem> {
    let new = NewPointOfSale { name: body.name, vendor: body.vendor };
    let point = print_shop::add_point_of_sale(&store, &caller.actor(), clock.now(), &event, &new).await?;
    Ok((StatusCode::CREATED, Json(point.into())))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct BarsQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 200 unless given.
    limit: Option<i64>,
}

/// A page of a festival's bars.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PointOfSaleList {
    /// By name.
    points_of_sale: Vec<PointOfSaleAnswer>,
    /// What `after` takes for the next page; null at the end.
    next: Option<String>,
}

/// Lists the bars of a festival, retired ones as well.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/points-of-sale", tag = "Events", operation_id = "list_points_of_sale",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug"), BarsQuery),
    responses(
        (status = 200, description = "Its bars by name", body = PointOfSaleList),
        (status = 404, description = "`unknown-event`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    EventInPath(event): EventInPath,
    Query(query): Query<BarsQuery>,
) -> Result<Json<PointOfSaleList>, Problem> {
    let limit = page_limit(query.limit)?;
    let after = query.after.unwrap_or_default();
    let found = events::store::points_of_sale(&mut *store.read().await?, event.id, &after, limit + 1).await?;
    let (found, more) = page_of(found, limit);
    let next = found.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Json(PointOfSaleList { points_of_sale: found.into_iter().map(Into::into).collect(), next }))
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct RenameBody {
    /// Unique within the event, in whichever case it is written.
    name: String,
}

/// Gives a bar another name, in the books as well. Its vendor keeps theirs.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/points-of-sale/{id}/rename", tag = "Events",
    operation_id = "rename_point_of_sale", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("id" = Uuid, Path, description = "The bar"),
    ),
    request_body = RenameBody,
    responses(
        (status = 200, description = "The bar", body = PointOfSaleAnswer),
        (status = 404, description = "`unknown-event`, `unknown-point-of-sale`"),
        (status = 409, description = "`name-taken`, `event-closed`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn rename(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<PointOfSaleId>,
    Json(body): Json<RenameBody>,
) -> Result<Json<PointOfSaleAnswer>, Problem> {
    let renamed = (id, body.name.as_str());
    let point =
        print_shop::rename_point_of_sale(&store, &caller.actor(), clock.now(), &event, renamed).await?;
    Ok(Json(point.into()))
}

/// Why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct BarReasonBody {
    /// For whoever asks later.
    reason: Option<String>,
}

/// Retires a bar at which no terminal stands: it stays in the books, and what was sold there only goes off sale. Again,
/// and the answer is the same.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/points-of-sale/{id}/retire", tag = "Events",
    operation_id = "retire_point_of_sale", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("id" = Uuid, Path, description = "The bar"),
    ),
    request_body(content = Option<BarReasonBody>),
    responses(
        (status = 200, description = "The bar", body = PointOfSaleAnswer),
        (status = 404, description = "`unknown-event`, `unknown-point-of-sale`"),
        (status = 409, description = "`point-of-sale-used`: terminals stand there; `event-closed`"),
    )
)]
pub(in crate::web) async fn retire(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<PointOfSaleId>,
    OptionalJson(body): OptionalJson<BarReasonBody>,
) -> Result<Json<PointOfSaleAnswer>, Problem> {
    let retired = (id, body.reason.as_deref());
    let point = events::retire_point_of_sale(&store, &caller.actor(), clock.now(), &event, retired).await?;
    Ok(Json(point.into()))
}

/// Opens a bar again that was retired, so that terminals may stand there. What went off sale with it stays off sale. Again,
/// and the answer is the same.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/points-of-sale/{id}/reopen", tag = "Events",
    operation_id = "reopen_point_of_sale", security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("id" = Uuid, Path, description = "The bar"),
    ),
    request_body(content = Option<BarReasonBody>),
    responses(
        (status = 200, description = "The bar", body = PointOfSaleAnswer),
        (status = 404, description = "`unknown-event`, `unknown-point-of-sale`"),
        (status = 409, description = "`event-closed`"),
    )
)]
pub(in crate::web) async fn reopen(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<PointOfSaleId>,
    OptionalJson(body): OptionalJson<BarReasonBody>,
) -> Result<Json<PointOfSaleAnswer>, Problem> {
    let reopened = (id, body.reason.as_deref());
    let point = events::reopen_point_of_sale(&store, &caller.actor(), clock.now(), &event, reopened).await?;
    Ok(Json(point.into()))
}

/// A vendor.
#[derive(Serialize, ToSchema)]
#[schema(as = Vendor)]
pub(in crate::web) struct VendorAnswer {
    #[schema(value_type = Uuid)]
    id: VendorId,
    name: String,
}

/// Gives a vendor another name, in the books as well. Their bars keep theirs.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/vendors/{id}/rename", tag = "Events", operation_id = "rename_vendor",
    security(("operator" = [])),
    params(
        ("event" = String, Path, description = "The festival's slug"),
        ("id" = Uuid, Path, description = "The vendor: a bar's `vendor_id`"),
    ),
    request_body = RenameBody,
    responses(
        (status = 200, description = "The vendor", body = VendorAnswer),
        (status = 404, description = "`unknown-event`, `unknown-vendor`"),
        (status = 409, description = "`name-taken`, `event-closed`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn rename_vendor(
    caller: Allowed<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    EventInPath(event): EventInPath,
    InPath(id): InPath<VendorId>,
    Json(body): Json<RenameBody>,
) -> Result<Json<VendorAnswer>, Problem> {
    let renamed = (id, body.name.as_str());
    let vendor = print_shop::rename_vendor(&store, &caller.actor(), clock.now(), &event, renamed).await?;
    let Vendor { id, name, .. } = vendor;
    Ok(Json(VendorAnswer { id, name }))
}
