//! The addresses that a festival's codes were printed with.

use crate::db::Store;
use crate::ids::BatchId;
use crate::media::batch_life::Counts;
use crate::media::hosts::{self, HostKind, Retired};
use crate::web::app::{PublicUrl, Statements};
use crate::web::body::Json;
use crate::web::caller::{Allowed, LookUp};
use crate::web::in_path::EventInPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// An address with what was printed with it.
#[derive(Serialize, ToSchema)]
#[schema(as = Host)]
pub(in crate::web) struct HostAnswer {
    #[schema(schema_with = schemas::host_kind)]
    kind: HostKind,
    url: String,
    /// Whether somebody should do something about it.
    is_retired: bool,
    /// Why it is retired.
    #[schema(schema_with = schemas::retired)]
    retired: Option<Retired>,
    /// The same in words.
    why: Option<&'static str>,
    /// The newest first.
    #[schema(value_type = Vec<Uuid>)]
    batches: Vec<BatchId>,
    /// How many of their media are issued, active, frozen and quarantined.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    media: Counts,
}

/// All addresses of a festival.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct HostList {
    hosts: Vec<HostAnswer>,
}

/// Lists the addresses that a festival's codes were printed with, and which of them are retired.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/hosts", tag = "Media", operation_id = "list_hosts",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    responses(
        (status = 200, description = "Its printed addresses", body = HostList),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn list(
    _: Allowed<LookUp>,
    State(store): State<Store>,
    State(PublicUrl(public_url)): State<PublicUrl>,
    State(statements): State<Statements>,
    EventInPath(event): EventInPath,
) -> Result<Json<HostList>, Problem> {
    // All media are counted.
    let _turn = statements.turn().await;
    let found = hosts::hosts(&store, event.id, &public_url).await?;
    let hosts = found.into_iter().map(|host| HostAnswer {
        kind: host.kind,
        url: host.url,
        is_retired: host.retired.is_some(),
        retired: host.retired,
        why: host.retired.map(Retired::sentence),
        batches: host.batches,
        media: host.media,
    });
    Ok(Json(HostList { hosts: hosts.collect() }))
}
