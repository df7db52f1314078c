//! Arranging a cell: where its codes, texts and serial stand, in the cell's own coordinates.
//!
//! Coordinates start at the cell's left top corner; on a band they run along it, from the adhesive end.
//! Whatever an arrangement comes up with is checked before it is used: nothing leaves the safe area, and
//! nothing touches a code or its quiet zone. That check, not the arithmetic of the arrangements, is what
//! makes a layout of the user's own safe to print.

mod band;
mod card;
mod dots;
mod label;

pub(crate) use dots::Dots;

use super::colour::Colour;
use super::column;
use super::column::{Area, Filled, Item, SerialSlot, Style, Text, fill};
use super::encode::modules_of;
use super::font::Face;
use super::layout::{Kind, Layout};
use super::length::Length;
use super::words::{Words, words};
use super::{CodeKind, MODULE_LEAST, QUIET_MODULES, Refusal, SheetText};

/// A code at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Square {
    /// Left top corner of its dark modules, inside the quiet zone.
    pub(crate) x: Length,
    pub(crate) y: Length,
    pub(crate) module: Length,
    pub(crate) modules: i64,
}

impl Square {
    pub(crate) fn dark(&self) -> Area {
        let side = self.module * self.modules;
        Area { x: self.x, y: self.y, width: side, height: side }
    }

    pub(crate) fn with_quiet(&self) -> Area {
        self.dark().grown(self.module * QUIET_MODULES)
    }
}

/// An area of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) area: Area,
    pub(crate) colour: Colour,
}

/// One side of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// Areas of one colour; may reach into the bleed.
    pub(crate) bars: Vec<Bar>,
    pub(crate) logo: Option<Area>,
    pub(crate) texts: Vec<Text>,
    pub(crate) serials: Vec<SerialSlot>,
    pub(crate) top_up: Option<Square>,
    pub(crate) pay: Option<Square>,
}

impl Side {
    /// Everything on it besides its codes that somebody is to read, with what it covers.
    pub(crate) fn words(&self) -> Vec<(&str, Area)> {
        let mut words: Vec<(&str, Area)> = self.texts.iter().map(|t| (t.text.as_str(), t.area())).collect();
        words.extend(self.serials.iter().map(|s| ("serial", s.area())));
        words.extend(self.logo.map(|area| ("logo", area)));
        words
    }
}

/// An arranged cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arranged {
    pub(crate) front: Side,
    pub(crate) back: Option<Side>,
    pub(crate) warnings: Vec<String>,
}

/// What an arrangement works with.
pub(super) struct Composer<'a> {
    layout: &'a Layout,
    text: &'a SheetText,
    words: &'static Words,
    top_up_modules: i64,
    pay_modules: i64,
    dots: Option<Dots>,
    /// True while the reverse is arranged.
    reverse: bool,
    warnings: Vec<String>,
}

/// Font size at which capitals and digits are 2.5 mm high, the least for a serial.
const SERIAL_SIZE: Length = Length::um(3_510);
/// The widest serial may be printed this much narrower than drawn.
const SQUEEZE_LEAST_PERMILLE: i64 = 600;
const WIDEST_SERIAL: &str = "WWWW-WWWW";

/// Arranges a cell for codes of two versions.
pub(crate) fn arrange(
    layout: &Layout,
    text: &SheetText,
    versions: (i16, i16),
    dots: Option<Dots>,
) -> Result<Arranged, Refusal> {
    let mut composer = Composer {
        layout,
        text,
        words: words(text.language),
        top_up_modules: modules_of(versions.0),
        pay_modules: modules_of(versions.1),
        dots,
        reverse: false,
        warnings: Vec::new(),
    };
    let (front, back) = match (layout.kind, layout.reverse) {
        (Kind::Band, _) => (composer.band()?, None),
        (Kind::Card | Kind::Label, true) => {
            let (front, back) = composer.card()?;
            (front, Some(back))
        }
        (Kind::Card | Kind::Label, false) => (composer.label()?, None),
    };
    let (mut front, mut back) = (front, back);
    composer.reverse = false;
    composer.cut_bars(&mut front);
    composer.check(&front)?;
    if let Some(back) = &mut back {
        composer.reverse = true;
        composer.cut_bars(back);
        composer.check(back)?;
    }
    Ok(Arranged { front, back, warnings: composer.warnings })
}

/// Size of a cell in its own coordinates: a band lies along them.
pub(crate) fn cell_size(layout: &Layout) -> (Length, Length) {
    let (width, height) = layout.cell;
    if layout.turned() { (height, width) } else { (width, height) }
}

/// Where a side may be printed on: inside the edges, and beside whatever is kept out, on the side that leaves most.
pub(crate) fn safe_area(layout: &Layout, reverse: bool) -> Area {
    let (width, height) = cell_size(layout);
    let (start, end) =
        if layout.kind == Kind::Band { (layout.tab, layout.tail) } else { (layout.edge, layout.edge) };
    let edges =
        Area { x: start, y: layout.edge, width: width - start - end, height: height - layout.edge * 2 };
    kept_out(layout, reverse)
        .fold(edges, |safe, zone| if safe.meets(&zone) { beside(safe, zone) } else { safe })
}

/// The zones in the cell's own coordinates.
pub(crate) fn kept_out(layout: &Layout, reverse: bool) -> impl Iterator<Item = Area> + '_ {
    layout.keep_out.iter().map(move |[x, y, width, height]| {
        let (x, y, width, height) = (*x, *y, *width, *height);
        if layout.turned() {
            Area { x: y, y: layout.cell.0 - x - width, width: height, height: width }
        } else {
            Area { x: if reverse { layout.cell.0 - x - width } else { x }, y, width, height }
        }
    })
}

/// What is left of a bar around a zone: beside it, above it and below it.
fn around(bar: &Bar, zone: Area) -> Vec<Bar> {
    let area = bar.area;
    if !area.meets(&zone) {
        return vec![*bar];
    }
    let (left, right) = (zone.x.max(area.x), zone.right().min(area.right()));
    let parts = [
        Area { width: left - area.x, ..area },
        Area { x: right, width: area.right() - right, ..area },
        Area { x: left, width: right - left, height: zone.y - area.y, ..area },
        Area { x: left, y: zone.bottom(), width: right - left, height: area.bottom() - zone.bottom() },
    ];
    let some = |part: &Area| part.width > Length::ZERO && part.height > Length::ZERO;
    parts.into_iter().filter(some).map(|area| Bar { area, ..*bar }).collect()
}

/// The largest part of an area that lies wholly on one side of a zone.
fn beside(area: Area, zone: Area) -> Area {
    let from_left = zone.right().max(area.x);
    let from_top = zone.bottom().max(area.y);
    let parts = [
        Area { width: (zone.x - area.x).max(Length::ZERO), ..area },
        Area { x: from_left, width: (area.right() - from_left).max(Length::ZERO), ..area },
        Area { height: (zone.y - area.y).max(Length::ZERO), ..area },
        Area { y: from_top, height: (area.bottom() - from_top).max(Length::ZERO), ..area },
    ];
    let size = |part: &Area| i128::from(part.width.as_nm()) * i128::from(part.height.as_nm());
    parts.into_iter().max_by_key(size).expect("four parts")
}

impl Composer<'_> {
    fn safe(&self) -> Area {
        safe_area(self.layout, self.reverse)
    }

    /// Largest module for a code with its quiet zone in some room, in whole printer dots where that keeps it
    /// at the least size or above.
    fn module(&self, room: Length, modules: i64, most: Length) -> Length {
        let largest = (room / (modules + 2 * QUIET_MODULES)).at_most(most);
        match self.dots.map(|dots| dots.length(dots.whole_in(largest))) {
            Some(snapped) if snapped >= MODULE_LEAST => snapped,
            _ => largest,
        }
    }

    fn side_of(modules: i64, module: Length) -> Length {
        module * (modules + 2 * QUIET_MODULES)
    }

    fn square(&self, code: CodeKind, x: Length, y: Length, module: Length) -> Result<Square, Refusal> {
        let modules = self.modules(code);
        if module <= Length::ZERO {
            let safe = self.safe();
            let detail = format!(
                "the other code, the edges and what is kept out leave nothing for it of {} by {}",
                safe.width, safe.height
            );
            return Err(self.no_room(&code.to_string(), detail));
        }
        if module < MODULE_LEAST {
            return Err(Refusal::ModuleTooSmall { code, layout: self.layout.name.clone(), module, modules });
        }
        let quiet = module * QUIET_MODULES;
        Ok(Square { x: x + quiet, y: y + quiet, module, modules })
    }

    fn modules(&self, code: CodeKind) -> i64 {
        match code {
            CodeKind::TopUp => self.top_up_modules,
            CodeKind::Pay => self.pay_modules,
        }
    }

    /// What the top-up code is for, and what it can do in a stranger's hands.
    fn purpose(
        &self,
        (bold_most, bold_lines): (i64, usize),
        (plain_most, plain_lines): (i64, usize),
    ) -> [Item; 2] {
        let (what, words) = ("purpose", self.words);
        [
            column::bold(what, &words.top_up_do(self.text.fixed_amount), bold_most, bold_lines),
            column::plain(what, words.top_up_safe(self.text.spends), plain_most, plain_lines),
        ]
    }

    fn merchant_line(&self) -> String {
        self.words.merchant_line(&self.text.merchant)
    }

    /// The event's own colour, or black.
    fn colour(&self) -> Colour {
        self.text.colour.unwrap_or(Colour::BLACK)
    }

    /// Some items with the event's logo above them, where it has one.
    fn under_logo(&self, highest: Length, items: &[Item]) -> Vec<Item> {
        let logo = self.text.logo.as_ref().map(|logo| column::logo(logo, highest));
        logo.into_iter().chain(items.iter().cloned()).collect()
    }

    fn no_room(&self, what: &str, detail: String) -> Refusal {
        Refusal::NoRoom { layout: self.layout.name.clone(), what: what.into(), detail }
    }

    /// Fills a column and takes over what came of it, or refuses.
    fn column(
        &mut self,
        side: &mut Side,
        area: Area,
        style: Style,
        above: &[Item],
        below: &[Item],
    ) -> Result<(), Refusal> {
        if let Ok(filled) = fill(area, style, above, below) {
            self.take(side, filled);
            return Ok(());
        }
        let words: Vec<Item> = above.iter().filter(|item| !item.is_logo()).cloned().collect();
        match fill(area, style, &words, below) {
            Ok(filled) => {
                self.take(side, filled);
                self.left_out("the logo");
                Ok(())
            }
            Err(needed) => {
                let mut names: Vec<&str> = words.iter().chain(below).map(Item::what).collect();
                names.dedup();
                let (width, height) = (area.width, area.height);
                let detail = format!(
                    "at the smallest size that can be read it takes {needed} of height in a column of {width}; \
                     there are {height}"
                );
                Err(self.no_room(&names.join(", "), detail))
            }
        }
    }

    fn left_out(&mut self, what: &str) {
        self.warnings.push(format!("{} has no room for {what}", self.layout.name));
    }

    fn take(&mut self, side: &mut Side, filled: Filled) {
        side.texts.extend(filled.texts);
        side.serials.extend(filled.serial);
        side.logo = side.logo.or(filled.logo);
        for what in filled.cut {
            let cut = format!("the {what} is too long for {} and is cut", self.layout.name);
            if !self.warnings.contains(&cut) {
                self.warnings.push(cut);
            }
        }
    }

    /// Leaves out of bars what is kept out of the cell.
    fn cut_bars(&self, side: &mut Side) {
        for zone in kept_out(self.layout, self.reverse) {
            side.bars = side.bars.iter().flat_map(|bar| around(bar, zone)).collect();
        }
    }

    /// Nothing leaves the safe area, nothing touches a code, a serial can be read.
    fn check(&self, side: &Side) -> Result<(), Refusal> {
        let safe = self.safe().grown(Length::nm(100));
        let codes = [("top-up code", &side.top_up), ("pay code", &side.pay)];
        let outside = |what: &str| {
            self.no_room(what, "it would leave the part of the cell that is safe to print".into())
        };
        let covers = |what: &str, code: &str| {
            self.no_room(what, format!("it would touch the {code} or its quiet zone"))
        };
        let mut solids = side.words();
        for (what, area) in &solids {
            if !safe.holds(area) {
                return Err(outside(what));
            }
        }
        for (index, (what, area)) in solids.iter().enumerate() {
            if solids[index + 1..].iter().any(|(_, other)| area.meets(other)) {
                return Err(self.no_room(what, "it would stand on another text".into()));
            }
        }
        if let Some(logo) = side.logo
            && side.bars.iter().any(|bar| bar.area.meets(&logo))
        {
            return Err(self.no_room("logo", "it would stand on a coloured bar".into()));
        }
        solids.extend(side.bars.iter().map(|bar| ("coloured bar", bar.area)));
        for (name, code) in codes {
            let Some(square) = code else { continue };
            if !safe.holds(&square.with_quiet()) {
                return Err(outside(name));
            }
            if let Some((what, _)) = solids.iter().find(|(_, area)| area.meets(&square.with_quiet())) {
                return Err(covers(what, name));
            }
        }
        if let (Some(top_up), Some(pay)) = (&side.top_up, &side.pay)
            && (top_up.with_quiet().meets(&pay.dark()) || pay.with_quiet().meets(&top_up.dark()))
        {
            return Err(covers("pay code", "top-up code"));
        }
        for slot in &side.serials {
            let widest = Face::Bold.width(WIDEST_SERIAL, slot.size);
            if slot.width < widest.permille(SQUEEZE_LEAST_PERMILLE) {
                return Err(self.no_room("serial", format!("its line is {} long", slot.width)));
            }
        }
        Ok(())
    }
}

/// Where an area of a cell lies on the page, from its left top corner.
pub(crate) fn on_page(layout: &Layout, index: usize, reverse: bool, area: &Area) -> Area {
    let (left, top) = layout.corner(index, reverse);
    if layout.turned() {
        let x = left + layout.cell.0 - area.bottom();
        Area { x, y: top + area.x, width: area.height, height: area.width }
    } else {
        Area { x: left + area.x, y: top + area.y, ..*area }
    }
}
