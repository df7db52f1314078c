//! The first page: festivals with their totals and what waits for a person.

use super::SignedIn;
use crate::db::{Snapshot, Store};
use crate::events::{self, Event};
use crate::ledger::{self, AccountKind, Code, Statement};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::parked;
use crate::web::app::Statements;
use crate::web::page::{ICON_PATH, STYLE_PATH, Sorry, belgian_time, page};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

/// Festivals shown: adding up the books of each takes a moment.
const EVENTS_SHOWN: i64 = 20;
/// Open matters shown of each.
const PARKED_MAX: i64 = 10;

#[derive(Template)]
#[template(path = "web/home.html")]
struct HomePage {
    email: String,
    role: &'static str,
    events: Vec<EventCard>,
}

struct EventCard {
    slug: String,
    name: String,
    is_open: bool,
    since: String,
    /// For whoever may see money.
    totals: Option<Totals>,
}

struct Totals {
    topped_up: Cents,
    spent: Cents,
    on_wallets: Cents,
    in_suspense: Cents,
    parked: Vec<ParkedLine>,
    /// There are more than those shown.
    more_parked: bool,
}

struct ParkedLine {
    reason: String,
    amount: Option<Cents>,
    since: String,
}

/// `GET /console`
pub(super) async fn get(
    signed_in: SignedIn,
    State(store): State<Store>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let operator = signed_in.operator;
    let _turn = statements.turn().await;
    let mut snapshot = store.snapshot().await?;
    let mut cards = Vec::new();
    for event in events::store::list(&mut snapshot, None, EVENTS_SHOWN).await? {
        let totals = match operator.may(Right::SeeMoney) {
            true => Some(totals(&mut snapshot, &event).await?),
            false => None,
        };
        cards.push(EventCard {
            slug: event.slug.to_string(),
            is_open: event.is_open(),
            name: event.name,
            since: belgian_time(event.created_at),
            totals,
        });
    }
    let role = operator.role.as_str();
    Ok(page(StatusCode::OK, &HomePage { email: operator.email.to_string(), role, events: cards }))
}

async fn totals(snapshot: &mut Snapshot, event: &Event) -> Result<Totals, Problem> {
    let profiles = events::accounts::store::names(snapshot, event.id).await?;
    let statement = ledger::statement(snapshot, event.id, &profiles).await?;
    let mut open = parked::store::open(snapshot, event.id, Uuid::nil(), PARKED_MAX + 1).await?;
    let more_parked = i64::try_from(open.len()).is_ok_and(|len| len > PARKED_MAX);
    open.truncate(usize::try_from(PARKED_MAX).unwrap_or_default());
    let parked = open.into_iter().map(|matter| ParkedLine {
        reason: matter.reason.replace('-', " "),
        amount: matter.amount_cents.map(Cents),
        since: belgian_time(matter.opened_at),
    });
    let topped_up = statement.movements.iter().find(|line| line.code == Code::TopUp);
    Ok(Totals {
        topped_up: topped_up.map_or(Cents::ZERO, |line| line.amount_cents),
        spent: balance(&statement, AccountKind::Vendor),
        on_wallets: balance(&statement, AccountKind::Wallet),
        in_suspense: balance(&statement, AccountKind::Suspense),
        parked: parked.collect(),
        more_parked,
    })
}

fn balance(statement: &Statement, kind: AccountKind) -> Cents {
    let lines = statement.accounts.iter().filter(|line| line.kind == kind);
    lines.fold(Cents::ZERO, |sum, line| sum.plus(line.balance_cents).unwrap_or(sum))
}
