//! Terminals: added with a code that a device scans or types, listed, revoked.

use super::{bars, part_shell};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::TerminalId;
use crate::print::qr_svg;
use crate::secrets::KeyFile;
use crate::terminals::{self, TerminalView};
use crate::web::app::PublicUrl;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::{Asked, Named};
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

const PATH: &str = "/set-up/terminals";

#[derive(Template)]
#[template(path = "web/console/terminals.html")]
struct TerminalsPage {
    shell: Shell,
    path: String,
    form: Form,
    is_open: bool,
    terminals: Vec<Line>,
    places: Vec<(String, String)>,
    is_first: bool,
    next: Option<String>,
}

struct Line {
    id: TerminalId,
    device: Option<String>,
    point_of_sale: String,
    status: &'static str,
    tag: &'static str,
    since: String,
    is_revoked: bool,
}

impl Line {
    fn of(view: TerminalView) -> Line {
        let (status, tag, since) = match (view.revoked_at, view.enrolled_at) {
            (Some(at), _) => ("revoked", "tag bad", at),
            (None, Some(at)) => ("enrolled", "tag good", at),
            (None, None) => ("waits for its device", "tag waiting", view.created_at),
        };
        Line {
            id: view.id,
            device: view.device_name,
            point_of_sale: view.point_of_sale,
            status,
            tag,
            since: belgian_time(since),
            is_revoked: view.revoked_at.is_some(),
        }
    }
}

#[derive(Template)]
#[template(path = "web/console/enrol.html")]
struct EnrolPage {
    shell: Shell,
    path: String,
    point_of_sale: String,
    code: String,
    address: String,
    link: String,
    /// The address with the code, to be scanned. Ours, and safe as it is.
    picture: String,
    until: String,
}

#[derive(Template)]
#[template(path = "web/console/revoke_terminal.html")]
struct RevokePage {
    shell: Shell,
    path: String,
    form: Form,
}

/// Which page of the list.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Cursor {
    after: Option<TerminalId>,
}

/// `GET /console/{event}/set-up/terminals`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    show(&at, &store, cursor, Form::default()).await
}

/// `POST /console/{event}/set-up/terminals`: the code is shown once, on the page that answers.
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(PublicUrl(public_url)): State<PublicUrl>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let place = form.text("point_of_sale").to_owned();
    let added = match terminals::add(&store, &keys, &at.actor(), clock.now(), &at.event, &place).await {
        Ok(added) => added,
        Err(why) => {
            form.refused(why, "point_of_sale")?;
            return show(&at, &store, Cursor::default(), form).await;
        }
    };
    let link = terminals::app_link(&public_url, &added.code);
    let picture = qr_svg(&link).map_err(Problem::internal)?;
    let shown = EnrolPage {
        shell: part_shell(&at).under("Terminals", at.path(PATH)),
        path: at.path(PATH),
        point_of_sale: added.point_of_sale.name,
        code: added.code,
        address: format!("{public_url}/terminal"),
        link,
        picture,
        until: belgian_time(added.expires_at),
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// `GET /console/{event}/set-up/terminals/{terminal}`: what revoking it does.
pub(in crate::web::console) async fn ask(at: AtFestival<ManageEvents>) -> Response {
    show_revoke(&at, Form::default())
}

/// `POST /console/{event}/set-up/terminals/{terminal}`: revokes it.
pub(in crate::web::console) async fn revoke(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<TerminalId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let Some(reason) = form.reason() else { return Ok(show_revoke(&at, form)) };
    let revoked = terminals::revoke(&store, &at.actor(), clock.now(), id, Some(&reason)).await?;
    let view = revoked.ok_or_else(Problem::not_found)?;
    let said =
        format!("A terminal of {} is revoked: nothing it sends is taken any more.", view.point_of_sale);
    Ok(at.done(&at.path(PATH), &said))
}

fn show_revoke(at: &AtFestival<ManageEvents>, form: Form) -> Response {
    let shell = part_shell(at).under("Terminals", at.path(PATH));
    let status = form.status();
    at.page(status, &RevokePage { shell, path: at.path(PATH), form })
}

async fn show(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    cursor: Cursor,
    form: Form,
) -> Result<Response, Sorry> {
    let mut session = store.read().await?;
    let found = terminals::list(&mut session, Some(at.event.id), cursor.after, PAGE_LINES + 1).await?;
    drop(session);
    let (found, next) = page_of(found, |view| view.id.to_string());
    let shown = TerminalsPage {
        shell: part_shell(at),
        path: at.path(PATH),
        is_open: at.event.is_open(),
        terminals: found.into_iter().map(Line::of).collect(),
        places: bars(store, &at.event).await?,
        is_first: cursor.after.is_none(),
        next,
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}
