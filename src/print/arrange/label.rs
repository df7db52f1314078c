//! Labels, and cards printed on one side: top-up code left, pay code right, words between.
//!
//! Three forms, the first that keeps both codes at a good size: with a line for the event above and one for
//! the merchant below; with all words between the codes; and, for the smallest labels, the serial upwards
//! along the right edge and above the pay code which code is which, and what else fits. The words that tell the two codes
//! apart are never cut: a label that is too narrow for them is refused.

use super::super::column::{Align, Area, Item, SIZE_LEAST, SerialSlot, Style, bold, fill, plain};
use super::super::font::{DESCENT_PERMILLE, Face, LINE_PERMILLE};
use super::super::length::Length;
use super::super::{CodeKind, MODULE_GOOD, MODULE_LEAST, QUIET_MODULES, Refusal};
use super::{Bar, Composer, SERIAL_SIZE, Side};

const TOP_UP_MODULE_MOST: Length = Length::um(600);
const PAY_MODULE_MOST: Length = Length::um(500);
/// Under each code, its name.
const CAPTION: Length = Length::um(2_600);
const CAPTION_SIZE: i64 = 58;
const HEADER: Length = Length::um(5_400);
/// Under the event's name, in the event's colour.
const RULE: Length = Length::um(500);
const RULE_APART: Length = Length::um(400);
/// Most of a header's width that a logo takes, in thousandths.
const LOGO_SHARE: i64 = 350;
const LOGO_HIGHEST: Length = Length::um(7_000);
const FOOTER: Length = Length::um(3_400);
/// Narrowest column of words, wide enough for a serial.
const WORDS_LEAST: Length = Length::mm(20);
/// Where words are this wide, how to pay is said beside the pay code too.
const WORDS_WIDE: Length = Length::mm(45);
/// Between them.
const APART: Length = Length::mm(3);
/// Share of such words for topping up.
const TOP_UP_WORDS_PERMILLE: i64 = 550;
/// Along the right edge of the smallest labels, for the serial.
const STRIP: Length = Length::um(3_450);
/// Between it and the words.
const STRIP_APART: Length = Length::um(500);
/// Two lines of the smallest print.
const TWO_LINES: Length = Length::um(4_400);
/// What is left out where there is no room for it.
const HOW_TO_PAY: &str = "a warning to show the pay code to nobody else";
const CENTRED: Style = Style { align: Align::Centre, ..Style::PLAIN };

impl Composer<'_> {
    pub(super) fn label(&mut self) -> Result<Side, Refusal> {
        // Words are worth more than the last dot of a module that would be good without a grid of dots.
        for (framed, modules) in [
            (true, self.modules_beside(true, MODULE_GOOD)),
            (false, self.modules_beside(false, MODULE_GOOD)),
            (false, self.modules_beside(false, MODULE_LEAST)),
            (true, self.modules_beside(true, MODULE_LEAST)),
        ] {
            if let Some(modules) = modules {
                return self.beside(framed, modules);
            }
        }
        self.small()
    }

    /// Modules of both codes when words stand between them; `None` when one would not be good without whole dots, or
    /// below `least` with them.
    fn modules_beside(&self, framed: bool, least: Length) -> Option<(Length, Length)> {
        let safe = self.safe();
        let frame = if framed { HEADER + FOOTER } else { Length::ZERO };
        let height = safe.height - frame - CAPTION;
        let width = safe.width - WORDS_LEAST;
        let both = self.top_up_modules + self.pay_modules + 4 * QUIET_MODULES;
        if height <= Length::ZERO || width <= Length::ZERO {
            return None;
        }
        let most = TOP_UP_MODULE_MOST.at_most((width / both).max(MODULE_GOOD));
        let top_up = self.module(height, self.top_up_modules, most);
        let left = width - Composer::side_of(self.top_up_modules, top_up);
        let pay = self.module(height.at_most(left), self.pay_modules, PAY_MODULE_MOST);
        let smooth = |room: Length, modules: i64| room / (modules + 2 * QUIET_MODULES);
        let is_good = smooth(height, self.top_up_modules) >= MODULE_GOOD
            && smooth(height.at_most(left), self.pay_modules) >= MODULE_GOOD;
        (is_good && top_up >= least && pay >= least).then_some((top_up, pay))
    }

    fn beside(&mut self, framed: bool, (top_up, pay): (Length, Length)) -> Result<Side, Refusal> {
        let safe = self.safe();
        let mut side = Side::default();
        let quiet = top_up * QUIET_MODULES;
        let (top, bottom) =
            if framed { (safe.y + HEADER, safe.bottom() - FOOTER) } else { (safe.y, safe.bottom()) };
        let top_up_side = Composer::side_of(self.top_up_modules, top_up);
        let pay_side = Composer::side_of(self.pay_modules, pay);
        // Both codes stand on one line, a little above the middle of what is free.
        let base = top + top_up_side + (bottom - top - CAPTION - top_up_side) / 2;
        let top_up = self.square(CodeKind::TopUp, safe.x, base - top_up_side, top_up)?;
        let pay = self.square(CodeKind::Pay, safe.right() - pay_side, base - pay_side, pay)?;
        let words = self.words;
        for (square, name) in [(&top_up, words.top_up), (&pay, words.pay)] {
            let area = Area { y: base, height: CAPTION, ..square.with_quiet() };
            self.caption(&mut side, area, CENTRED, name)?;
        }
        let event = self.text.event_name.clone();
        let line = self.merchant_line();
        let between = Area {
            x: safe.x + top_up_side,
            y: top,
            width: safe.width - top_up_side - pay_side,
            height: bottom - top,
        };
        let purpose = self.purpose((80, 3), (70, 4));
        let serial = Item::Serial { size: SERIAL_SIZE };
        if framed {
            let across = Area { x: safe.x + quiet, width: safe.width - quiet * 2, ..safe };
            let header = Area { height: HEADER, ..across };
            let footer = Area { y: bottom, height: FOOTER, ..across };
            self.name_and_logo(&mut side, header)?;
            self.column(&mut side, footer, Style::PLAIN, &[], &[plain("merchant line", &line, 70, 1)])?;
            let dark = top_up.dark();
            let mut room = Area { y: dark.y, height: dark.height, ..between };
            if between.width >= WORDS_WIDE {
                room.width = between.width.permille(TOP_UP_WORDS_PERMILLE);
                let (x, dark) = (room.right() + APART, pay.dark());
                let area = Area { x, y: dark.y, width: between.right() - x, height: dark.height };
                let paying =
                    [bold("pay purpose", words.pay_do, 70, 3), plain("pay purpose", words.pay_safe, 62, 3)];
                self.column(&mut side, area, Style { align: Align::Right, ..Style::PLAIN }, &paying, &[])?;
            } else {
                self.left_out(HOW_TO_PAY);
            }
            self.column(&mut side, room, Style::PLAIN, &purpose, &[serial])?;
        } else {
            let [head, safe_line] = purpose;
            let above = [bold("event name", &event, 90, 2), head, safe_line];
            let below = [serial, plain("merchant line", &line, 65, 2)];
            self.left_out(HOW_TO_PAY);
            if self.text.colour.is_some() {
                self.left_out("the event's colour");
            }
            let above = self.under_logo(LOGO_HIGHEST, &above);
            self.column(&mut side, between, Style::PLAIN, &above, &below)?;
        }
        side.top_up = Some(top_up);
        side.pay = Some(pay);
        Ok(side)
    }

    /// The event's name, its logo at the right, a rule in its colour below.
    fn name_and_logo(&mut self, side: &mut Side, mut area: Area) -> Result<(), Refusal> {
        if let Some(colour) = self.text.colour {
            let rule = Area { y: area.bottom() - RULE - RULE_APART, height: RULE, ..area };
            side.bars.push(Bar { area: rule, colour });
            area.height = area.height - RULE - RULE_APART * 2;
        }
        if let Some(logo) = &self.text.logo {
            let width = logo.width_at(area.height).at_most(area.width.permille(LOGO_SHARE));
            let height = logo.height_at(width);
            side.logo =
                Some(Area { x: area.right() - width, y: area.y + (area.height - height) / 2, width, height });
            area.width = area.width - width - Length::mm(2);
        }
        let name = bold("event name", &self.text.event_name, 110, 1);
        self.column(side, area, Style::PLAIN, &[name], &[])
    }

    fn small(&mut self) -> Result<Side, Refusal> {
        let safe = self.safe();
        let mut side = Side::default();
        let top_up = self.module(safe.height.at_most(safe.width), self.top_up_modules, TOP_UP_MODULE_MOST);
        let top_up = self.square(CodeKind::TopUp, safe.x, safe.y, top_up)?;
        // The two quiet zones share the space between the codes: both only ask for white.
        let start = top_up.with_quiet().right();
        let left = safe.right() - STRIP - start;
        let pay = self.pay_module_small(left, safe.height).at_most(top_up.module);
        let quiet = pay * QUIET_MODULES;
        let pay_side = Composer::side_of(self.pay_modules, pay);
        let pay = self.square(CodeKind::Pay, start - quiet, safe.bottom() - pay_side, pay)?;
        let words =
            Area { x: start, y: safe.y, width: left - STRIP_APART, height: pay.with_quiet().y - safe.y };
        self.words_small(&mut side, words)?;
        if self.text.logo.is_some() {
            self.left_out("the logo");
        }
        if self.text.colour.is_some() {
            self.left_out("the event's colour");
        }
        self.left_out("what the codes are for, beyond their names");
        if self.text.spends {
            self.left_out("that the top-up code pays as well");
        }
        side.serials.push(SerialSlot {
            x: safe.right() - SERIAL_SIZE.permille(DESCENT_PERMILLE),
            baseline: safe.bottom(),
            size: SERIAL_SIZE,
            width: safe.height,
            upwards: true,
        });
        side.top_up = Some(top_up);
        side.pay = Some(pay);
        Ok(side)
    }

    /// The pay code's module where only its right quiet zone counts against the width, and words stand above
    /// it if that leaves it at a good size.
    fn pay_module_small(&self, width: Length, height: Length) -> Length {
        let across = self.module(width, self.pay_modules - QUIET_MODULES, PAY_MODULE_MOST);
        let under_words = self.module(height - TWO_LINES, self.pay_modules, across);
        if under_words >= MODULE_GOOD { under_words } else { across }
    }

    /// Which code is which, above the pay code, and as much of the other words as fits; what doesn't is said.
    fn words_small(&mut self, side: &mut Side, area: Area) -> Result<(), Refusal> {
        let name = self.layout.name.clone();
        let height = TWO_LINES / 2;
        let captions = [format!("← {}", self.words.top_up), format!("↓ {}", self.words.pay)];
        for (caption, line) in captions.iter().zip([2, 1]) {
            let place = Area { y: area.bottom() - height * line, height, ..area };
            self.caption(side, place, Style::PLAIN, caption)?;
        }
        let above = Area { height: area.height - TWO_LINES, ..area };
        let event = bold("event name", &self.text.event_name, 70, 1);
        let merchant = plain("merchant line", &self.merchant_line(), 60, 2);
        let choices: [(&[Item], &str); 2] =
            [(&[event, merchant.clone()], ""), (&[merchant], "the event name")];
        for (items, left_out) in choices {
            if let Ok(filled) = fill(above, Style::PLAIN, items, &[]) {
                self.take(side, filled);
                if !left_out.is_empty() {
                    self.warnings.push(format!("{name} has no room for {left_out}"));
                }
                return Ok(());
            }
        }
        self.warnings.push(format!("{name} has no room for the event name and the merchant line"));
        Ok(())
    }

    /// The name of a code, whole or not at all.
    fn caption(&mut self, side: &mut Side, area: Area, style: Style, name: &str) -> Result<(), Refusal> {
        match fill(area, style, &[bold("caption", name, CAPTION_SIZE, 1)], &[]) {
            Ok(filled) if filled.cut.is_empty() => {
                self.take(side, filled);
                Ok(())
            }
            _ => {
                let least = Length::decipoints(SIZE_LEAST);
                let (wide, high) = (Face::Bold.width(name, least), least.permille(LINE_PERMILLE));
                let detail = format!(
                    "at the smallest size that can be read it takes {wide} by {high}; there are {} by {}",
                    area.width, area.height
                );
                Err(self.no_room(&format!("name of a code, “{name}”"), detail))
            }
        }
    }
}
