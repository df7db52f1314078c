//! Lengths in whole nanometres.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A length or a position. `Display` shows millimetres: `0.356 mm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(i64);

/// Nothing here is longer; keeps sums far from overflow.
const NM_MAX: i64 = 2_000_000_000;

impl Length {
    /// No length.
    pub const ZERO: Length = Length(0);

    /// From nanometres.
    #[must_use]
    pub const fn nm(nm: i64) -> Length {
        Length(nm)
    }

    /// From micrometres.
    #[must_use]
    pub const fn um(um: i64) -> Length {
        Length(um * 1_000)
    }

    /// From millimetres.
    #[must_use]
    pub const fn mm(mm: i64) -> Length {
        Length(mm * 1_000_000)
    }

    /// From tenths of a typographic point, the unit of font sizes here.
    #[must_use]
    pub const fn decipoints(tenths: i64) -> Length {
        Length(tenths * 25_400_000 / 720)
    }

    /// Reads millimetres as people type them: `0.4`, `-1,25`. `None`: not a number, or beyond two metres.
    #[must_use]
    pub fn parse_mm(text: &str) -> Option<Length> {
        let number: Decimal = text.trim().trim_end_matches("mm").trim_end().replace(',', ".").parse().ok()?;
        Length::from_decimal_mm(number)
    }

    /// The count of nanometres.
    #[must_use]
    pub const fn as_nm(self) -> i64 {
        self.0
    }

    /// The shorter of two.
    #[must_use]
    pub fn at_most(self, other: Length) -> Length {
        self.min(other)
    }

    /// A share of it.
    #[must_use]
    pub const fn permille(self, share: i64) -> Length {
        Length(self.0 * share / 1_000)
    }

    /// In typographic points, as PDF writes numbers: four decimals, no exponent.
    pub(crate) fn points(self) -> Points {
        Points(self.0)
    }

    fn from_decimal_mm(number: Decimal) -> Option<Length> {
        let nm = number.checked_mul(Decimal::from(1_000_000))?.round().to_i64()?;
        (nm.abs() <= NM_MAX).then_some(Length(nm))
    }
}

/// See [`Length::points`].
#[derive(Clone, Copy)]
pub(crate) struct Points(i64);

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 72 points are 25.4 mm, so a ten-thousandth of a point is 1270/36 nm.
        let scaled = (self.0 * 36 + 635 * self.0.signum()) / 1_270;
        let sign = if scaled < 0 { "-" } else { "" };
        let (whole, mut part) = (scaled.abs() / 10_000, scaled.abs() % 10_000);
        write!(f, "{sign}{whole}")?;
        if part > 0 {
            let mut digits = 4;
            while part % 10 == 0 {
                part /= 10;
                digits -= 1;
            }
            write!(f, ".{part:0digits$}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let um = (self.0 + 500 * self.0.signum()) / 1_000;
        let number = Decimal::new(um, 3).normalize();
        write!(f, "{number} mm")
    }
}

impl<'de> Deserialize<'de> for Length {
    /// A number of millimetres.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        let mm = f64::deserialize(deserializer)?;
        Decimal::try_from(mm)
            .ok()
            .and_then(Length::from_decimal_mm)
            .ok_or_else(|| serde::de::Error::custom("a length is a number of millimetres, up to 2000"))
    }
}

impl Add for Length {
    type Output = Length;
    fn add(self, other: Length) -> Length {
        Length(self.0 + other.0)
    }
}

impl Sub for Length {
    type Output = Length;
    fn sub(self, other: Length) -> Length {
        Length(self.0 - other.0)
    }
}

impl Neg for Length {
    type Output = Length;
    fn neg(self) -> Length {
        Length(-self.0)
    }
}

impl Mul<i64> for Length {
    type Output = Length;
    fn mul(self, times: i64) -> Length {
        Length(self.0 * times)
    }
}

impl Div<i64> for Length {
    type Output = Length;
    fn div(self, parts: i64) -> Length {
        Length(self.0 / parts)
    }
}

/// Reads the size of a print as people type it: percent with up to four decimals, as millionths.
///
/// # Errors
/// What would be one.
pub fn parse_scale(text: &str) -> Result<u32, String> {
    let wrong = || "not a share in percent, such as 100.2".to_owned();
    let text = text.trim().trim_end_matches('%').replace(',', ".");
    let percent: Decimal = text.parse().map_err(|_| wrong())?;
    let millionths = percent.checked_mul(Decimal::from(10_000)).ok_or_else(wrong)?;
    if !millionths.fract().is_zero() {
        return Err(wrong());
    }
    u32::try_from(millionths.trunc()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_and_show_as_millimetres() {
        assert_eq!(Length::parse_mm("63.5"), Some(Length::um(63_500)));
        assert_eq!(Length::parse_mm(" -1,25 mm"), Some(Length::um(-1_250)));
        assert_eq!(Length::parse_mm("many"), None);
        assert_eq!(Length::parse_mm("9999999"), None);
        assert_eq!(Length::nm(356_666).to_string(), "0.357 mm");
        assert_eq!(Length::mm(25).to_string(), "25 mm");
    }

    #[test]
    fn points_are_plain_decimals() {
        assert_eq!(Length::um(25_400).points().to_string(), "72");
        assert_eq!(Length::um(-25_400).points().to_string(), "-72");
        assert_eq!(Length::mm(210).points().to_string(), "595.2756");
        assert_eq!(Length::decipoints(105).points().to_string(), "10.5");
        assert_eq!(Length::nm(-176).points().to_string(), "-0.0005");
    }
}
