//! The books of a festival for whoever closes them: accounts, days, files, the audit.
//!
//! Accounts and days come from the running totals, which cost the same however much was sold; the trial balance is added
//! up from every transfer, because that is what it is for. The audit holds the two against each other.

mod accounts;
mod audit;
mod day;
mod file;
mod sold;
mod trial_balance;
mod vendor;

pub(in crate::web) use audit::Audits;

use crate::web::App;
use crate::web::caller::SeeMoney;
use crate::web::console::at::AtFestival;
use crate::web::console::shell::{Place, Shell};
use axum::Router;
use axum::routing::{get, post};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/{event}/books", get(accounts::get))
        .route("/console/{event}/books/day", get(day::get))
        .route("/console/{event}/books/day.csv", get(day::csv))
        .route("/console/{event}/books/day.pdf", get(day::pdf))
        .route("/console/{event}/books/moved.csv", get(day::moved_csv))
        .route("/console/{event}/books/trial-balance", get(trial_balance::get))
        .route("/console/{event}/books/trial-balance.csv", get(trial_balance::csv))
        .route("/console/{event}/books/trial-balance.pdf", get(trial_balance::pdf))
        .route("/console/{event}/books/vendor", get(vendor::get))
        .route("/console/{event}/books/vendor.csv", get(vendor::csv))
        .route("/console/{event}/books/vendor.pdf", get(vendor::pdf))
        .route("/console/{event}/books/audit", post(audit::post))
}

/// What stands around a page below the books.
fn below(at: &AtFestival<SeeMoney>) -> Shell {
    at.shell(Place::Books).under("Books", at.path("/books"))
}
