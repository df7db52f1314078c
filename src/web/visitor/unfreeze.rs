//! `/w/unfreeze`: takes the code that was shown when freezing.

use super::Apology;
use super::holder::Holder;
use super::wallet::{Tried, WalletPage, shown};
use crate::clock::Clock;
use crate::db::Store;
use crate::helpdesk::{Refusal, own_freeze};
use crate::ledger::LaneHandle;
use crate::secrets::KeyFile;
use crate::web::app::Limits;
use crate::web::client::Client;
use crate::web::console::OwnForm;
use crate::web::page::{Sorry, see_other};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// What of a wrong code is shown again, in characters.
const TYPED_CHARS_MAX: usize = 32;

#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
}

/// `POST /w/unfreeze`
pub(super) async fn post(
    holder: Holder,
    client: Client,
    State(store): State<Store>,
    State(lane): State<LaneHandle>,
    State(keys): State<Arc<KeyFile>>,
    State(limits): State<Limits>,
    State(clock): State<Clock>,
    form: Result<OwnForm<Typed>, Sorry>,
) -> Result<Response, Apology> {
    let OwnForm(Typed { code }) = form?;
    limits.count_unfreeze(&client, holder.code)?;
    match own_freeze::unfreeze(&lane, &keys, &holder.medium, &code).await? {
        // The page says where it is now, also when the help desk was faster.
        Ok(_) | Err(Refusal::NotAllowedFrom(_) | Refusal::FrozenByDesk) => Ok(see_other("/w")),
        Err(Refusal::WrongCode) => {
            let tried = Tried(code.chars().take(TYPED_CHARS_MAX).collect());
            let page = WalletPage::of(&store, &keys, clock.now(), holder, None, Some(tried)).await?;
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
