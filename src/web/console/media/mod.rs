//! Media at the help desk: found by anything printed on them, shown with all that happened to them, moved along their
//! lives after a page that says what that does.

pub(super) mod camera;
mod medium;
mod movement;
mod moves;
mod take_back;

use super::at::AtFestival;
use super::form::Form;
use super::shell::{Place, Shell};
use crate::db::Store;
use crate::events;
use crate::media::{Found, Medium, Scanner, store::MediumView};
use crate::web::App;
use crate::web::caller::LookUp;
use crate::web::operator_api::Desk;
use crate::web::page::{Sorry, see_other, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing;
use std::sync::Arc;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/{event}/media", routing::get(get).post(post))
        .route("/console/{event}/media/camera", routing::post(camera::post))
        .route("/console/{event}/media/pieces", routing::post(camera::pieces))
        .route("/console/{event}/media/{reference}", routing::get(medium::get))
        .route("/console/{event}/media/{reference}/{move}", routing::get(moves::get).post(moves::post))
        .route("/console/{event}/charges/{charge}/void", routing::get(take_back::get).post(take_back::post))
}

#[derive(Template)]
#[template(path = "web/console/media.html")]
struct FindPage {
    shell: Shell,
    path: String,
    form: Form,
    /// The festival it belongs to, where that is another one.
    elsewhere: Option<super::shell::Link>,
}

/// `GET /console/{event}/media`
async fn get(at: AtFestival<LookUp>) -> Response {
    show(&at, Form::default(), None)
}

/// `POST /console/{event}/media`: a pay code has no place in an address.
async fn post(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    State(scanner): State<Arc<Scanner>>,
    mut form: Form,
) -> Result<Response, Sorry> {
    if !form.needs("code") {
        return Ok(show(&at, form, None));
    }
    let view = match scanner.find(form.text("code")).await? {
        Found::Medium(view) => view,
        Found::Unknown => {
            form.wrong("code", "no wristband or card has this code: is a character wrong?");
            return Ok(show(&at, form, None));
        }
        Found::Foreign(why) => {
            form.wrong("code", why);
            return Ok(show(&at, form, None));
        }
    };
    let medium = view.medium;
    if medium.event_id == at.event.id {
        return Ok(see_other(&at.path(&format!("/media/{}", medium.reference))));
    }
    let event = events::store::by_ids(&mut *store.read().await?, [medium.event_id]).await?.pop();
    let event = event.ok_or_else(|| Problem::internal("a medium without its event"))?;
    form.wrong("code", "it belongs to another festival");
    let path = format!("{}/media/{}", super::shell::festival_path(&event), medium.reference);
    Ok(show(&at, form, Some(super::shell::Link::new(event.name, path))))
}

fn show(at: &AtFestival<LookUp>, form: Form, elsewhere: Option<super::shell::Link>) -> Response {
    let status = form.status();
    with_script(
        at.page(
            status,
            &FindPage { shell: at.shell(Place::Media), path: at.path("/media"), form, elsewhere },
        ),
    )
}

/// The medium of this festival that a path names by its reference or serial.
pub(super) async fn named<R>(at: &AtFestival<R>, desk: &Desk, text: &str) -> Result<MediumView, Problem> {
    let view = desk.named(text).await?;
    if view.medium.event_id == at.event.id { Ok(view) } else { Err(Problem::not_found()) }
}

/// What stands around a page below a medium's own.
fn below<R>(at: &AtFestival<R>, medium: &Medium) -> Shell {
    at.shell(Place::Media)
        .under("Media", at.path("/media"))
        .under(medium.serial.grouped(), at.path(&format!("/media/{}", medium.reference)))
}

/// Whether one may know what a wallet was spent on: whoever helps with wrong charges, or sees the books.
fn may_see_movements(operator: &crate::operators::Operator) -> bool {
    use crate::operators::Right;
    operator.may(Right::VoidCharges) || operator.may(Right::SeeMoney)
}

const OK: StatusCode = StatusCode::OK;
