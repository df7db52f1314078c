//! A festival's first page: its totals, and what waits for a person.

use super::at::AtFestival;
use super::shell::{Place, Shell};
use crate::db::{Snapshot, Store};
use crate::events::{self, Event};
use crate::ledger::{self, AccountKind, Code, Statement};
use crate::money::Cents;
use crate::operators::Right;
use crate::payments::parked;
use crate::secrets::KeyFile;
use crate::web::app::Statements;
use crate::web::caller::LookUp;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use uuid::Uuid;

/// Open matters shown.
const PARKED_MAX: i64 = 10;

#[derive(Template)]
#[template(path = "web/console/today.html")]
struct TodayPage {
    shell: Shell,
    name: String,
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

/// `GET /console/{event}`
pub(super) async fn get(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let totals = match at.operator.may(Right::SeeMoney) {
        true => {
            let _turn = statements.turn().await;
            Some(totals(&mut store.snapshot().await?, &keys, &at.event).await?)
        }
        false => None,
    };
    let (shell, since) = (at.shell(Place::Today), belgian_time(at.event.created_at));
    Ok(at.page(StatusCode::OK, &TodayPage { shell, name: at.event.name.clone(), since, totals }))
}

async fn totals(snapshot: &mut Snapshot, keys: &KeyFile, event: &Event) -> Result<Totals, Problem> {
    let profiles = events::store::profiles(snapshot, keys, event.id).await?;
    let profiles: Vec<_> =
        profiles.into_iter().map(|profile| (profile.provider, profile.profile_id)).collect();
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
