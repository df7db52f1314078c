//! The operators' part of the API: festivals, media, money. Each call names the right it takes.

mod batch_answers;
mod batch_life;
mod batches;
mod downloads;
mod event_error;
mod event_key;
mod events;
mod hosts;
mod media;
pub(in crate::web) mod parked;
pub(in crate::web) mod payments;
mod pipe;
mod points_of_sale;
mod press;
mod products;
mod providers;
mod quarantine;
mod reconcile;
mod rules;
mod statement;
mod terminals;
mod top_up_limits;

pub(in crate::web) use downloads::{SheetQuery, Shop};
pub(in crate::web) use media::Desk;
pub(in crate::web) use press::{COUNT_MAX, Press};
pub(in crate::web) use quarantine::Rolls;

use super::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::web) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(events::post, events::list))
        .routes(routes!(events::get))
        .routes(routes!(events::close))
        .routes(routes!(event_key::post))
        .routes(routes!(rules::patch))
        .routes(routes!(points_of_sale::post, points_of_sale::list))
        .routes(routes!(points_of_sale::rename))
        .routes(routes!(points_of_sale::retire))
        .routes(routes!(points_of_sale::reopen))
        .routes(routes!(points_of_sale::rename_vendor))
        .routes(routes!(products::post, products::list))
        .routes(routes!(products::retire))
        .routes(routes!(providers::post, providers::list))
        .routes(routes!(providers::keys))
        .routes(routes!(providers::put_first))
        .routes(routes!(providers::pause))
        .routes(routes!(providers::resume))
        .routes(routes!(top_up_limits::get, top_up_limits::put))
        .routes(routes!(providers::remove))
        .routes(routes!(batches::post, batches::list))
        .routes(routes!(batches::preview))
        .routes(routes!(batch_life::get))
        .routes(routes!(batch_life::printed))
        .routes(routes!(batch_life::receive))
        .routes(routes!(batch_life::activate))
        .routes(routes!(batch_life::reissue))
        .routes(routes!(quarantine::quarantine))
        .routes(routes!(quarantine::release))
        .routes(routes!(hosts::list))
        .routes(routes!(downloads::sheet))
        .routes(routes!(downloads::manifest))
        .routes(routes!(downloads::layouts))
        .routes(routes!(downloads::csv))
        .routes(routes!(downloads::zip))
        .routes(routes!(terminals::post))
        .routes(routes!(terminals::list))
        .routes(routes!(terminals::revoke))
        .routes(routes!(media::activate))
        .routes(routes!(media::freeze))
        .routes(routes!(media::unfreeze))
        .routes(routes!(media::replace))
        .routes(routes!(media::revoke))
        .routes(routes!(reconcile::post))
        .routes(routes!(reconcile::get))
        .routes(routes!(parked::list))
        .routes(routes!(parked::resolve))
        .routes(routes!(statement::get))
        .routes(routes!(payments::list))
}
