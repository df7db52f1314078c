//! `/w/unfreeze`: takes the code that was shown when freezing.

use super::Apology;
use super::holder::Holder;
use super::wallet::{Tried, WalletPage, shown};
use crate::helpdesk::{Refusal, own_freeze};
use crate::ledger::LaneHandle;
use crate::payments::orders::Orders;
use crate::web::app::Limits;
use crate::web::client::Client;
use crate::web::console::OwnForm;
use crate::web::page::{Sorry, see_other};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

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
    State(lane): State<LaneHandle>,
    State(orders): State<Orders>,
    State(limits): State<Limits>,
    form: Result<OwnForm<Typed>, Sorry>,
) -> Result<Response, Apology> {
    let OwnForm(Typed { code }) = form?;
    limits.count_unfreeze(&client, holder.code)?;
    match own_freeze::unfreeze(&lane, &orders.keys, &holder.medium, &code).await? {
        // The page says where it is now, also when the help desk was faster.
        Ok(_) | Err(Refusal::NotAllowedFrom(_) | Refusal::FrozenByDesk) => Ok(see_other("/w")),
        Err(Refusal::WrongCode) => {
            let tried = Tried(code.chars().take(TYPED_CHARS_MAX).collect());
            let page = WalletPage::of(&orders, holder, None, Some(tried)).await?;
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
