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
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/visitor/freeze.html")]
struct FreezePage {
    words: &'static Words,
    serial: String,
    here: &'static str,
}

#[derive(Template)]
#[template(path = "web/visitor/frozen.html")]
struct FrozenPage {
    words: &'static Words,
    serial: String,
    code: String,
}

/// `GET /w/freeze`
pub(super) async fn get(holder: Holder) -> Response {
    if !holder.can_freeze() {
        return see_other("/w");
    }
    let (words, serial) = (holder.words, holder.medium.serial.grouped());
    in_language(words, page(StatusCode::OK, &FreezePage { words, serial, here: "/w/freeze" }))
}

/// `POST /w/freeze`
pub(super) async fn post(
    holder: Holder,
    State(lane): State<LaneHandle>,
    State(keys): State<Arc<KeyFile>>,
    form: Result<OwnForm<()>, Sorry>,
) -> Result<Response, Apology> {
    form?;
    if !holder.can_freeze() {
        return Ok(see_other("/w"));
    }
    let words = holder.words;
    match own_freeze::freeze(&lane, &keys, &holder.medium).await? {
        Ok(frozen) => {
            let (serial, code) = (holder.medium.serial.grouped(), grouped(&frozen.code));
            Ok(in_language(words, page(StatusCode::OK, &FrozenPage { words, serial, code })))
        }
        // Moved meanwhile: the page says where it is now.
        Err(Refusal::NotAllowedFrom(_)) => Ok(see_other("/w")),
        Err(refusal) => Err(refusal.into()),
    }
}
