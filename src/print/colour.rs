//! Printing colours: cyan, magenta, yellow and black. Print shops refuse RGB, and black mixed from it prints blurred.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;

/// A colour as shares of the four inks.
#[derive(Clone, Copy, Debug)]
pub struct Colour {
    /// Cyan, magenta, yellow, black, in thousandths.
    inks: [u16; 4],
    /// Red, green and blue, where it was given so.
    screen: Option<[u8; 3]>,
}

/// Two are one colour when they take the same inks.
impl PartialEq for Colour {
    fn eq(&self, other: &Colour) -> bool {
        self.inks == other.inks
    }
}

impl Eq for Colour {}

/// More ink than this, in thousandths of one full ink, does not dry.
const INK_MOST: u16 = 3_000;
/// Brightness, of 255, below which white lettering reads better than black.
const DARK_BELOW: u32 = 140;

impl Colour {
    /// K 100.
    pub(crate) const BLACK: Colour = Colour { inks: [0, 0, 0, 1_000], screen: None };
    /// The paper.
    pub(crate) const WHITE: Colour = Colour { inks: [0; 4], screen: None };

    /// Reads `#E4002B`, or inks in percent as `0,100,80,10`.
    ///
    /// # Errors
    /// A sentence saying what a colour looks like, or that it is too much ink.
    pub fn parse(text: &str) -> Result<Colour, String> {
        let text = text.trim();
        if let Some(hex) = text.strip_prefix('#') {
            let byte = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            if let (6, true, Some(red), Some(green), Some(blue)) =
                (hex.len(), hex.is_ascii(), byte(0), byte(2), byte(4))
            {
                return Ok(Colour { screen: Some([red, green, blue]), ..Colour::from_rgb(red, green, blue) });
            }
        }
        let inks: Vec<u16> = text.split(',').filter_map(percent).collect();
        match <[u16; 4]>::try_from(inks) {
            Ok(inks) if text.split(',').count() == 4 => {
                let sum: u16 = inks.iter().sum();
                if sum > INK_MOST {
                    return Err(format!("{}% of ink is too much to dry: 300% at most", sum / 10));
                }
                Ok(Colour { inks, screen: None })
            }
            _ => {
                Err("not a colour, such as #E4002B, or cyan, magenta, yellow and black in percent, such as \
                      0,100,80,10"
                    .to_owned())
            }
        }
    }

    /// Screen colours in inks: what the three have in common becomes black, so that grey is black ink alone.
    pub(crate) fn from_rgb(red: u8, green: u8, blue: u8) -> Colour {
        let most = u16::from(red.max(green).max(blue));
        let ink = |channel: u8| match most {
            0 => 0,
            _ => (most - u16::from(channel)) * 200 / most * 5,
        };
        let black = (255 - most) * 200 / 255 * 5;
        Colour { inks: [ink(red), ink(green), ink(blue), black], screen: None }
    }

    /// As it was given: `#E4002B`, or inks in percent. [`Colour::parse`] reads both.
    #[must_use]
    pub fn typed(self) -> String {
        match self.screen {
            Some([red, green, blue]) => format!("#{red:02X}{green:02X}{blue:02X}"),
            None => self.to_string(),
        }
    }

    /// The inks, 0 to 255 each, as an image holds them.
    pub(crate) fn samples(self) -> [u8; 4] {
        self.inks.map(|ink| u8::try_from(u32::from(ink) * 255 / 1_000).expect("at most 255"))
    }

    /// True where white lettering reads better on it.
    pub(crate) fn is_dark(self) -> bool {
        let [cyan, magenta, yellow, black] = self.inks.map(u32::from);
        let channel = |ink: u32| 255 * (1_000 - ink) / 1_000 * (1_000 - black) / 1_000;
        (299 * channel(cyan) + 587 * channel(magenta) + 114 * channel(yellow)) / 1_000 < DARK_BELOW
    }

    /// As a screen shows it, nearly: `#e4002b`.
    pub(crate) fn on_screen(self) -> String {
        let [cyan, magenta, yellow, black] = self.inks.map(u32::from);
        let channel = |ink: u32| 255 * (1_000 - ink) / 1_000 * (1_000 - black) / 1_000;
        format!("#{:02x}{:02x}{:02x}", channel(cyan), channel(magenta), channel(yellow))
    }

    /// The four numbers as PDF writes them.
    pub(crate) fn operands(self) -> String {
        self.inks.map(|ink| Decimal::new(i64::from(ink), 3).normalize().to_string()).join(" ")
    }
}

fn percent(text: &str) -> Option<u16> {
    let share: Decimal = text.trim().trim_end_matches('%').parse().ok()?;
    let thousandths = share.checked_mul(Decimal::TEN)?;
    thousandths.fract().is_zero().then(|| thousandths.to_u16()).flatten().filter(|ink| *ink <= 1_000)
}

impl fmt::Display for Colour {
    /// Inks in percent, as [`Colour::parse`] reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percents = self.inks.map(|ink| Decimal::new(i64::from(ink), 1).normalize().to_string());
        f.write_str(&percents.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_as_screens_and_as_print_shops_write_them() {
        assert_eq!(Colour::parse("#000000"), Ok(Colour::BLACK));
        assert_eq!(Colour::parse(" #ffffff"), Ok(Colour::WHITE));
        assert_eq!(Colour::parse("#E4002B").expect("red").to_string(), "0,100,81,10.5");
        assert_eq!(Colour::parse("#808080").expect("grey").to_string(), "0,0,0,49.5");
        assert_eq!(Colour::parse("#e4002b").expect("red").typed(), "#E4002B");
        let own = Colour::parse("0, 100%, 80, 10.5").expect("inks");
        assert_eq!(own.typed(), "0,100,80,10.5");
        assert_eq!((own.operands().as_str(), Colour::parse(&own.to_string())), ("0 1 0.8 0.105", Ok(own)));
        for wrong in ["", "red", "#12345", "#1234567", "#12345é", "1,2,3", "1,2,3,4,5", "1,2,3,101", "1,2,,3"]
        {
            assert!(Colour::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Colour::parse("100,100,90,50").expect_err("340%").contains("340%"));
    }

    #[test]
    fn lettering_is_white_on_dark_colours_only() {
        for (colour, dark) in [("#000000", true), ("#0B3D91", true), ("#FFD500", false), ("#FFFFFF", false)] {
            assert_eq!(Colour::parse(colour).expect("a colour").is_dark(), dark, "{colour}");
        }
    }
}
