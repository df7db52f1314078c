//! A festival's set-up: one page for each part, and the page that leads to them.

mod points_of_sale;

use super::at::AtFestival;
use super::shell::{Place, Shell};
use crate::web::App;
use crate::web::caller::ManageEvents;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/console/{event}/set-up", routing::get(get)).route(
        "/console/{event}/set-up/points-of-sale",
        routing::get(points_of_sale::get).post(points_of_sale::post),
    )
}

#[derive(Template)]
#[template(path = "web/console/set_up.html")]
struct SetUpPage {
    shell: Shell,
    path: String,
}

/// `GET /console/{event}/set-up`
async fn get(at: AtFestival<ManageEvents>) -> Response {
    at.page(StatusCode::OK, &SetUpPage { shell: at.shell(Place::SetUp), path: at.path("/set-up") })
}

/// What stands around a part's own page.
fn part_shell(at: &AtFestival<ManageEvents>) -> Shell {
    at.shell(Place::SetUp).under("Set-up", at.path("/set-up"))
}
