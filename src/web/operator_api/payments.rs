//! The payments of a festival. Who paid is shown to whoever has the right, and every such look is in the audit log.

use super::parked::{page_limit, page_of};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::{Clock, Timestamp};
use crate::codes::Reference;
use crate::db::Store;
use crate::events::Event;
use crate::operators::Right;
use crate::payments::listing::{PaymentFilter, PaymentRow, no_such_status, page, status_named};
use crate::plural::counted;
use crate::providers::ProviderName;
use crate::web::body::{Json, Query};
use crate::web::caller::{Allowed, SeeMoney};
use crate::web::in_path;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which payments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PaymentsQuery {
    /// The festival's slug.
    event: String,
    /// Only in this state, in the provider's words: `SUCCEEDED`. A word that no payment has is refused with those there are.
    status: Option<String>,
    /// Only onto this reference. A text that is none, and that no payment names, is refused.
    reference: Option<String>,
    /// Only through this provider: `bancontact`, `multisafepay` or `wooshpay`.
    provider: Option<String>,
    /// Made at the provider from this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// And up to this one.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// `next` of the page before.
    after: Option<Uuid>,
    /// 1 to 200; 200 unless given.
    limit: Option<i64>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub(in crate::web) struct PaymentAnswer {
    /// Ours.
    id: Uuid,
    provider: String,
    profile_id: String,
    /// The provider's id.
    payment_id: String,
    /// In the provider's words.
    status: String,
    amount_cents: Option<i64>,
    currency: Option<String>,
    reference: Option<String>,
    description: Option<String>,
    /// Who paid: only for operators with the right to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    debtor: Option<DebtorAnswer>,
    /// How it first became known: `callback`, `details` or `list`.
    source: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Timestamp,
    /// What it was settled with; null while it is not money.
    settled_cents: Option<i64>,
    /// Why it went to suspense.
    parked_because: Option<String>,
}

/// Who paid.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct DebtorAnswer {
    name: Option<String>,
    /// Masked by the provider.
    iban: Option<String>,
}

impl PaymentAnswer {
    fn of(row: PaymentRow, with_payer: bool) -> PaymentAnswer {
        let named = row.debtor_name.is_some() || row.debtor_iban.is_some();
        PaymentAnswer {
            id: row.id,
            provider: row.provider,
            profile_id: row.profile_id,
            payment_id: row.payment_id,
            status: row.status,
            amount_cents: row.amount_cents,
            currency: row.currency,
            reference: row.reference,
            description: row.description,
            debtor: (with_payer && named)
                .then_some(DebtorAnswer { name: row.debtor_name, iban: row.debtor_iban }),
            source: row.source,
            created_at: row.created_at,
            first_seen_at: row.first_seen_at,
            settled_cents: row.settled_cents,
            parked_because: row.parked_because,
        }
    }
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PaymentList {
    /// In the order they became known; with `from`, `to` or `provider`, in the order they were made.
    payments: Vec<PaymentAnswer>,
    /// What `after` takes for the next page; null at the end.
    next: Option<Uuid>,
}

/// Lists payments.
#[utoipa::path(
    get, path = "/api/v1/payments", tag = "Money", operation_id = "list_payments", security(("operator" = [])),
    params(PaymentsQuery),
    responses(
        (status = 200, description = "Payments in the order they became known", body = PaymentList),
        (status = 404, description = "`unknown-event`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn list(
    caller: Allowed<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Query(query): Query<PaymentsQuery>,
) -> Result<Json<PaymentList>, Problem> {
    let limit = page_limit(query.limit)?;
    let event = in_path::event(&store, &query.event).await?;
    let reference = match &query.reference {
        Some(typed) => Some(reference_named(&store, &event, typed).await?),
        None => None,
    };
    let status = match query.status {
        Some(word) => {
            let status = status_named(&mut *store.read().await?, event.id, &word).await?;
            Some(status.ok_or_else(|| Problem::invalid("status", no_such_status()))?)
        }
        None => None,
    };
    if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
        return Err(Problem::invalid("to", "it lies before from: nothing was made in between"));
    }
    let provider = query.provider.as_deref().map(str::parse::<ProviderName>).transpose();
    let filter = PaymentFilter {
        status,
        provider: provider.map_err(|why| Problem::invalid("provider", why))?,
        reference,
        from: query.from,
        to: query.to,
        after: query.after,
    };
    let rows = page(&mut *store.read().await?, event.id, &filter, limit + 1).await?;
    let (rows, more) = page_of(rows, limit);
    let next = rows.last().filter(|_| more).map(|last| last.id);
    let with_payers = caller.operator.may(Right::SeePayers);
    let payments: Vec<PaymentAnswer> =
        rows.into_iter().map(|row| PaymentAnswer::of(row, with_payers)).collect();
    let payers = payments.iter().filter(|payment| payment.debtor.is_some()).count();
    payers_seen(&store, clock.now(), &caller.actor(), &event, payers).await?;
    Ok(Json(PaymentList { payments, next }))
}

/// The reference that was typed, as payments have it. One that we print nowhere is one as soon as a payment of the festival
/// names it.
async fn reference_named(store: &Store, event: &Event, typed: &str) -> Result<String, Problem> {
    if let Some(reference) = Reference::parse(typed) {
        return Ok(reference.to_string());
    }
    let filter = PaymentFilter { reference: Some(typed.to_owned()), ..PaymentFilter::default() };
    if page(&mut *store.read().await?, event.id, &filter, 1).await?.is_empty() {
        let why =
            "this is not a reference, and no payment names it: 15 characters, as printed in the top-up code";
        return Err(Problem::invalid("reference", why));
    }
    Ok(typed.to_owned())
}

/// Writes down who looked at how many payers. To be called before they are shown.
pub(in crate::web) async fn payers_seen(
    store: &Store,
    now: Timestamp,
    actor: &Actor,
    event: &Event,
    payers: usize,
) -> Result<(), Problem> {
    if payers > 0 { looked(store, now, actor, event, ("payers seen", payers)).await } else { Ok(()) }
}

/// Writes down who looked for payments by their payer, and how many that showed: that there is none tells something, too.
pub(in crate::web) async fn payers_sought(
    store: &Store,
    now: Timestamp,
    actor: &Actor,
    event: &Event,
    payers: usize,
) -> Result<(), Problem> {
    looked(store, now, actor, event, ("payers looked for", payers)).await
}

async fn looked(
    store: &Store,
    now: Timestamp,
    actor: &Actor,
    event: &Event,
    (action, payers): (&'static str, usize),
) -> Result<(), Problem> {
    let detail = Some(counted(payers, "payer"));
    let entry = Entry { event: Some(event.id), detail, ..Entry::new(actor, action, event.slug.as_str()) };
    Ok(audit_log::store::write_alone(store, now, &entry).await?)
}
