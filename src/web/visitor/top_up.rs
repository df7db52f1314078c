//! `/t/{reference}`: leads to the payment, and tells nothing of the wallet.

use super::Apology;
use super::language::Wanted;
use super::unknown::{in_language, unknown};
use super::wallet::{TopUp, event_of, top_up};
use super::words::Words;
use crate::codes::Reference;
use crate::db::Store;
use crate::media::reference_hash;
use crate::media::store::by_code;
use crate::secrets::KeyFile;
use crate::web::app::Limits;
use crate::web::in_path::InPath;
use crate::web::page::page;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/visitor/top_up.html")]
struct TopUpPage {
    words: &'static Words,
    top_up: TopUp,
    here: &'static str,
}

/// `GET /t/{reference}`. A reference that is unknown and one that can't be paid any more look alike.
pub(super) async fn get(
    Wanted(language): Wanted,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(limits): State<Limits>,
    code: Result<InPath<String>, Problem>,
) -> Result<Response, Apology> {
    let InPath(text) = code?;
    let nothing = || Ok(unknown(language, StatusCode::NOT_FOUND));
    let Some(reference) = Reference::parse(&text) else { return nothing() };
    let hash = reference_hash(&keys, &reference);
    limits.count_wallet(hash)?;
    let mut session = store.read().await?;
    let Some(view) = by_code(&mut session, hash).await? else { return nothing() };
    let event = event_of(&mut session, &view.medium).await?;
    let words = Words::of(language);
    match top_up(&mut session, &keys, &event, &view.medium).await? {
        Some(top_up) => Ok(in_language(words, page(StatusCode::OK, &TopUpPage { words, top_up, here: "" }))),
        None => nothing(),
    }
}
