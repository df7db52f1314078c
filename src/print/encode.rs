//! QR symbols: `qrcode` makes bits, error correction and placement; the mask is chosen in [`super::mask`].
//!
//! For one version and level the eight masked forms differ from the first by constant matrices (mask and
//! format information), so an [`Encoder`] makes those once and a symbol is drawn once, not eight times.

use super::mask::penalty;
use crate::words;
use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::Color;
use qrcode::{EcLevel, Version, ec};

words! {
    /// Error correction of a top-up code.
    Level, "a level of error correction" {
        /// 15% of the code may be lost: for what stays flat.
        M = "M",
        /// 25%: where a band wraps or creases.
        Q = "Q",
        /// 30%.
        H = "H",
    }
}

impl Level {
    fn ec(self) -> EcLevel {
        match self {
            Level::M => EcLevel::M,
            Level::Q => EcLevel::Q,
            Level::H => EcLevel::H,
        }
    }
}

/// How the text is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    Byte,
    Alphanumeric,
}

impl Mode {
    /// The mode a text is packed in: the one that takes the fewest modules.
    pub(crate) fn of(text: &str) -> Mode {
        if is_alphanumeric(text) { Mode::Alphanumeric } else { Mode::Byte }
    }
}

/// Largest version made here: 61 modules, so that a row is one word.
pub(crate) const VERSION_MAX: i16 = 11;

/// A symbol without its quiet zone. The leftmost module is the highest of a row's `rows.len()` bits.
pub(crate) struct Symbol {
    pub(crate) rows: Vec<u64>,
}

impl Symbol {
    pub(crate) fn width(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn dark(&self, x: usize, y: usize) -> bool {
        (self.rows[y] >> (self.width() - 1 - x)) & 1 == 1
    }
}

/// Makes symbols of one version, level and mode.
pub(crate) struct Encoder {
    version: i16,
    level: Level,
    mode: Mode,
    blank: Canvas,
    /// What turns the first masked form into each of the eight, as rows and as columns.
    masks: Vec<(Vec<u64>, Vec<u64>)>,
}

const PATTERNS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The characters of QR's alphanumeric mode.
pub(crate) fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b" $%*+-./:".contains(&b))
}

/// Smallest version that holds the text; `None` when even the largest doesn't.
pub(crate) fn version_for(text: &str, mode: Mode, level: Level) -> Option<i16> {
    (1..=VERSION_MAX).find(|version| packed(text, mode, *version, level).is_some())
}

/// Modules across a symbol, without the quiet zone.
pub(crate) fn modules_of(version: i16) -> i64 {
    i64::from(version) * 4 + 17
}

fn packed(text: &str, mode: Mode, version: i16, level: Level) -> Option<Bits> {
    let mut bits = Bits::new(Version::Normal(version));
    match mode {
        Mode::Byte => bits.push_byte_data(text.as_bytes()).ok()?,
        Mode::Alphanumeric => bits.push_alphanumeric_data(text.as_bytes()).ok()?,
    }
    bits.push_terminator(level.ec()).ok()?;
    Some(bits)
}

impl Encoder {
    pub(crate) fn new(version: i16, level: Level, mode: Mode) -> Encoder {
        let mut blank = Canvas::new(Version::Normal(version), level.ec());
        blank.draw_all_functional_patterns();
        let masked = |pattern: MaskPattern| {
            let mut canvas = blank.clone();
            canvas.apply_mask(pattern);
            rows_of(canvas)
        };
        let first = masked(PATTERNS[0]);
        let masks = PATTERNS.map(|pattern| {
            let rows: Vec<u64> = masked(pattern).iter().zip(&first).map(|(a, b)| a ^ b).collect();
            let columns = transposed(&rows);
            (rows, columns)
        });
        Encoder { version, level, mode, blank, masks: masks.to_vec() }
    }

    /// The symbol with the mask of lowest penalty. `None`: the text is too long or not of the mode.
    pub(crate) fn encode(&self, text: &str) -> Option<Symbol> {
        self.encode_where(text, |_| true)
    }

    /// The same among those masks whose rows the caller can use; without one, the best of all.
    pub(crate) fn encode_where(&self, text: &str, usable: impl Fn(&[u64]) -> bool) -> Option<Symbol> {
        let rows = self.first_form(text)?;
        let columns = transposed(&rows);
        let mut forms: Vec<(u32, Vec<u64>)> = self
            .masks
            .iter()
            .map(|(mask_rows, mask_columns)| {
                let rows = combined(&rows, mask_rows);
                (penalty(&rows, &combined(&columns, mask_columns)), rows)
            })
            .collect();
        forms.sort_by_key(|(penalty, _)| *penalty);
        let chosen = forms.iter().position(|(_, rows)| usable(rows)).unwrap_or(0);
        Some(Symbol { rows: forms.swap_remove(chosen).1 })
    }

    /// Whether these are the text's modules, under whichever mask.
    pub(crate) fn makes(&self, text: &str, rows: &[u64]) -> bool {
        let is_masked = |first: Vec<u64>| self.masks.iter().any(|(mask, _)| combined(&first, mask) == rows);
        self.first_form(text).is_some_and(is_masked)
    }

    /// The symbol under the first mask. `None`: the text is too long or not of the mode.
    fn first_form(&self, text: &str) -> Option<Vec<u64>> {
        if self.mode == Mode::Alphanumeric && !is_alphanumeric(text) {
            return None;
        }
        let bits = packed(text, self.mode, self.version, self.level)?;
        let (data, correction) =
            ec::construct_codewords(&bits.into_bytes(), Version::Normal(self.version), self.level.ec())
                .ok()?;
        let mut canvas = self.blank.clone();
        canvas.draw_data(&data, &correction);
        canvas.apply_mask(PATTERNS[0]);
        Some(rows_of(canvas))
    }
}

fn combined(a: &[u64], b: &[u64]) -> Vec<u64> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

fn rows_of(canvas: Canvas) -> Vec<u64> {
    let colors = canvas.into_colors();
    let width = (17..=61).step_by(4).find(|w| w * w == colors.len()).expect("a symbol is square");
    let word = |row: &[Color]| row.iter().fold(0, |word, c| (word << 1) | u64::from(*c == Color::Dark));
    colors.chunks(width).map(word).collect()
}

fn transposed(rows: &[u64]) -> Vec<u64> {
    let width = rows.len();
    (0..width).rev().map(|bit| rows.iter().fold(0, |word, row| (word << 1) | ((row >> bit) & 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qrcode::QrCode;

    fn colors(symbol: &Symbol) -> Vec<Color> {
        let n = symbol.width();
        (0..n * n).map(|i| if symbol.dark(i % n, i / n) { Color::Dark } else { Color::Light }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_symbol_is_the_one_the_full_mask_search_finds(text in "[ -~]{1,150}", q: bool) {
            let level = if q { Level::Q } else { Level::M };
            let version = version_for(&text, Mode::Byte, level).expect("fits version 11");
            let ours = Encoder::new(version, level, Mode::Byte).encode(&text).expect("fits");
            let theirs = QrCode::with_bits(packed(&text, Mode::Byte, version, level).expect("fits"), level.ec());
            prop_assert_eq!(colors(&ours), theirs.expect("fits").into_colors());
        }
    }

    #[test]
    fn versions_are_those_of_the_capacity_table() {
        let byte = |n: usize, level| version_for(&"a".repeat(n), Mode::Byte, level);
        assert_eq!(
            (byte(84, Level::M), byte(85, Level::M), byte(106, Level::M)),
            (Some(5), Some(6), Some(6))
        );
        assert_eq!((byte(60, Level::Q), byte(74, Level::Q), byte(44, Level::H)), (Some(5), Some(6), Some(5)));
        let pay = |n: usize| version_for(&"A".repeat(n), Mode::Alphanumeric, Level::M);
        assert_eq!((pay(19), pay(20), pay(61), pay(62)), (Some(1), Some(1), Some(3), Some(4)));
    }

    #[test]
    fn texts_that_do_not_fit_or_are_of_another_mode_are_refused() {
        assert_eq!(version_for(&"a".repeat(252), Mode::Byte, Level::M), None);
        let encoder = Encoder::new(1, Level::M, Mode::Alphanumeric);
        assert!(encoder.encode("PB1ABCDEFGHJKMNPQRS").is_some());
        assert!(encoder.encode("pb1abcdefghjkmnpqrs").is_none());
        assert!(encoder.encode(&"A".repeat(21)).is_none());
    }
}
