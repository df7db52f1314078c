//! One business day: what each point of sale took, and what else moved.

use super::accounts::{POINTS_MAX, code_words};
use super::sold::Sold;
use super::{below, file};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::Event;
use crate::events::store::points_of_sale;
use crate::ledger::Code;
use crate::ledger::tallies::store::between;
use crate::ledger::tallies::{HOUR, Tally, of_code};
use crate::money::Cents;
use crate::print::{Column, Table, Tables};
use crate::web::business_day::{bounds, day_of, shown};
use crate::web::caller::SeeMoney;
use crate::web::console::asked::Asked;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// The years whose days can be asked for: no festival is older, and every one of their days ends at an instant.
const YEARS: RangeInclusive<i16> = 2000..=2999;

/// Which day, and at what hour it ends.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Wanted {
    day: Option<String>,
    cut: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/day.html")]
struct DayPage {
    shell: Shell,
    path: String,
    form: Form,
    hours: Vec<(String, String)>,
    /// Where the form is right.
    shown: Option<Shown>,
}

/// A day as its page shows it.
struct Shown {
    day: String,
    title: String,
    cut: i8,
    from: String,
    to: String,
    vendors: Vec<Vendor>,
    reasons: Vec<(&'static str, i64, Cents)>,
}

/// A vendor with its points of sale.
struct Vendor {
    name: String,
    lines: Vec<Sold>,
    all: Sold,
}

/// A day that was read.
struct Read {
    day: Date,
    cut: i8,
    as_of: Timestamp,
    vendors: Vec<Vendor>,
    tallies: Vec<Tally>,
}

impl Read {
    fn reasons(&self) -> Vec<(&'static str, i64, Cents)> {
        let reasons = Code::ALL.iter().map(|code| {
            let (count, sum) = of_code(&self.tallies, *code);
            (code_words(*code), count, sum)
        });
        reasons.filter(|(_, count, _)| *count > 0).collect()
    }
}

impl Shown {
    fn of(read: Read) -> Shown {
        let (from, to) = bounds(read.day, read.cut);
        Shown {
            day: read.day.to_string(),
            title: shown(read.day),
            cut: read.cut,
            from: belgian_time(from),
            to: belgian_time(to),
            reasons: read.reasons(),
            vendors: read.vendors,
        }
    }
}

/// At what hour days end: as the event's rules say, unless another one is asked for.
pub(super) fn cut_of(event: &Event, asked: Option<&str>) -> Result<i8, Problem> {
    let Some(text) = asked else { return Ok(event.rules.day_cut_hour) };
    let hour = text.parse().ok().filter(|hour| (0..24).contains(hour));
    hour.ok_or_else(|| Problem::invalid("cut", "an hour from 0 to 23 is needed"))
}

/// The hours at which a day may end, as a choice; what is no hour is shown as it was typed.
pub(super) fn hours(form: &Form) -> Vec<(String, String)> {
    let wrong = form.mistake("cut").map(|_| (form.shown("cut"), form.shown("cut")));
    let hours = (0..24).map(|hour| (hour.to_string(), format!("{hour}:00")));
    wrong.into_iter().chain(hours).collect()
}

/// The day that was asked for.
fn day_asked(text: &str) -> Result<Date, Problem> {
    let day: Date =
        text.parse().map_err(|_| Problem::invalid("day", "there is no such day: write it as 2026-07-03"))?;
    if !YEARS.contains(&day.year()) {
        let why = format!("books have days of the years {} to {}", YEARS.start(), YEARS.end());
        return Err(Problem::invalid("day", why));
    }
    Ok(day)
}

async fn read(store: &Store, clock: &Clock, event: &Event, wanted: &Wanted) -> Result<Read, Problem> {
    let (cut, as_of) = (cut_of(event, wanted.cut.as_deref())?, clock.now());
    let day = match &wanted.day {
        None => day_of(as_of, cut),
        Some(text) => day_asked(text)?,
    };
    let mut session = store.read().await?;
    let tallies = between(&mut session, event.id, HOUR, bounds(day, cut)).await?;
    let mut points = points_of_sale(&mut session, event.id, "", POINTS_MAX).await?;
    drop(session);
    points.sort_by(|a, b| (&a.vendor, &a.name).cmp(&(&b.vendor, &b.name)));
    let mut vendors: Vec<(String, Vec<Sold>)> = Vec::new();
    for point in points {
        let mine = tallies.iter().filter(|tally| tally.place == Some(point.id));
        let Some(line) = Sold::of(point.name, mine) else { continue };
        match vendors.last_mut().filter(|(name, _)| *name == point.vendor) {
            Some((_, lines)) => lines.push(line),
            None => vendors.push((point.vendor, vec![line])),
        }
    }
    let vendors = vendors.into_iter().map(|(name, lines)| Vendor { name, all: Sold::all(&lines), lines });
    Ok(Read { day, cut, as_of, vendors: vendors.collect(), tallies })
}

/// `GET /console/{event}/books/day`
pub(in crate::web::console) async fn get(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Asked(typed): Asked<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let mut form = Form::of(typed);
    let wanted = Wanted { day: form.optional("day"), cut: form.optional("cut") };
    if let Some(Err(why)) = wanted.day.as_deref().map(day_asked) {
        form.refused(why, "day")?;
    }
    if let Err(why) = cut_of(&at.event, wanted.cut.as_deref()) {
        form.refused(why, "cut")?;
    }
    let hours = hours(&form);
    let mut shown = None;
    if form.is_right() {
        let day = Shown::of(read(&store, &clock, &at.event, &wanted).await?);
        form = Form::with([("day", day.day.clone()), ("cut", day.cut.to_string())]);
        shown = Some(day);
    }
    let page = DayPage { shell: below(&at), path: at.path("/books"), form, hours, shown };
    Ok(at.page(page.form.status(), &page))
}

/// `GET /console/{event}/books/day.csv`
pub(in crate::web::console) async fn csv(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let Read { day, cut, as_of, vendors, .. } = read(&store, &clock, &at.event, &wanted).await?;
    let of_day = file::of_day(day, cut, as_of);
    let lines = vendors.iter().flat_map(|vendor| vendor.lines.iter().map(move |line| (vendor, line)));
    let rows = lines.map(|(vendor, line)| file::sold(of_day.clone(), &vendor.name, &line.name, line));
    Ok(file::csv(&file::name(&at.event, &format!("{day}-bars"), cut), file::SOLD, rows)?)
}

/// `GET /console/{event}/books/moved.csv`
pub(in crate::web::console) async fn moved_csv(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let read = read(&store, &clock, &at.event, &wanted).await?;
    let of_day = file::of_day(read.day, read.cut, read.as_of);
    let rows = read.reasons().into_iter().map(|(why, count, sum)| {
        let [day, from, to, as_of] = of_day.clone();
        [day, from, to, as_of, why.to_owned(), count.to_string(), file::euros(sum), sum.0.to_string()]
    });
    let columns = ["day", "from", "to", "as_of", "why", "how_often", "amount", "amount_cents"];
    Ok(file::csv(&file::name(&at.event, &format!("{}-moved", read.day), read.cut), columns, rows)?)
}

/// `GET /console/{event}/books/day.pdf`
pub(in crate::web::console) async fn pdf(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let read = read(&store, &clock, &at.event, &wanted).await?;
    let (from, to) = bounds(read.day, read.cut);
    let reasons = read.reasons().into_iter();
    let moved = Table {
        heading: "What moved".to_owned(),
        columns: vec![
            Column::words("Why", 600),
            Column::figures("How often", 200),
            Column::figures("How much", 200),
        ],
        rows: reasons
            .map(|(why, count, sum)| vec![why.to_owned(), count.to_string(), sum.to_string()])
            .collect(),
        sum: Vec::new(),
    };
    let tables = read.vendors.iter().map(|vendor| Table {
        heading: vendor.name.clone(),
        columns: Sold::columns("Point of sale"),
        rows: vendor.lines.iter().map(Sold::texts).collect(),
        sum: vendor.all.texts(),
    });
    let document = Tables {
        title: format!("{}: {}", at.event.name, shown(read.day)),
        notes: vec![
            format!("From {} to {}.", belgian_time(from), belgian_time(to)),
            format!("As of {}.", belgian_time(read.as_of)),
        ],
        tables: tables.chain([moved]).collect(),
    };
    Ok(file::pdf(&file::name(&at.event, &format!("{}-books", read.day), read.cut), &document)?)
}
