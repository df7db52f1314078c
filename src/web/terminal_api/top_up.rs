//! The top-up code of a wristband on the terminal's screen, for what is missing.

use super::AtBar;
use crate::db::Store;
use crate::events::{self, Behaviour};
use crate::media::store::batch_with_key;
use crate::media::{Found, MediumStatus, Scanner, TopUpCodes, is_own_page};
use crate::money::Cents;
use crate::print::qr_svg;
use crate::secrets::KeyFile;
use crate::terminals::{Refusal, Till};
use crate::web::body::Json;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Whose wallet, and how much is missing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct TopUpBody {
    /// Any scanned code of the wristband or card.
    code: String,
    /// What is missing.
    #[schema(value_type = i64)]
    amount_cents: Cents,
}

/// A code that a bank app reads from the screen, or, where the event prints our own page, a phone's camera.
#[derive(Serialize, ToSchema)]
#[schema(as = TopUpCode)]
pub(in crate::web) struct TopUpAnswer {
    /// The code as a picture.
    svg: String,
    /// The amount in it; null where the payer types it.
    #[schema(value_type = Option<i64>)]
    amount_cents: Option<Cents>,
}

/// Makes the top-up code of a wallet, with the missing amount where the festival's kind of code takes one.
///
/// What payers may do with the amount was agreed with the provider for all codes of the festival: they type it, may
/// change the one in the code, or can't.
#[utoipa::path(
    post, path = "/api/v1/terminal/top-up-code", tag = "Terminals", operation_id = "make_top_up_code",
    security(("terminal" = [])), request_body = TopUpBody,
    responses(
        (status = 200, description = "The code", body = TopUpAnswer),
        (status = 404, description = "`unknown-medium`"),
        (status = 409, description = "`medium-not-active` {medium_status}, `event-closed`"),
        (status = 422, description = "`invalid-amount`, `foreign-code`"),
    )
)]
pub(in crate::web) async fn post(
    AtBar(terminal): AtBar,
    State(till): State<Till>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(scanner): State<Arc<Scanner>>,
    Json(body): Json<TopUpBody>,
) -> Result<Json<TopUpAnswer>, Problem> {
    if !till.is_live(&terminal).await? {
        return Err(Refusal::TerminalRevoked.into());
    }
    let medium = match scanner.find(&body.code).await? {
        Found::Medium(view) if view.medium.event_id == terminal.event_id => view.medium,
        Found::Medium(_) | Found::Unknown => return Err(Refusal::UnknownMedium.into()),
        Found::Foreign(why) => return Err(Refusal::ForeignCode(why).into()),
    };
    // What is paid onto any other status reaches no wallet, or another medium's.
    if !matches!(medium.status, MediumStatus::Issued | MediumStatus::Active | MediumStatus::Frozen) {
        return Err(Refusal::MediumNotActive(medium.status).into());
    }
    let mut session = store.read_at_bar().await?;
    let event = events::store::by_ids(&mut session, [medium.event_id]).await?.pop();
    let codes = TopUpCodes::of(&mut session, &keys, medium.event_id).await?;
    let batch = batch_with_key(&mut session, medium.batch_id).await?;
    let (Some(event), Some((mut batch, _))) = (event, batch) else {
        return Err(Problem::internal("a medium without its event or batch"));
    };
    if !event.is_open() {
        return Err(Refusal::EventClosed.into());
    }
    if !(1..=event.rules.charge_max.0).contains(&body.amount_cents.0) {
        return Err(Problem::invalid(
            "amount_cents",
            format!("1 to {} is possible", event.rules.charge_max.0),
        ));
    }
    batch.amount = match event.rules.behaviour {
        // As printed: nobody can change it.
        Behaviour::Fixed => batch.amount,
        // A link says no amount: whoever opens our page chooses one there.
        Behaviour::Modifiable if !is_own_page(&batch.pay_url) => Some(body.amount_cents),
        Behaviour::Defined | Behaviour::Modifiable => None,
    };
    let text = codes.text(&batch, &medium).map_err(Problem::internal)?;
    let svg = qr_svg(&text).map_err(Problem::internal)?;
    Ok(Json(TopUpAnswer { svg, amount_cents: batch.amount }))
}
