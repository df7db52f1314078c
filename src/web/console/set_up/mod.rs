//! A festival's set-up: one page for each part, and the page that leads to them in the order a newcomer needs them.

mod accounts;
mod artwork;
mod close;
mod points_of_sale;
mod printers;
mod products;
pub(super) mod provider;
mod rules;
pub(super) mod rules_form;
mod terminals;
mod top_ups;
mod vendors;

use super::at::AtFestival;
use super::shell::{Place, Shell};
use super::upload::BODY_BYTES_MAX;
use crate::db::{Session, Store};
use crate::events::{self, PointOfSale};
use crate::ids::EventId;
use crate::media;
use crate::providers::ProviderName;
use crate::secrets::KeyFile;
use crate::terminals as devices;
use crate::web::App;
use crate::web::caller::ManageEvents;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get as shows, post as does};
use std::sync::Arc;

pub(super) fn routes() -> Router<App> {
    let part = |path: &str| format!("/console/{{event}}/set-up/{path}");
    let artwork_form = shows(artwork::get).post(artwork::post).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new()
        .route("/console/{event}/set-up", shows(get))
        .route(&part("provider"), shows(provider::get).post(provider::post))
        .route(&part("accounts"), shows(accounts::get).post(accounts::post))
        .route(&part("accounts/{provider}"), shows(accounts::one::get).post(accounts::one::post))
        .route(&part("accounts/{provider}/first"), does(accounts::one::put_first))
        .route(&part("accounts/{provider}/pause"), does(accounts::one::pause))
        .route(&part("accounts/{provider}/resume"), does(accounts::one::resume))
        .route(&part("accounts/{provider}/remove"), does(accounts::one::remove))
        .route(&part("top-ups"), shows(top_ups::get).post(top_ups::post))
        .route(&part("points-of-sale"), shows(points_of_sale::get).post(points_of_sale::post))
        .route(&part("points-of-sale/{point}"), shows(points_of_sale::one).post(points_of_sale::rename))
        .route(&part("points-of-sale/{point}/retire"), does(points_of_sale::retire))
        .route(&part("points-of-sale/{point}/reopen"), does(points_of_sale::reopen))
        .route(&part("products"), shows(products::get).post(products::post))
        .route(&part("products/{product}"), shows(products::one).post(products::change))
        .route(&part("products/{product}/retire"), does(products::retire))
        .route(&part("vendors"), shows(vendors::get))
        .route(&part("vendors/{vendor}"), shows(vendors::one).post(vendors::rename))
        .route(&part("terminals"), shows(terminals::get).post(terminals::post))
        .route(&part("terminals/{terminal}"), shows(terminals::ask).post(terminals::revoke))
        .route(&part("terminals/{terminal}/code"), does(terminals::renew))
        .route(&part("rules"), shows(rules::get).post(rules::post))
        .route(&part("close"), shows(close::get).post(close::post))
        .route(&part("artwork"), artwork_form)
        .route(&part("artwork/logo"), shows(artwork::logo))
        .route(&part("printers"), shows(printers::get).post(printers::post))
        .route(&part("printers/calibration.pdf"), shows(printers::calibration))
        .route(&part("printers/{printer}"), does(printers::forget))
}

#[derive(Template)]
#[template(path = "web/console/set_up.html")]
struct SetUpPage {
    shell: Shell,
    path: String,
    /// What a newcomer has not done yet, in the order to do it: a name and where.
    next: Option<(&'static str, String)>,
    /// Those that accounts can be had at.
    others: String,
    closed_at: Option<String>,
}

/// `GET /console/{event}/set-up`
async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
) -> Result<Response, Sorry> {
    let next = if at.event.is_open() { next(&at, &store, &keys).await? } else { None };
    let (shell, path) = (at.shell(Place::SetUp), at.path("/set-up"));
    let others = ProviderName::list_with_accounts(ProviderName::title, "and");
    let closed_at = at.event.closed_at.map(belgian_time);
    Ok(at.page(StatusCode::OK, &SetUpPage { shell, path, next, others, closed_at }))
}

/// The first thing that is still missing before a bar sells.
async fn next(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    keys: &KeyFile,
) -> Result<Option<(&'static str, String)>, Sorry> {
    let (mut session, event) = (store.read().await?, at.event.id);
    let profiles = events::store::profiles(&mut session, keys, event).await?;
    let has_provider = !events::accounts::store::names(&mut session, event).await?.is_empty();
    let has_key = profiles.iter().all(|profile| profile.api_key.is_some());
    let bancontact = events::accounts::store::trouble(&mut session, event, ProviderName::Bancontact);
    let answers = bancontact.await?.is_none();
    let has_batch = !media::store::batches(&mut session, event, None, 1).await?.is_empty();
    let has_bar = !bars(&mut session, event).await?.is_empty();
    let has_product = !events::products::sold_in(&mut session, event).await?.is_empty();
    let has_terminal = !devices::list(&mut session, Some(event), None, 1).await?.is_empty();
    let steps = [
        (has_provider, "Give it an account at a provider", "/set-up/accounts"),
        (has_key, "Give the provider's key", "/set-up/provider"),
        (answers, "Try the provider's key again", "/set-up/provider"),
        (has_batch, "Issue and print wristbands", "/batches/new"),
        (has_bar, "Add a point of sale", "/set-up/points-of-sale"),
        (has_product, "Say what is sold", "/set-up/products"),
        (has_terminal, "Add a terminal", "/set-up/terminals"),
    ];
    let missing = steps.into_iter().find(|(done, ..)| !done);
    Ok(missing.map(|(_, what, rest)| (what, at.path(rest))))
}

/// What is said of something that was given a name.
fn renamed_from(before: &str, name: &str) -> String {
    if before == name { format!("{name} keeps its name.") } else { format!("{before} is called {name} now.") }
}

/// What stands around a part's own page.
fn part_shell<R>(at: &AtFestival<R>) -> Shell {
    at.shell(Place::SetUp).under("Set-up", at.path("/set-up"))
}

/// Points of sale as a choice: id and name of those that are not retired.
async fn bars(session: &mut Session, event: EventId) -> Result<Vec<(String, String)>, Sorry> {
    let most = events::store::POINTS_OF_SALE_MAX;
    let found = events::store::points_of_sale(session, event, "", most).await?;
    let live = found.into_iter().filter(PointOfSale::is_live);
    Ok(live.map(|bar| (bar.id.to_string(), bar.name)).collect())
}
