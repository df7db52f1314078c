//! The statement of a vendor: what each of its points of sale took, day by day, and what is owed.

use super::day::{cut_of, hours};
use super::sold::Sold;
use super::{accounts, below, file};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::Event;
use crate::events::store::points_of_sale;
use crate::ledger::tallies::store::of_place;
use crate::money::Cents;
use crate::print::{Table, Tables};
use crate::web::app::Statements;
use crate::web::business_day::{self, day_of};
use crate::web::caller::SeeMoney;
use crate::web::console::asked::Asked;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time, in_brussels};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whose, and at what hour its days end.
#[derive(Deserialize)]
pub(in crate::web::console) struct Wanted {
    name: String,
    cut: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/vendor.html")]
struct VendorPage {
    shell: Shell,
    path: String,
    name: String,
    form: Form,
    hours: Vec<(String, String)>,
    /// Where the form is right.
    shown: Option<Shown>,
}

/// A statement as its page shows it.
struct Shown {
    as_of: String,
    cut: i8,
    points: Vec<Point>,
    owed: Cents,
}

/// A point of sale with its days, the first one first.
struct Point {
    name: String,
    days: Vec<(Date, Sold)>,
    all: Sold,
}

/// A statement that was read.
struct Read {
    cut: i8,
    as_of: Timestamp,
    points: Vec<Point>,
    owed: Cents,
}

async fn read(
    (store, statements): (&Store, &Statements),
    clock: &Clock,
    event: &Event,
    wanted: &Wanted,
) -> Result<Read, Problem> {
    let cut = cut_of(event, wanted.cut.as_deref())?;
    let _turn = statements.turn().await;
    let as_of = clock.now();
    let mut session = store.read().await?;
    let mut known = points_of_sale(&mut session, event.id, "", accounts::POINTS_MAX).await?;
    known.retain(|point| point.vendor == wanted.name);
    if known.is_empty() {
        return Err(Problem::not_found());
    }
    let mut points = Vec::new();
    for point in known {
        let mut by_day: BTreeMap<Date, Vec<_>> = BTreeMap::new();
        for tally in of_place(&mut session, event.id, point.id).await? {
            by_day.entry(day_of(tally.start_at, cut)).or_default().push(tally);
        }
        let days = by_day.into_iter();
        let days = days
            .filter_map(|(day, tallies)| Some((day, Sold::of(business_day::shown(day), tallies.iter())?)));
        let (dates, sold): (Vec<Date>, Vec<Sold>) = days.unzip();
        let all = Sold::all(&sold);
        points.push(Point { name: point.name, days: dates.into_iter().zip(sold).collect(), all });
    }
    let owed = points.iter().fold(Cents::ZERO, |sum, point| sum.plus(point.all.net).unwrap_or(sum));
    Ok(Read { cut, as_of, points, owed })
}

/// `GET /console/{event}/books/vendor`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
    Asked(typed): Asked<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let mut form = Form::of(typed);
    let wanted = Wanted { name: form.text("name").to_owned(), cut: form.optional("cut") };
    if let Err(why) = cut_of(&at.event, wanted.cut.as_deref()) {
        form.refused(why, "cut")?;
    }
    let mut shown = None;
    if form.is_right() {
        let Read { cut, as_of, points, owed } =
            read((&store, &statements), &clock, &at.event, &wanted).await?;
        form = form.instead("cut", cut.to_string());
        shown = Some(Shown { as_of: belgian_time(as_of), cut, points, owed });
    }
    let (name, hours) = (form.shown("name"), hours(&form));
    let page = VendorPage { shell: below(&at), path: at.path("/books"), name, form, hours, shown };
    Ok(at.page(page.form.status(), &page))
}

/// `GET /console/{event}/books/vendor.csv`
pub(in crate::web::console) async fn csv(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let Read { cut, as_of, points, .. } = read((&store, &statements), &clock, &at.event, &wanted).await?;
    let days = points.iter().flat_map(|point| point.days.iter().map(move |(day, line)| (point, day, line)));
    let rows = days.map(|(point, day, line)| {
        file::sold(file::of_day(*day, cut, as_of), &wanted.name, &point.name, line)
    });
    Ok(file::csv(&file_name(&at.event, &wanted.name, cut, as_of), file::SOLD, rows)?)
}

/// `GET /console/{event}/books/vendor.pdf`
pub(in crate::web::console) async fn pdf(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(statements): State<Statements>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let Read { cut, as_of, points, owed } = read((&store, &statements), &clock, &at.event, &wanted).await?;
    let tables = points.iter().map(|point| Table {
        heading: point.name.clone(),
        columns: Sold::columns("Day"),
        rows: point.days.iter().map(|(_, line)| line.texts()).collect(),
        sum: point.all.texts(),
    });
    let statement = Tables {
        title: format!("{}: statement of {}", at.event.name, wanted.name),
        notes: vec![
            format!("As of {}. A day ends at {cut}:00 of the next date.", belgian_time(as_of)),
            format!("Owed in all: {owed}"),
        ],
        tables: tables.collect(),
    };
    Ok(file::pdf(&file_name(&at.event, &wanted.name, cut, as_of), &statement)?)
}

/// Whose statement, and of which date.
fn file_name(event: &Event, vendor: &str, cut: i8, as_of: Timestamp) -> String {
    file::name(event, &format!("{vendor}-{}", in_brussels(as_of, "%Y-%m-%d")), cut)
}
