//! One payment: through which provider it came, and all that is known of it.

use super::payments::{amount, became, payer, printed_on, provider_title, status_words};
use super::waiting::kind_words;
use crate::clock::Clock;
use crate::db::Store;
use crate::media::Scanner;
use crate::operators::Right;
use crate::payments::listing::{by_own_id, since};
use crate::payments::parked::store::of_payment;
use crate::web::caller::SeeMoney;
use crate::web::console::asked::{Asked, Steps};
use crate::web::console::at::AtFestival;
use crate::web::console::shell::{Place, Shell};
use crate::web::console::words;
use crate::web::operator_api::payments::payers_seen;
use crate::web::page::{Sorry, belgian_second};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "web/console/payment.html")]
struct PaymentPage {
    shell: Shell,
    path: String,
    payment_id: String,
    provider: String,
    profile: String,
    status: String,
    became: String,
    /// In the currency it was paid in.
    amount: Option<String>,
    reference: Option<String>,
    /// What that is printed on: its serial, and its page.
    medium: Option<(String, String)>,
    description: Option<String>,
    made: String,
    first_seen: String,
    source: String,
    payer: Payer,
    /// What it was raised for, the first first.
    matters: Vec<Raised>,
}

/// A matter of this payment.
struct Raised {
    path: String,
    kind: &'static str,
    reason: String,
    is_open: bool,
}

/// Who paid, as whoever looks may know it.
enum Payer {
    /// They may not, or the provider doesn't say.
    Unknown,
    /// They may ask.
    Hidden,
    Shown(String),
}

/// Whether who paid is asked for.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Look {
    payers: Option<String>,
}

/// `GET /console/{event}/payments/{payment}`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(scanner): State<Arc<Scanner>>,
    Steps((_, id)): Steps<(String, Uuid)>,
    Asked(look): Asked<Look>,
) -> Result<Response, Sorry> {
    let mut session = store.read().await?;
    let row = by_own_id(&mut session, at.event.id, id).await?.pop().ok_or_else(Problem::not_found)?;
    let mut raised = of_payment(&mut session, at.event.id, id).await?;
    let since = since(&mut session, at.event.id, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    drop(session);
    raised.sort_unstable_by_key(|(matter, ..)| *matter);
    let matters = raised.into_iter().map(|(matter, kind, reason, resolved_at)| Raised {
        path: at.path(&format!("/waiting/{matter}")),
        kind: kind_words(&kind),
        reason: words::waits_because(&reason).to_owned(),
        is_open: resolved_at.is_none(),
    });
    let matters: Vec<Raised> = matters.collect();
    let payer = match payer(&row) {
        name if name.is_empty() || !at.operator.may(Right::SeePayers) => Payer::Unknown,
        name if look.payers.as_deref() == Some("yes") => {
            payers_seen(&store, clock.now(), &at.actor(), &at.event, 1).await?;
            Payer::Shown(name)
        }
        _ => Payer::Hidden,
    };
    let medium = printed_on(&at, &scanner, std::slice::from_ref(&row)).await?.into_values().next();
    let payments_path = at.path("/payments");
    let shown = PaymentPage {
        shell: at.shell(Place::Payments).under("Payments", payments_path.clone()),
        path: format!("{payments_path}/{}", row.id),
        provider: provider_title(&row.provider).to_owned(),
        status: status_words(&row.status).to_owned(),
        amount: amount(&row),
        became: became(&row, since),
        medium,
        payment_id: row.payment_id,
        profile: row.profile_id,
        reference: row.reference,
        description: row.description,
        made: belgian_second(row.created_at),
        first_seen: belgian_second(row.first_seen_at),
        source: row.source,
        payer,
        matters,
    };
    Ok(at.page(StatusCode::OK, &shown))
}
