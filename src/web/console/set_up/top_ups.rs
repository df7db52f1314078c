//! What may be paid at once on the top-up page.

use super::part_shell;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::top_up_limits::{self, TopUpLimits};
use crate::web::caller::ManageEvents;
use crate::web::console::at::AtFestival;
use crate::web::console::form::{Form, euros};
use crate::web::console::meanwhile::{Values, changed_by};
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

const PATH: &str = "/set-up/top-ups";

#[derive(Template)]
#[template(path = "web/console/top_ups.html")]
struct TopUpsPage {
    shell: Shell,
    path: String,
    form: Form,
    accounts: String,
    /// A wallet holds less than the limits that hold now allow.
    above_balance: Option<String>,
}

/// `GET /console/{event}/set-up/top-ups`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    if let Some(closed) = closed(&at) {
        return Ok(closed);
    }
    let limits = top_up_limits::of(&mut *store.read().await?, &at.event).await?;
    let form = Form::over(&typed(&limits));
    Ok(show(&at, form, limits.above_balance(&at.event.rules)))
}

/// `POST /console/{event}/set-up/top-ups`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    if let Some(closed) = closed(&at) {
        return Ok(closed);
    }
    let stored = typed(&top_up_limits::of(&mut *store.read().await?, &at.event).await?);
    if form.is_outdated(&stored) {
        let subject = at.event.slug.as_str();
        let who = changed_by(&store, at.event.id, (&["top-up limits set"], subject)).await?;
        return Ok(show(&at, form.outdated(&stored, &who, |_, value| value.to_owned()), None));
    }
    let (min, max) = (form.read("min"), form.read("max"));
    let Some((min, max)) = min.zip(max) else { return Ok(show(&at, form, None)) };
    let (actor, limits) = (at.actor(), TopUpLimits { min, max });
    match top_up_limits::set(&store, (&actor, clock.now()), &at.event, limits).await {
        Ok(()) => Ok(at.done(&at.path(PATH), &format!("From {min} to {max} can be paid at once."))),
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, form, None))
        }
    }
}

fn closed(at: &AtFestival<ManageEvents>) -> Option<Response> {
    at.closed(part_shell(at), "Top-up page", "no money is taken there any more")
}

fn typed(limits: &TopUpLimits) -> Values {
    vec![("min", euros(limits.min)), ("max", euros(limits.max))]
}

fn show(at: &AtFestival<ManageEvents>, form: Form, above_balance: Option<String>) -> Response {
    let accounts = at.path("/set-up/accounts");
    let shown = TopUpsPage { shell: part_shell(at), path: at.path(PATH), accounts, form, above_balance };
    at.page(shown.form.status(), &shown)
}
