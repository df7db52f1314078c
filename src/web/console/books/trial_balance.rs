//! The trial balance: every account, added up from every transfer.

use super::accounts::kind_words;
use super::{below, file};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::{self, Event};
use crate::ledger::{Statement, statement};
use crate::money::Cents;
use crate::print::{Column, Table, Tables};
use crate::web::app::Statements;
use crate::web::caller::SeeMoney;
use crate::web::console::at::AtFestival;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time, in_brussels};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "web/console/trial_balance.html")]
struct TrialBalancePage {
    shell: Shell,
    path: String,
    as_of: String,
    lines: Vec<Line>,
    debits: Cents,
    credits: Cents,
}

struct Line {
    kind: &'static str,
    /// An account at a provider with the provider's name.
    name: String,
    debits: Cents,
    credits: Cents,
    balance: Cents,
}

async fn read(
    store: &Store,
    statements: &Statements,
    event: &Event,
) -> Result<(Statement, Vec<Line>), Problem> {
    let _turn = statements.turn().await;
    let mut snapshot = store.snapshot().await?;
    let profiles = events::accounts::store::names(&mut snapshot, event.id).await?;
    let statement = statement(&mut snapshot, event.id, &profiles).await?;
    let lines = statement.accounts.iter().map(|line| Line {
        kind: kind_words(line.kind),
        name: line.display_name.clone(),
        debits: line.debits_cents,
        credits: line.credits_cents,
        balance: line.balance_cents,
    });
    let lines = lines.collect();
    Ok((statement, lines))
}

/// `GET /console/{event}/books/trial-balance`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let as_of = belgian_time(clock.now());
    let (statement, lines) = read(&store, &statements, &at.event).await?;
    let shown = TrialBalancePage {
        shell: below(&at),
        path: at.path("/books"),
        as_of,
        lines,
        debits: statement.debits_cents,
        credits: statement.credits_cents,
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// `GET /console/{event}/books/trial-balance.csv`
pub(in crate::web::console) async fn csv(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let as_of = clock.now();
    let (_, lines) = read(&store, &statements, &at.event).await?;
    let rows = lines.iter().map(|line| {
        [
            file::instant(as_of),
            line.kind.to_owned(),
            file::text(&line.name),
            file::euros(line.debits),
            file::euros(line.credits),
            file::euros(line.balance),
            line.balance.0.to_string(),
        ]
    });
    let columns = ["as_of", "account", "name", "debits", "credits", "balance", "balance_cents"];
    Ok(file::csv(&file_name(&at.event, as_of), columns, rows)?)
}

/// `GET /console/{event}/books/trial-balance.pdf`
pub(in crate::web::console) async fn pdf(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
) -> Result<Response, Sorry> {
    let as_of = clock.now();
    let (statement, lines) = read(&store, &statements, &at.event).await?;
    let texts = |kind: &str, name: &str, amounts: [Cents; 2], balance: String| {
        let words = [kind.to_owned(), name.to_owned()].into_iter();
        words.chain(amounts.map(|amount| amount.to_string())).chain([balance]).collect::<Vec<_>>()
    };
    let rows = lines
        .iter()
        .map(|line| texts(line.kind, &line.name, [line.debits, line.credits], line.balance.to_string()));
    let table = Table {
        heading: String::new(),
        columns: vec![
            Column::words("Account", 250),
            Column::words("Name", 300),
            Column::figures("Debits", 150),
            Column::figures("Credits", 150),
            Column::figures("Balance", 150),
        ],
        rows: rows.collect(),
        sum: texts("All", "", [statement.debits_cents, statement.credits_cents], String::new()),
    };
    let document = Tables {
        title: format!("{}: trial balance", at.event.name),
        notes: vec![format!("As of {}, added up from every transfer.", belgian_time(as_of))],
        tables: vec![table],
    };
    Ok(file::pdf(&file_name(&at.event, as_of), &document)?)
}

/// Of which moment it is.
fn file_name(event: &Event, as_of: Timestamp) -> String {
    format!("{}-trial-balance-{}", event.slug, in_brussels(as_of, "%Y-%m-%d-%H%M"))
}
