//! The day of the books: it ends when the last bar closes, not at midnight. The event's rules say at what hour.

use crate::clock::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::{ToSpan, Zoned};
use std::str::FromStr;

const ZONE: &str = "Europe/Brussels";

/// The business day that an instant belongs to.
pub(in crate::web) fn day_of(at: Timestamp, cut_hour: i8) -> Date {
    let local = at.to_jiff().in_tz(ZONE).map(|zoned| zoned.datetime());
    let local = local.unwrap_or_else(|_| at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).datetime());
    let early = local.hour() < cut_hour;
    if early { local.date().yesterday().unwrap_or(local.date()) } else { local.date() }
}

/// When a business day begins, and when the next one does. A day of 23 or 25 hours is one.
pub(in crate::web) fn bounds(day: Date, cut_hour: i8) -> (Timestamp, Timestamp) {
    let next = day.checked_add(1.day()).unwrap_or(day);
    (begins(day, cut_hour), begins(next, cut_hour))
}

fn begins(day: Date, cut_hour: i8) -> Timestamp {
    let local: Option<Zoned> = day.at(cut_hour.clamp(0, 23), 0, 0, 0).in_tz(ZONE).ok();
    local.map_or(Timestamp(0), |zoned| Timestamp(zoned.timestamp().as_microsecond()))
}

/// A day as people in Belgium read it: `3/7/2026`.
pub(in crate::web) fn shown(day: Date) -> String {
    day.strftime("%-d/%-m/%Y").to_string()
}

/// What a browser's field for date and time sends, in Belgium: `2026-07-03T20:04`.
pub(in crate::web) struct LocalTime(pub(in crate::web) Timestamp);

impl FromStr for LocalTime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<LocalTime, &'static str> {
        let local: Result<DateTime, _> = text.parse();
        let zoned = local.and_then(|local| local.in_tz(ZONE));
        let zoned =
            zoned.map_err(|_| "there is no such time: write it as 2026-07-03T20:04, as it is in Belgium")?;
        Ok(LocalTime(Timestamp(zoned.timestamp().as_microsecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_lasts_until_the_bars_close() {
        let day = |text: &str| day_of(at(text), 6).to_string();
        assert_eq!(shown(day_of(at("2026-07-03T18:00:00Z"), 6)), "3/7/2026");
        assert_eq!(day("2026-07-04T03:59:59Z"), "2026-07-03");
        assert_eq!(day("2026-07-04T04:00:00Z"), "2026-07-04");
        assert_eq!(day_of(at("2026-07-03T22:00:00Z"), 0).to_string(), "2026-07-04");
    }

    #[test]
    fn a_field_for_date_and_time_is_in_belgium() {
        let LocalTime(summer) = "2026-07-03T20:04".parse().ok().unwrap();
        assert_eq!(summer, at("2026-07-03T18:04:00Z"));
        for wrong in ["", "3/7/2026", "2026-07-32T00:00"] {
            assert!(wrong.parse::<LocalTime>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_days_on_which_clocks_change_have_23_and_25_hours() {
        let hours = |text: &str, cut| {
            let (from, to) = bounds(text.parse().unwrap(), cut);
            to.since(from).as_secs() / 3_600
        };
        assert_eq!((hours("2026-03-28", 6), hours("2026-03-29", 6)), (23, 24));
        assert_eq!((hours("2026-03-29", 0), hours("2026-10-25", 0)), (23, 25));
        assert_eq!(hours("2026-10-24", 6), 25);
        let (from, to) = bounds("2026-10-24".parse().unwrap(), 6);
        assert_eq!((from, to), (at("2026-10-24T04:00:00Z"), at("2026-10-25T05:00:00Z")));
    }
}
