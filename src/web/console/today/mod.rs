//! A festival's first page: its money and its machines, as they are now.
//!
//! The page is whole without script. A module replaces the figures with those that come as server-sent events; they are
//! the same template, drawn by the server.

mod chart;
mod figures;
mod live;

pub(in crate::web) use live::Live;

use super::at::AtFestival;
use super::shell::{Place, Shell, festival_path};
use crate::clock::Clock;
use crate::db::Store;
use crate::events;
use crate::operators::Right;
use crate::secrets::KeyFile;
use crate::web::app::Statements;
use crate::web::callbacks::Callbacks;
use crate::web::caller::{LookUp, SeeMoney};
use crate::web::page::{Sorry, belgian_time, rendered, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use figures::{Figures, figures};
use live::Pass;
use std::sync::Arc;

/// Where the page's module is.
pub(super) const SCRIPT_PATH: &str = "/assets/console/live.js";
pub(super) const SCRIPT: &str = include_str!("../../../../assets/web/console/live.js");

#[derive(Template)]
#[template(path = "web/console/today.html")]
struct TodayPage {
    shell: Shell,
    name: String,
    since: String,
    closed_at: Option<String>,
    live_path: String,
    /// For whoever may see money.
    figures: Option<Figures>,
}

#[derive(Template)]
#[template(path = "web/console/figures.html")]
struct Fragment {
    figures: Figures,
}

/// `GET /console/{event}`
pub(super) async fn get(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(keys): State<Arc<KeyFile>>,
    State(callbacks): State<Callbacks>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let sees_money = at.operator.may(Right::SeeMoney);
    let figures = match sees_money {
        true => {
            let _turn = statements.turn().await;
            Some(figures(&store, &keys, &callbacks, &at.event, clock.now()).await?)
        }
        false => None,
    };
    let (shell, since) = (at.shell(Place::Today), belgian_time(at.event.created_at));
    let (name, live_path) = (at.event.name.clone(), at.path("/live"));
    let closed_at = at.event.closed_at.map(belgian_time);
    let page = at.page(StatusCode::OK, &TodayPage { shell, name, since, closed_at, live_path, figures });
    Ok(if sees_money { with_script(page) } else { page })
}

/// `GET /console/{event}/live`: the figures again and again, as server-sent events. Whoever comes without a session or the
/// right to them, or comes again after its end, is told so in the same way: to the page that watches, another answer is a
/// connection that is gone.
pub(super) async fn watch(
    at: Result<AtFestival<SeeMoney>, Response>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(keys): State<Arc<KeyFile>>,
    State(callbacks): State<Callbacks>,
    State(statements): State<Statements>,
    State(live): State<Live>,
) -> Result<Response, Problem> {
    let at = match at {
        Ok(at) => at,
        Err(refused) => {
            return Ok(match refused.status() {
                StatusCode::SEE_OTHER => live::signed_out(),
                StatusCode::FORBIDDEN => live::not_allowed(),
                _ => refused,
            });
        }
    };
    let pass = Pass { store: store.clone(), clock: clock.clone(), session: at.session };
    let id = at.event.id;
    live.watch(id, pass, move || {
        let (store, clock, callbacks) = (store.clone(), clock.clone(), callbacks.clone());
        let (keys, statements) = (Arc::clone(&keys), statements.clone());
        async move {
            let _turn = statements.turn().await;
            // Anew each time: rules change, and the festival is closed, while somebody watches.
            let event = events::store::by_ids(&mut *store.read().await?, [id]).await?.pop();
            let event = event.ok_or_else(Problem::not_found)?;
            let figures = figures(&store, &keys, &callbacks, &event, clock.now()).await?;
            rendered(&Fragment { figures })
        }
    })
}
