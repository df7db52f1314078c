//! One business day: what each point of sale took, and what else moved.

use super::accounts::{POINTS_MAX, code_words};
use super::{below, csv};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::Event;
use crate::events::store::points_of_sale;
use crate::ledger::Code;
use crate::ledger::tallies::store::between;
use crate::ledger::tallies::{HOUR, Tally, of_code};
use crate::money::Cents;
use crate::web::business_day::{CUT_HOUR, bounds, day_of};
use crate::web::caller::SeeMoney;
use crate::web::console::at::AtFestival;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

/// Which day, and at what hour it ends.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Asked {
    day: Option<String>,
    cut: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/day.html")]
struct DayPage {
    shell: Shell,
    path: String,
    day: String,
    title: String,
    cut: i8,
    hours: Vec<i8>,
    from: String,
    to: String,
    vendors: Vec<Vendor>,
    reasons: Vec<(&'static str, i64, Cents)>,
}

/// A vendor with its points of sale.
struct Vendor {
    name: String,
    lines: Vec<Line>,
    net: Cents,
}

struct Line {
    point: String,
    sales: i64,
    charged: Cents,
    taken_back: Cents,
    net: Cents,
}

/// A day that was read.
struct Read {
    day: Date,
    cut: i8,
    vendors: Vec<Vendor>,
    tallies: Vec<Tally>,
}

async fn read(store: &Store, clock: &Clock, event: &Event, asked: &Asked) -> Result<Read, Problem> {
    let cut = match &asked.cut {
        None => CUT_HOUR,
        Some(text) => text
            .parse()
            .ok()
            .filter(|hour| (0..24).contains(hour))
            .ok_or_else(|| Problem::invalid("cut", "an hour from 0 to 23 is needed"))?,
    };
    let day = match &asked.day {
        None => day_of(clock.now(), cut),
        Some(text) => text.parse().map_err(|_| Problem::invalid("day", "a day is written as 2026-07-03"))?,
    };
    let mut session = store.read().await?;
    let tallies = between(&mut session, event.id, HOUR, bounds(day, cut)).await?;
    let mut points = points_of_sale(&mut session, event.id, "", POINTS_MAX).await?;
    drop(session);
    points.sort_by(|a, b| (&a.vendor, &a.name).cmp(&(&b.vendor, &b.name)));
    let mut vendors: Vec<Vendor> = Vec::new();
    for point in points {
        let mine = || tallies.iter().filter(|tally| tally.place == Some(point.id));
        let ((sales, charged), (_, taken_back)) =
            (of_code(mine(), Code::Charge), of_code(mine(), Code::Void));
        if sales == 0 && !taken_back.is_positive() {
            continue;
        }
        let net = charged.minus(taken_back).unwrap_or(charged);
        let line = Line { point: point.name, sales, charged, taken_back, net };
        match vendors.last_mut().filter(|vendor| vendor.name == point.vendor) {
            Some(vendor) => {
                vendor.net = vendor.net.plus(net).unwrap_or(vendor.net);
                vendor.lines.push(line);
            }
            None => vendors.push(Vendor { name: point.vendor, lines: vec![line], net }),
        }
    }
    Ok(Read { day, cut, vendors, tallies })
}

/// `GET /console/{event}/books/day`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    let Read { day, cut, vendors, tallies } = read(&store, &clock, &at.event, &asked).await?;
    let (from, to) = bounds(day, cut);
    let reasons = Code::ALL.iter().map(|code| {
        let (count, sum) = of_code(&tallies, *code);
        (code_words(*code), count, sum)
    });
    let shown = DayPage {
        shell: below(&at),
        path: at.path("/books"),
        day: day.to_string(),
        title: crate::web::business_day::shown(day),
        cut,
        hours: (0..24).collect(),
        from: belgian_time(from),
        to: belgian_time(to),
        vendors,
        reasons: reasons.filter(|(_, count, _)| *count > 0).collect(),
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// `GET /console/{event}/books/day.csv`
pub(in crate::web::console) async fn file(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Query(asked): Query<Asked>,
) -> Result<Response, Sorry> {
    let Read { day, vendors, .. } = read(&store, &clock, &at.event, &asked).await?;
    let rows = vendors.iter().flat_map(|vendor| {
        vendor.lines.iter().map(|line| {
            [
                day.to_string(),
                csv::text(&vendor.name),
                csv::text(&line.point),
                line.sales.to_string(),
                csv::euros(line.charged),
                csv::euros(line.taken_back),
                csv::euros(line.net),
                line.net.0.to_string(),
            ]
        })
    });
    let columns = ["day", "vendor", "point_of_sale", "sales", "charged", "taken_back", "net", "net_cents"];
    Ok(csv::file(&format!("{}-{day}.csv", at.event.slug), columns, rows)?)
}
