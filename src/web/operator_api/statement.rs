//! The books of a festival at a glance.

use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events;
use crate::ledger::{self, AccountKind, Code};
use crate::money::Cents;
use crate::web::app::Statements;
use crate::web::body::Json;
use crate::web::caller::{Allowed, SeeMoney};
use crate::web::in_path::EventInPath;
use crate::web::openapi::schemas;
use crate::web::problem::Problem;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The books of a festival.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct StatementAnswer {
    /// The festival's slug.
    event: String,
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    currency: &'static str,
    /// By account; all wallets are one line.
    accounts: Vec<AccountLine>,
    /// By business reason.
    movements: Vec<MovementLine>,
    /// Everything debited; equal to everything credited.
    #[schema(value_type = i64)]
    debits_cents: Cents,
    #[schema(value_type = i64)]
    credits_cents: Cents,
}

/// An account's totals.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct AccountLine {
    #[schema(schema_with = schemas::account_kind)]
    kind: AccountKind,
    /// The vendor or profile; empty where there is only one such account.
    name: String,
    /// As people read it: a profile with its provider before it.
    display_name: String,
    #[schema(value_type = i64)]
    debits_cents: Cents,
    #[schema(value_type = i64)]
    credits_cents: Cents,
    /// What is left: what we owe on wallets, vendors and suspense; what is owed to us on the receivable.
    #[schema(value_type = i64)]
    balance_cents: Cents,
}

/// What one business reason moved.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct MovementLine {
    #[schema(schema_with = schemas::posting_code)]
    code: Code,
    /// How often.
    transfers: i64,
    #[schema(value_type = i64)]
    amount_cents: Cents,
}

/// Shows a festival's books.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/statement", tag = "Money", operation_id = "show_statement",
    security(("operator" = [])), params(("event" = String, Path, description = "The festival's slug")),
    responses(
        (status = 200, description = "Its accounts and totals", body = StatementAnswer),
        (status = 404, description = "`unknown-event`"),
    )
)]
pub(in crate::web) async fn get(
    _: Allowed<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
    EventInPath(event): EventInPath,
) -> Result<Json<StatementAnswer>, Problem> {
    let _turn = statements.turn().await;
    let mut snapshot = store.snapshot().await?;
    let profiles = events::accounts::store::names(&mut snapshot, event.id).await?;
    let as_of = clock.now();
    let statement = ledger::statement(&mut snapshot, event.id, &profiles).await?;
    let accounts = statement.accounts.into_iter().map(|line| AccountLine {
        kind: line.kind,
        name: line.name,
        display_name: line.display_name,
        debits_cents: line.debits_cents,
        credits_cents: line.credits_cents,
        balance_cents: line.balance_cents,
    });
    let movements = statement.movements.into_iter().map(|line| MovementLine {
        code: line.code,
        transfers: line.transfers,
        amount_cents: line.amount_cents,
    });
    Ok(Json(StatementAnswer {
        event: event.slug.to_string(),
        as_of,
        currency: "EUR",
        accounts: accounts.collect(),
        movements: movements.collect(),
        debits_cents: statement.debits_cents,
        credits_cents: statement.credits_cents,
    }))
}
