//! Whole printer dots: what a length is in them.

use super::super::Options;
use super::super::length::Length;

/// The grid a printer prints on, seen from the layout: a file that is scaled up has more dots to a millimetre of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dots {
    dpi: u32,
    scale_ppm: u32,
}

/// Nanometres of an inch, times a scale of one.
const INCH: i128 = 25_400_000 * 1_000_000;

impl Dots {
    pub(crate) fn of(options: &Options) -> Option<Dots> {
        options.dpi.map(|dpi| Dots { dpi, scale_ppm: options.scale_ppm })
    }

    fn in_inch(self) -> i128 {
        i128::from(self.dpi) * i128::from(self.scale_ppm)
    }

    /// How many whole dots a length has, forgiving the nanometre that rounding took.
    pub(super) fn whole_in(self, length: Length) -> i64 {
        let dots = (i128::from(length.as_nm()) + 1) * self.in_inch() / INCH;
        i64::try_from(dots).expect("lengths are at most two metres")
    }

    pub(super) fn length(self, dots: i64) -> Length {
        Length::nm(i64::try_from(i128::from(dots) * INCH / self.in_inch()).expect("at most two metres"))
    }

    /// The count of dots, where a length is a whole number of them.
    pub(crate) fn exactly(self, length: Length) -> Option<i64> {
        let dots = self.whole_in(length);
        (self.length(dots) == length).then_some(dots)
    }
}
