//! `/w/freeze`: asks whether to, does it, and shows the code that undoes it, once.

use super::Apology;
use super::holder::Holder;
use super::unknown::in_language;
use super::words::Words;
use crate::codes::grouped;
use crate::helpdesk::{Refusal, own_freeze};
use crate::ledger::LaneHandle;
use crate::secrets::KeyFile;
use crate::web::console::OwnForm;
use crate::web::page::{Sorry, page, see_other};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/visitor/freeze.html")]
struct FreezePage {
    words: &'static Words,
    event: String,
    serial: String,
    /// As the form sends it back.
    plain: String,
    /// The one that was to be frozen is no longer the one that is open in this browser.
    is_another: bool,
    here: &'static str,
}

/// The one that was shown when freezing was asked for.
#[derive(Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    serial: String,
}

#[derive(Template)]
#[template(path = "web/visitor/frozen.html")]
struct FrozenPage {
    words: &'static Words,
    event: String,
    serial: String,
    code: String,
}

/// `GET /w/freeze`
pub(super) async fn get(holder: Holder) -> Response {
    if !holder.can_freeze() {
        return see_other("/w");
    }
    shown(&holder, StatusCode::OK)
}

fn shown(holder: &Holder, status: StatusCode) -> Response {
    let (words, serial) = (holder.words, holder.medium.serial.grouped());
    let (plain, is_another) = (holder.medium.serial.as_str().to_owned(), status == StatusCode::CONFLICT);
    let event = holder.event.name.clone();
    let shown = FreezePage { words, event, serial, plain, is_another, here: "/w/freeze" };
    in_language(words, page(status, &shown))
}

/// `POST /w/freeze`
pub(super) async fn post(
    holder: Holder,
    State(lane): State<LaneHandle>,
    State(keys): State<Arc<KeyFile>>,
    form: Result<OwnForm<Shown>, Sorry>,
) -> Result<Response, Apology> {
    let OwnForm(Shown { serial }) = form?;
    if !holder.can_freeze() {
        return Ok(see_other("/w"));
    }
    // Two wristbands that are open on one phone share its cookie: the one that was scanned last is not the one that was named.
    if serial != holder.medium.serial.as_str() {
        return Ok(shown(&holder, StatusCode::CONFLICT));
    }
    let words = holder.words;
    match own_freeze::freeze(&lane, &keys, &holder.medium).await? {
        Ok(frozen) => {
            let (serial, code) = (holder.medium.serial.grouped(), grouped(&frozen.code));
            let shown = FrozenPage { words, event: holder.event.name, serial, code };
            Ok(in_language(words, page(StatusCode::OK, &shown)))
        }
        // Moved meanwhile: the page says where it is now.
        Err(Refusal::NotAllowedFrom(_)) => Ok(see_other("/w")),
        Err(refusal) => Err(refusal.into()),
    }
}
