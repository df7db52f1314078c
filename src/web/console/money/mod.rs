//! Money that needs a person, payments, and comparing them with the provider's list.

mod back;
mod matter;
mod paid_onto;
mod payment;
mod payments;
mod reconcile;
mod returns;
mod said;
mod search;
mod waiting;

use crate::web::App;
use axum::Router;
use axum::routing::get;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/{event}/waiting", get(waiting::get))
        .route("/console/{event}/waiting/{matter}", get(matter::get).post(matter::post))
        .route("/console/{event}/payments", get(payments::get).post(payments::post))
        .route("/console/{event}/payments/{payment}", get(payment::get))
        .route("/console/{event}/returns", get(returns::get))
        .route("/console/{event}/reconcile", get(reconcile::get).post(reconcile::post))
        .route("/console/{event}/reconcile/{run}", get(reconcile::run))
}
