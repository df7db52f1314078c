//! Money: whole euro cents, added and subtracted with checks.
//!
//! Everything inside the program is [`Cents`]. Euros exist only where a person types or reads them,
//! and there [`rust_decimal`] does the parsing and printing; no float is used anywhere.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An amount in euro cents. May be negative where a difference is meant; a transfer's amount never is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// No money.
    pub const ZERO: Cents = Cents(0);

    /// The sum, or `None` beyond the range of an `i64`.
    #[must_use]
    pub fn plus(self, other: Cents) -> Option<Cents> {
        self.0.checked_add(other.0).map(Cents)
    }

    /// The difference, or `None` beyond the range of an `i64`.
    #[must_use]
    pub fn minus(self, other: Cents) -> Option<Cents> {
        self.0.checked_sub(other.0).map(Cents)
    }

    /// The amount `quantity` times, or `None` beyond the range of an `i64`.
    #[must_use]
    pub fn times(self, quantity: i64) -> Option<Cents> {
        self.0.checked_mul(quantity).map(Cents)
    }

    /// As a movement is written: `+€ 12,50` where it comes, `−€ 12,50` where it goes.
    #[must_use]
    pub fn moved(self, comes: bool) -> String {
        format!("{}{self}", if comes { "+" } else { MINUS })
    }

    /// As it is typed: `1250,00`.
    #[must_use]
    pub fn typed(self) -> String {
        Decimal::new(self.0, 2).to_string().replace('.', ",")
    }

    /// True for amounts above zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// The sign that is as wide as a plus, and stays with its amount.
const MINUS: &str = "−";

/// As people in Belgium read it: `€ 12,50`, `−€ 0,05`, `€ 1.234,00`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let euros = Decimal::new(self.0, 2).abs();
        let text = euros.to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { MINUS } else { "" };
        write!(f, "{sign}€ {grouped},{part}")
    }
}

/// An amount as a provider words it: in euros, unless its currency is another one. Of that nobody here knows how many of the
/// smallest unit make a whole: `1000 in the smallest unit of USD`.
#[must_use]
pub fn as_reported(cents: i64, currency: Option<&str>) -> String {
    match currency {
        None | Some("EUR") => Cents(cents).to_string(),
        Some(other) => format!("{cents} in the smallest unit of {other}"),
    }
}

/// Why a typed amount is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEuros {
    /// Thousands to some and decimals to others, such as `1.000`.
    #[error(
        "{typed:?} is not an amount in euros that reads only one way: \
         write {digits} or {typed}{decimals} for thousands, and no more than two decimals otherwise"
    )]
    Doubtful {
        /// What was typed.
        typed: String,
        /// Its digits alone.
        digits: String,
        /// What would make thousands of it.
        decimals: &'static str,
    },
    /// More than any amount here can be.
    #[error("{typed:?} is too large an amount")]
    TooLarge {
        /// What was typed.
        typed: String,
    },
    /// Anything else.
    #[error("{typed:?} is not an amount in euros: write it as 12,50 or 12.50, with at most two decimals")]
    Other {
        /// What was typed.
        typed: String,
    },
}

/// Digits of the most euros there can be.
const WHOLE_DIGITS_MAX: usize = 17;

/// How no cents are written: `20,-`.
const NO_CENTS: [&str; 4] = ["--", "-", "–", "—"];

/// What stands between groups of three digits: signs, and the spaces that other programs put there.
const GROUPING: [char; 5] = ['.', ',', ' ', '\u{a0}', '\u{202f}'];

/// The digits of a whole number in groups of three, and the sign between them.
pub(crate) fn grouped(text: &str) -> Option<(String, char)> {
    let sign = text.chars().find(|letter| GROUPING.contains(letter))?;
    let are_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = text.split_once(sign)?;
    let begins = (1..=3).contains(&first.len()) && are_digits(first) && !first.starts_with('0');
    let goes_on = rest.split(sign).all(|group| group.len() == 3 && are_digits(group));
    (begins && goes_on).then(|| (text.replace(sign, ""), sign))
}

/// The same amount with a point before its decimals and nothing else between its digits. Groups of thousands are taken
/// where two decimals follow them behind another sign.
fn pointed(text: &str) -> String {
    let thousands = text.rsplit_once([',', '.']).and_then(|(whole, decimals)| {
        let (digits, sign) = grouped(whole)?;
        let are_apart = !text[whole.len()..].starts_with(sign) && decimals.len() == 2;
        are_apart.then(|| format!("{digits}.{decimals}"))
    });
    thousands.unwrap_or_else(|| text.replace(',', "."))
}

/// Without the euro sign before or behind it, and with two zeros for a dash that stands for no cents.
fn bare(typed: &str) -> String {
    let text = typed.trim();
    let text = text.strip_prefix('€').or_else(|| text.strip_suffix('€')).unwrap_or(text).trim();
    let whole =
        NO_CENTS.iter().find_map(|dash| text.strip_suffix(dash)).filter(|whole| whole.ends_with([',', '.']));
    whole.map_or_else(|| text.to_owned(), |whole| format!("{whole}00"))
}

/// Parses what a person types: `12,50`, `12.50`, `€ 12`, `12 €`, `12,-`, `12`, `1.000,00`, `1,000.00`, `1 000,00`.
impl FromStr for Cents {
    type Err = NotEuros;

    fn from_str(typed: &str) -> Result<Cents, NotEuros> {
        let wrong = || NotEuros::Other { typed: typed.to_owned() };
        let too_large = || NotEuros::TooLarge { typed: typed.to_owned() };
        let text = bare(typed);
        if let Some((digits, sign)) = grouped(&text) {
            if digits.len() > WHOLE_DIGITS_MAX {
                return Err(too_large());
            }
            let decimals = if sign == ',' { ".00" } else { ",00" };
            return Err(NotEuros::Doubtful { typed: text, digits, decimals });
        }
        let text = pointed(&text);
        let has_its_digits =
            text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit());
        if !has_its_digits || text.contains('_') {
            return Err(wrong());
        }
        let whole = text.split('.').next().unwrap_or_default();
        if whole.len() > WHOLE_DIGITS_MAX && whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(too_large());
        }
        let euros = Decimal::from_str_exact(&text).map_err(|_| wrong())?;
        if euros.scale() > 2 {
            return Err(wrong());
        }
        let cents = euros.checked_mul(Decimal::ONE_HUNDRED).ok_or_else(too_large)?;
        i64::try_from(cents).map(Cents).map_err(|_| too_large())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn euros_are_printed_as_belgians_read_them() {
        assert_eq!(Cents(1250).to_string(), "€ 12,50");
        assert_eq!(Cents(5).to_string(), "€ 0,05");
        assert_eq!(Cents(-5).to_string(), "−€ 0,05");
        assert_eq!([Cents(700).moved(true), Cents(700).moved(false)], ["+€ 7,00", "−€ 7,00"]);
        assert_eq!(Cents(123_456_700).to_string(), "€ 1.234.567,00");
    }

    #[test]
    fn typed_euros_become_cents_or_a_named_refusal() {
        assert_eq!("12,50".parse(), Ok(Cents(1250)));
        assert_eq!("€ 12".parse(), Ok(Cents(1200)));
        assert_eq!("0.5".parse(), Ok(Cents(50)));
        for wrong in ["", "twelve", "12,505", "-3", "1e3", "1_0", "5,", "1,234,5", "99999999999999999999"] {
            assert!(wrong.parse::<Cents>().is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn the_sign_may_stand_behind_and_a_dash_for_no_cents() {
        for typed in ["20 €", "20€", "20\u{a0}€", "€ 20,-", "20,-", "20.-", "20,--", "20,–", "20,— €"]
        {
            assert_eq!(typed.parse(), Ok(Cents(2_000)), "{typed}");
        }
        assert_eq!("12,50 €".parse(), Ok(Cents(1_250)));
        assert_eq!("1.000,-".parse(), Ok(Cents(100_000)));
        assert!(matches!("1.000 €".parse::<Cents>(), Err(NotEuros::Doubtful { .. })));
        for wrong in
            ["€", "20-", "20,---", ",-", "-", "20,-5", "-20 €", "€ 20 €", "20 € 5", "2,0,-", "1,000,-"]
        {
            assert!(matches!(wrong.parse::<Cents>(), Err(NotEuros::Other { .. })), "{wrong}");
        }
    }

    #[test]
    fn only_euros_are_shown_as_euros() {
        assert_eq!(as_reported(1_000, Some("EUR")), "€ 10,00");
        assert_eq!(as_reported(1_000, None), "€ 10,00");
        assert_eq!(as_reported(1_000, Some("USD")), "1000 in the smallest unit of USD");
    }

    #[test]
    fn an_amount_that_is_too_large_is_told_from_what_is_none() {
        assert_eq!("92233720368547758,07".parse(), Ok(Cents(i64::MAX)));
        for large in [
            "92233720368547758,08",
            "99999999999999999999",
            "€ 100000000000000000000000000000000000",
            "1.000.000.000.000.000.000",
        ] {
            let said = large.parse::<Cents>().unwrap_err().to_string();
            assert!(said.ends_with("is too large an amount"), "{said}");
        }
    }

    #[test]
    fn thousands_are_taken_where_nobody_could_read_them_otherwise() {
        for typed in ["1.000,00", "1,000.00", "1 000,00", "1 000.00", "1\u{a0}000,00", "1\u{202f}000,00"] {
            assert_eq!(typed.parse(), Ok(Cents(100_000)), "{typed}");
        }
        assert_eq!("€ 1.234.567,89".parse(), Ok(Cents(123_456_789)));
        assert_eq!("999.999,99".parse(), Ok(Cents(99_999_999)));
        for cents in [5, 1_250, 100_000, 123_456_789] {
            assert_eq!(Cents(cents).to_string().parse(), Ok(Cents(cents)), "what is shown is taken");
        }
        for (doubtful, advice) in [
            ("1.000", "write 1000 or 1.000,00 for thousands"),
            ("1,000", "write 1000 or 1,000.00 for thousands"),
            (" € 12,505 ", "write 12505 or 12,505.00 for thousands"),
            ("1 000", "write 1000 or 1 000,00 for thousands"),
            ("1.000.000", "write 1000000 or 1.000.000,00 for thousands"),
        ] {
            let said = doubtful.parse::<Cents>().unwrap_err().to_string();
            assert!(said.contains(advice), "{said}");
        }
        for wrong in [
            "1.000,0",
            "1.000,000",
            "1.00,00",
            "1.0000,00",
            "1000.000,00",
            "1,000,00",
            "1.000 000,00",
            "0.500,00",
            ".000,00",
            "1.000,+5",
            "1.000,00,00",
            "-1.000,00",
        ] {
            let said = wrong.parse::<Cents>().unwrap_err().to_string();
            assert!(said.contains("write it as 12,50 or 12.50"), "{wrong}: {said}");
        }
    }

    #[test]
    fn arithmetic_says_when_it_leaves_the_range() {
        assert_eq!(Cents(i64::MAX).plus(Cents(1)), None);
        assert_eq!(Cents(i64::MIN).minus(Cents(1)), None);
        assert_eq!(Cents(i64::MAX).times(2), None);
        assert_eq!(Cents(250).times(3), Some(Cents(750)));
    }
}
