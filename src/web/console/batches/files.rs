//! The files of a batch, and the picture of a piece. Whoever has a sheet or a list can spend from every medium of it:
//! each download is in the audit log before its first byte leaves. The picture has no code that works.

use super::super::asked::{Asked, Steps};
use super::super::at::AtFestival;
use super::named;
use crate::db::Store;
use crate::events::Event;
use crate::ids::BatchId;
use crate::media::PrintJob;
use crate::media::print_shop::{artwork, layout_named};
use crate::print::{Listing, specimen_svg};
use crate::secrets::KeyFile;
use crate::web::caller::Print;
use crate::web::operator_api::{SheetQuery, Shop};
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::Deserialize;
use std::sync::Arc;

/// On which layout and printer; a choice left open is empty.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Wanted {
    layout: Option<String>,
    printer: Option<String>,
}

impl Wanted {
    fn layout(&self) -> &str {
        self.layout.as_deref().unwrap_or_default()
    }

    fn printer(&self) -> Option<&str> {
        self.printer.as_deref().filter(|name| !name.is_empty())
    }
}

/// Where the page's module is: it says how far a large file is.
pub(in crate::web::console) const SCRIPT_PATH: &str = "/assets/console/download.js";
pub(in crate::web::console) const SCRIPT: &str = include_str!("../../../../assets/web/console/download.js");

type BatchPath = Steps<(String, BatchId)>;

/// `GET /console/{event}/batches/{batch}/sheet.pdf`
pub(in crate::web::console) async fn sheet(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(shop): State<Shop>,
    Steps((_, batch)): BatchPath,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    named(&store, &at.event, batch).await?;
    let query = SheetQuery::on(wanted.layout().to_owned(), wanted.printer().map(str::to_owned));
    Ok(shop.sheet(&at.actor(), batch, query).await?)
}

/// `GET /console/{event}/batches/{batch}/codes.csv`
pub(in crate::web::console) async fn csv(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(shop): State<Shop>,
    Steps((_, batch)): BatchPath,
) -> Result<Response, Sorry> {
    named(&store, &at.event, batch).await?;
    Ok(shop.list(&at.actor(), batch).await?)
}

/// `GET /console/{event}/batches/{batch}/codes.zip`
pub(in crate::web::console) async fn zip(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(shop): State<Shop>,
    Steps((_, batch)): BatchPath,
) -> Result<Response, Sorry> {
    named(&store, &at.event, batch).await?;
    Ok(shop.pictures(&at.actor(), batch).await?)
}

/// `GET /console/{event}/batches/{batch}/manifest.json`
pub(in crate::web::console) async fn manifest(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(shop): State<Shop>,
    Steps((_, batch)): BatchPath,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    named(&store, &at.event, batch).await?;
    let layout = Some(wanted.layout()).filter(|name| !name.is_empty());
    Ok(shop.manifest(&at.actor(), batch, layout).await?)
}

/// `GET /console/{event}/batches/{batch}/specimen.svg`
pub(in crate::web::console) async fn specimen(
    at: AtFestival<Print>,
    State(store): State<Store>,
    State(shop): State<Shop>,
    State(keys): State<Arc<KeyFile>>,
    Steps((_, batch)): BatchPath,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    named(&store, &at.event, batch).await?;
    let printer = shop.printer(wanted.printer(), None).await?;
    let layouts = [layout_named(&store, wanted.layout()).await?];
    let listed = PrintJob::preview(&store, &keys, batch, &layouts, &printer, (None, None)).await?;
    picture(&store, &at.event, &listed).await
}

/// One piece on the layout of a listing, with the event's logo.
pub(super) async fn picture(store: &Store, event: &Event, listed: &[Listing<'_>]) -> Result<Response, Sorry> {
    let Some(Ok(plan)) = listed.first().map(|listing| &listing.plan) else { return Err(nothing()) };
    let logo = artwork(store, event.id).await?.logo.map(|file| logo_address(&file));
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; img-src data:; sandbox"),
    ];
    Ok((headers, specimen_svg(plan, logo.as_deref())).into_response())
}

/// A logo inside a picture.
fn logo_address(file: &[u8]) -> String {
    let kind = if file.starts_with(b"\x89PNG") { "image/png" } else { "image/svg+xml" };
    format!("data:{kind};base64,{}", BASE64.encode(file))
}

/// No picture can be made of it.
pub(super) fn nothing() -> Sorry {
    Sorry(Problem::not_found())
}
