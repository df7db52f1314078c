//! Terminals: added with a code that a device scans or types, given another code, listed, revoked.

use super::{bars, part_shell};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::ids::TerminalId;
use crate::print::qr_svg;
use crate::providers::ServiceUrl;
use crate::secrets::KeyFile;
use crate::terminals::{self, Added, TerminalView};
use crate::web::app::PublicUrl;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::{Asked, Named};
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, ago, belgian_time};
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
    /// When it was last heard of: `3/7/2026 20:04, 12 minutes ago`.
    seen: String,
    /// `12 minutes ago`
    ago: String,
    is_enrolled: bool,
    is_online: bool,
    is_revoked: bool,
}

impl Line {
    /// `with_code` are the terminals whose code works.
    fn of(view: TerminalView, with_code: &[TerminalId], now: Timestamp) -> Line {
        let (status, tag, since) = match (view.revoked_at, view.enrolled_at) {
            (Some(at), _) => ("revoked", "tag bad", at),
            (None, Some(at)) => ("enrolled", "tag good", at),
            (None, None) if with_code.contains(&view.id) => {
                ("waits for its device", "tag waiting", view.created_at)
            }
            (None, None) => ("its code has lapsed", "tag bad", view.created_at),
        };
        let is_online = view.is_online(now);
        let ago = view.seen_at.map_or_else(|| "never".to_owned(), |at| ago(now.since(at)));
        Line {
            id: view.id,
            device: view.device_name,
            point_of_sale: view.point_of_sale,
            status,
            tag,
            since: belgian_time(since),
            seen: view.seen_at.map_or_else(|| ago.clone(), |at| format!("{}, {ago}", belgian_time(at))),
            ago,
            is_enrolled: view.enrolled_at.is_some(),
            is_online,
            is_revoked: view.revoked_at.is_some(),
        }
    }

    fn waits(&self) -> bool {
        !self.is_enrolled && !self.is_revoked
    }
}

/// `till at Main bar`, `without a device at Main bar`: what follows "the terminal".
fn called(view: &TerminalView) -> String {
    let device = view.device_name.as_deref().unwrap_or("without a device");
    format!("{device} at {}", view.point_of_sale)
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
    name: String,
    terminal: Line,
    is_open: bool,
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
    State(clock): State<Clock>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    show(&at, &store, clock.now(), cursor, Form::default()).await
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
    let (actor, now, place) = (at.actor(), clock.now(), form.text("point_of_sale").to_owned());
    // The page's own id: sent twice, it adds one terminal.
    let id = form.text("id").parse().unwrap_or_else(|_| TerminalId::new());
    match terminals::add_as(&store, &keys, &actor, now, &at.event, id, &place).await {
        Ok(added) => show_code(&at, &public_url, added),
        Err(why) => {
            form.refused(why, "")?;
            show(&at, &store, now, Cursor::default(), form).await
        }
    }
}

/// `POST /console/{event}/set-up/terminals/{terminal}/code`: another code in place of the one it had, shown once as well.
pub(in crate::web::console) async fn renew(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(clock): State<Clock>,
    State(PublicUrl(public_url)): State<PublicUrl>,
    Named(id): Named<TerminalId>,
    _: Form,
) -> Result<Response, Sorry> {
    let view = one(&at, &store, id).await?;
    match terminals::renew_code(&store, &keys, &at.actor(), clock.now(), &at.event, id).await? {
        Some(renewed) => show_code(&at, &public_url, renewed),
        None => {
            let said = format!("No code was made: the terminal {} waits for none.", called(&view));
            Ok(at.done(&at.path(PATH), &said))
        }
    }
}

fn show_code(
    at: &AtFestival<ManageEvents>,
    public_url: &ServiceUrl,
    added: Added,
) -> Result<Response, Sorry> {
    let link = terminals::app_link(public_url, &added.code);
    let picture = qr_svg(&link).map_err(Problem::internal)?;
    let shown = EnrolPage {
        shell: part_shell(at).under("Terminals", at.path(PATH)),
        path: at.path(PATH),
        point_of_sale: added.point_of_sale,
        code: added.code,
        address: format!("{public_url}/terminal"),
        link,
        picture,
        until: belgian_time(added.expires_at),
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// The terminal of this festival that an address names.
async fn one(at: &AtFestival<ManageEvents>, store: &Store, id: TerminalId) -> Result<TerminalView, Sorry> {
    let found = terminals::by_id(&mut *store.read().await?, id).await?;
    Ok(found.filter(|view| view.event_id == at.event.id).ok_or_else(Problem::not_found)?)
}

/// `GET /console/{event}/set-up/terminals/{terminal}`: which it is, and what revoking it does.
pub(in crate::web::console) async fn ask(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<TerminalId>,
) -> Result<Response, Sorry> {
    let view = one(&at, &store, id).await?;
    show_revoke(&at, &store, clock.now(), view, Form::default()).await
}

/// `POST /console/{event}/set-up/terminals/{terminal}`: revokes it.
pub(in crate::web::console) async fn revoke(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<TerminalId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let (view, now) = (one(&at, &store, id).await?, clock.now());
    let Some(reason) = form.reason() else { return show_revoke(&at, &store, now, view, form).await };
    let revoked = terminals::revoke(&store, &at.actor(), now, id, Some(&reason)).await?;
    let name = called(&revoked.ok_or_else(Problem::not_found)?);
    let said = format!("The terminal {name} is revoked: nothing it sends is taken any more.");
    Ok(at.done(&at.path(PATH), &said))
}

async fn show_revoke(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    now: Timestamp,
    view: TerminalView,
    form: Form,
) -> Result<Response, Sorry> {
    let with_code = terminals::with_code(&mut *store.read().await?, at.event.id, now).await?;
    let shown = RevokePage {
        shell: part_shell(at).under("Terminals", at.path(PATH)),
        path: at.path(PATH),
        name: called(&view),
        terminal: Line::of(view, &with_code, now),
        is_open: at.event.is_open(),
        form,
    };
    Ok(at.page(shown.form.status(), &shown))
}

async fn show(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    now: Timestamp,
    cursor: Cursor,
    form: Form,
) -> Result<Response, Sorry> {
    let mut session = store.read().await?;
    let found = terminals::list(&mut session, Some(at.event.id), cursor.after, PAGE_LINES + 1).await?;
    let places = bars(&mut session, at.event.id).await?;
    let with_code = terminals::with_code(&mut session, at.event.id, now).await?;
    drop(session);
    let (found, next) = page_of(found, |view| view.id.to_string());
    let shown = TerminalsPage {
        shell: part_shell(at),
        path: at.path(PATH),
        is_open: at.event.is_open(),
        terminals: found.into_iter().map(|view| Line::of(view, &with_code, now)).collect(),
        places,
        is_first: cursor.after.is_none(),
        next,
        form: form.instead("id", TerminalId::new().to_string()),
    };
    Ok(at.page(shown.form.status(), &shown))
}
