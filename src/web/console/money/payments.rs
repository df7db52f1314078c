//! Payments, the newest first, searched by what is printed on a wristband, the provider's id, a status, a span
//! of time.

use crate::clock::Clock;
use crate::codes::Code;
use crate::db::Store;
use crate::events::Event;
use crate::media::{Found, Scanner};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::listing::{
    PaymentFilter, PaymentRow, by_payment_id, newest, no_such_status, status_named,
};
use crate::web::business_day::LocalTime;
use crate::web::caller::SeeMoney;
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::form::Form;
use crate::web::console::shell::{Place, Shell};
use crate::web::operator_api::payments::payers_seen;
use crate::web::page::{Sorry, belgian_time};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

/// The provider's states, as a person picks one.
const STATUSES: [(&str, &str); 11] = [
    ("", "Any"),
    ("SUCCEEDED", "Succeeded"),
    ("PENDING", "Pending"),
    ("IDENTIFIED", "Identified"),
    ("AUTHORIZED", "Authorised"),
    ("PENDING_MERCHANT_ACKNOWLEDGEMENT", "Waiting for the merchant"),
    ("CANCELLED", "Cancelled"),
    ("EXPIRED", "Expired"),
    ("FAILED", "Failed"),
    ("AUTHORIZATION_FAILED", "Authorisation failed"),
    ("VOIDED", "Voided"),
];

#[derive(Template)]
#[template(path = "web/console/payments.html")]
struct PaymentsPage {
    shell: Shell,
    path: String,
    reconcile_path: String,
    form: Form,
    statuses: &'static [(&'static str, &'static str)],
    payments: Vec<Line>,
    may_see_payers: bool,
    shows_payers: bool,
    /// The same question with payers.
    with_payers: String,
    is_first: bool,
    next: Option<String>,
}

struct Line {
    payment_id: String,
    status: String,
    amount: Option<Cents>,
    reference: String,
    made: String,
    source: String,
    became: String,
    payer: Option<String>,
}

/// `GET /console/{event}/payments`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(scanner): State<Arc<Scanner>>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let mut form = Form::of(asked);
    let may_see_payers = at.operator.may(Right::SeePayers);
    let shows_payers = may_see_payers && form.text("payers") == "yes";
    let from = form.read_optional::<LocalTime>("from").map(|LocalTime(at)| at);
    let to = form.read_optional::<LocalTime>("to").map(|LocalTime(at)| at);
    let after: Option<Uuid> = form.text("after").parse().ok();
    let status = status(&store, &at.event, &mut form).await?;
    let filter = PaymentFilter { status, reference: None, from, to, after };
    let (rows, next) = match form.is_right() {
        true => page_of(found(&store, &scanner, &at.event, &form, filter).await?, |row| row.id.to_string()),
        false => (Vec::new(), None),
    };
    let named = rows.iter().filter(|row| row.debtor_name.is_some() || row.debtor_iban.is_some()).count();
    if shows_payers {
        payers_seen(&store, clock.now(), &at.actor(), &at.event, named).await?;
    }
    let path = at.path("/payments");
    let shown = PaymentsPage {
        shell: at.shell(Place::Payments),
        reconcile_path: at.path("/reconcile"),
        statuses: &STATUSES,
        payments: rows.into_iter().map(|row| Line::of(row, shows_payers)).collect(),
        may_see_payers: may_see_payers && named > 0,
        shows_payers,
        with_payers: question(&path, &form, &[("payers", "yes")]),
        is_first: after.is_none(),
        next: next.map(|next| {
            let payers = if shows_payers { "yes" } else { "" };
            question(&path, &form, &[("payers", payers), ("after", &next)])
        }),
        path,
        form,
    };
    Ok(at.page(if shown.form.is_right() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &shown))
}

/// The status that is asked for; another word is a mistake.
async fn status(store: &Store, event: &Event, form: &mut Form) -> Result<Option<String>, Sorry> {
    let Some(word) = form.optional("status") else { return Ok(None) };
    let status = status_named(&mut *store.read().await?, event.id, &word).await?;
    if status.is_none() {
        form.wrong("status", no_such_status());
    }
    Ok(status)
}

/// What was asked, with more of it, as an address.
fn question(path: &str, form: &Form, more: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    for name in ["q", "status", "from", "to"] {
        if !form.text(name).is_empty() {
            query.append_pair(name, form.text(name));
        }
    }
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    format!("{path}?{}", query.finish())
}

/// Payments by what was typed: a code leads to what was paid onto it, anything else is the provider's id, or a reference
/// that nobody printed.
async fn found(
    store: &Store,
    scanner: &Scanner,
    event: &Event,
    form: &Form,
    mut filter: PaymentFilter,
) -> Result<Vec<PaymentRow>, Sorry> {
    let typed = form.text("q");
    if !typed.is_empty() {
        let is_code = matches!(Code::parse(typed), Some(Code::Reference(_) | Code::Serial(_) | Code::Pay(_)));
        let medium = match is_code || typed.contains("://") {
            true => scanner.find(typed).await?,
            false => Found::Unknown,
        };
        filter.reference = Some(match medium {
            Found::Medium(view) if view.medium.event_id == event.id => view.medium.reference.to_string(),
            _ => match Code::parse(typed) {
                Some(Code::Reference(reference)) => reference.to_string(),
                _ => typed.to_owned(),
            },
        });
    }
    let mut session = store.read().await?;
    if !typed.is_empty() {
        let named = by_payment_id(&mut session, event.id, typed).await?;
        if !named.is_empty() {
            return Ok(named);
        }
    }
    Ok(newest(&mut session, event.id, &filter, PAGE_LINES + 1).await?)
}

impl Line {
    fn of(row: PaymentRow, with_payer: bool) -> Line {
        let payer = [row.debtor_name, row.debtor_iban].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let became = match (&row.parked_because, row.settled_cents) {
            (Some(why), _) => format!("in suspense: {}", why.replace('-', " ")),
            (None, Some(_)) => "on its wallet".to_owned(),
            (None, None) => "not money yet".to_owned(),
        };
        Line {
            status: STATUSES
                .iter()
                .find(|(word, _)| *word == row.status)
                .map_or(row.status.as_str(), |(_, words)| words)
                .to_owned(),
            payment_id: row.payment_id,
            amount: row.amount_cents.map(Cents),
            reference: row.reference.unwrap_or_default(),
            made: belgian_time(row.created_at),
            source: row.source,
            became,
            payer: with_payer.then_some(payer).filter(|payer| !payer.is_empty()),
        }
    }
}
