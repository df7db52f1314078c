//! Fitting texts into a column: sizes shrink together until everything stands, lines are broken at words,
//! and what can't fit even at its smallest size is cut with an ellipsis, which the plan then says.

use super::colour::Colour;
use super::font::{ASCENT_PERMILLE, CAP_PERMILLE, DESCENT_PERMILLE, Face, LINE_PERMILLE};
use super::length::Length;
use super::logo::Logo;
use std::sync::Arc;

/// A rectangle; x grows to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: Length,
    pub(crate) y: Length,
    pub(crate) width: Length,
    pub(crate) height: Length,
}

impl Area {
    pub(crate) fn right(&self) -> Length {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> Length {
        self.y + self.height
    }

    pub(crate) fn grown(&self, by: Length) -> Area {
        Area { x: self.x - by, y: self.y - by, width: self.width + by * 2, height: self.height + by * 2 }
    }

    pub(crate) fn meets(&self, other: &Area) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    pub(crate) fn holds(&self, other: &Area) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How a column stands in its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) align: Align,
    pub(crate) ink: Colour,
    /// True: items that stand at the top of an area move to its middle.
    pub(crate) middle: bool,
}

impl Style {
    /// Black, left, from the top.
    pub(crate) const PLAIN: Style = Style { align: Align::Left, ink: Colour::BLACK, middle: false };
}

/// A line of text at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) x: Length,
    pub(crate) baseline: Length,
    pub(crate) size: Length,
    pub(crate) face: Face,
    pub(crate) ink: Colour,
    pub(crate) text: String,
}

impl Text {
    /// What it covers: from the accents of its capitals to its descenders.
    pub(crate) fn area(&self) -> Area {
        Area {
            x: self.x,
            y: self.baseline - self.size.permille(ASCENT_PERMILLE),
            width: self.face.width(&self.text, self.size),
            height: self.size.permille(LINE_PERMILLE),
        }
    }
}

/// Where each piece's serial is printed; narrower than its natural width if need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SerialSlot {
    pub(crate) x: Length,
    pub(crate) baseline: Length,
    pub(crate) size: Length,
    /// Longest extent along the line.
    pub(crate) width: Length,
    /// True: it reads upwards, from `(x, baseline)` as its lower right start.
    pub(crate) upwards: bool,
}

impl SerialSlot {
    /// What it covers at most.
    pub(crate) fn area(&self) -> Area {
        let cap = self.size.permille(CAP_PERMILLE);
        if self.upwards {
            Area { x: self.x - cap, y: self.baseline - self.width, width: cap, height: self.width }
        } else {
            Area { x: self.x, y: self.baseline - cap, width: self.width, height: cap }
        }
    }
}

/// Something that stands in a column. Sizes are in tenths of a point.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text { what: &'static str, text: String, face: Face, largest: i64, least: i64, lines: usize },
    Serial { size: Length },
    Logo { logo: Arc<Logo>, highest: Length },
}

impl Item {
    /// As a person calls it.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Item::Text { what, .. } => what,
            Item::Serial { .. } => "serial",
            Item::Logo { .. } => "logo",
        }
    }

    pub(crate) fn is_logo(&self) -> bool {
        matches!(self, Item::Logo { .. })
    }
}

/// Smallest print: 5 points.
pub(crate) const SIZE_LEAST: i64 = 50;
/// Between two items of a column, and between those at its top and those at its bottom.
const GAP: Length = Length::um(700);
const GROUP_GAP: Length = Length::um(1_900);
/// Under a logo.
const LOGO_GAP: Length = Length::um(1_500);
/// A logo shrinks to this share before texts are cut.
const LOGO_LEAST_PERMILLE: i64 = 450;
/// Sizes tried between an item's largest and its least.
const STEPS: i64 = 26;
/// A text may shrink to this share to need a line less: better small than a last line of one word.
const SHRINK_FOR_LINE_PERMILLE: i64 = 780;

pub(crate) fn bold(what: &'static str, text: &str, largest: i64, lines: usize) -> Item {
    Item::Text { what, text: text.to_owned(), face: Face::Bold, largest, least: SIZE_LEAST, lines }
}

/// The event's logo, not higher than that and not wider than its column.
pub(crate) fn logo(logo: &Arc<Logo>, highest: Length) -> Item {
    Item::Logo { logo: Arc::clone(logo), highest }
}

pub(crate) fn plain(what: &'static str, text: &str, largest: i64, lines: usize) -> Item {
    Item::Text { what, text: text.to_owned(), face: Face::Regular, largest, least: SIZE_LEAST, lines }
}

/// A filled column.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) texts: Vec<Text>,
    pub(crate) serial: Option<SerialSlot>,
    pub(crate) logo: Option<Area>,
    /// The elements that had to be cut.
    pub(crate) cut: Vec<&'static str>,
}

struct Block {
    lines: Vec<String>,
    face: Face,
    size: Length,
    cut: Option<&'static str>,
    serial: bool,
    /// Width and height.
    logo: Option<(Length, Length)>,
}

impl Block {
    /// Up to its last baseline for a serial: the tails of J and Q may hang below a column.
    fn height(&self) -> Length {
        if let Some((_, height)) = self.logo {
            height
        } else if self.serial {
            self.size.permille(CAP_PERMILLE)
        } else {
            self.size.permille(LINE_PERMILLE) * i64::try_from(self.lines.len()).expect("few lines")
        }
    }

    fn gap(&self) -> Length {
        match self.logo {
            Some(_) => LOGO_GAP,
            None if self.serial => GAP + self.size.permille(DESCENT_PERMILLE),
            None => GAP,
        }
    }
}

fn height(blocks: &[Block]) -> Length {
    let gaps = blocks.iter().rev().skip(1).fold(Length::ZERO, |sum, block| sum + block.gap());
    blocks.iter().fold(gaps, |sum, block| sum + block.height())
}

/// Places some items from the top of an area and some at its bottom.
///
/// # Errors
/// The height they need at their smallest sizes, where that is more than there is.
pub(crate) fn fill(area: Area, style: Style, above: &[Item], below: &[Item]) -> Result<Filled, Length> {
    let between = if above.is_empty() || below.is_empty() { Length::ZERO } else { GROUP_GAP };
    let blocks = |items: &[Item], step| items.iter().map(|item| block(item, step, area.width)).collect();
    let mut needed = Length::ZERO;
    let fitting = (0..=STEPS).find_map(|step| {
        let (top, bottom): (Vec<Block>, Vec<Block>) = (blocks(above, step), blocks(below, step));
        needed = height(&top) + between + height(&bottom);
        (needed <= area.height).then_some((top, bottom))
    });
    let (top, bottom) = fitting.ok_or(needed)?;
    let mut filled = Filled::default();
    let bottom_start = area.bottom() - height(&bottom);
    let top_start = if style.middle { area.y + (area.height - height(&top)) / 2 } else { area.y };
    place(&mut filled, top, area, top_start, style);
    place(&mut filled, bottom, area, bottom_start, style);
    Ok(filled)
}

/// Places texts from the top of an area, all of this size; nothing where one of them has no room.
pub(crate) fn even(area: Area, style: Style, texts: &[(Face, String)], size: Length) -> Option<Vec<Text>> {
    let in_lines = |(face, text): &(Face, String)| {
        let lines = broken(text, *face, size, area.width, usize::MAX)?;
        Some(Block { lines, face: *face, size, cut: None, serial: false, logo: None })
    };
    let blocks = texts.iter().map(in_lines).collect::<Option<Vec<Block>>>()?;
    if height(&blocks) > area.height {
        return None;
    }
    let mut filled = Filled::default();
    place(&mut filled, blocks, area, area.y, style);
    Some(filled.texts)
}

fn place(filled: &mut Filled, blocks: Vec<Block>, area: Area, start: Length, style: Style) {
    let mut y = start;
    for block in blocks {
        let next = y + block.height() + block.gap();
        filled.cut.extend(block.cut);
        if let Some((width, height)) = block.logo {
            filled.logo = Some(Area { x: aligned(area, style.align, width), y, width, height });
        }
        if block.serial {
            let (baseline, size) = (y + block.height(), block.size);
            filled.serial = Some(SerialSlot { x: area.x, baseline, size, width: area.width, upwards: false });
        }
        for line in block.lines {
            let x = aligned(area, style.align, block.face.width(&line, block.size));
            let baseline = y + block.size.permille(ASCENT_PERMILLE);
            let (size, face, ink) = (block.size, block.face, style.ink);
            filled.texts.push(Text { x, baseline, size, face, ink, text: line });
            y = y + block.size.permille(LINE_PERMILLE);
        }
        y = next;
    }
}

fn aligned(area: Area, align: Align, width: Length) -> Length {
    match align {
        Align::Left => area.x,
        Align::Centre => area.x + (area.width - width) / 2,
        Align::Right => area.right() - width,
    }
}

/// An item at one of its sizes, or smaller still where its lines would not do.
fn block(item: &Item, step: i64, width: Length) -> Block {
    let bare = Block {
        lines: Vec::new(),
        face: Face::Bold,
        size: Length::ZERO,
        cut: None,
        serial: false,
        logo: None,
    };
    let (what, text, face, largest, least, lines) = match item {
        Item::Serial { size } => return Block { size: *size, serial: true, ..bare },
        Item::Logo { logo, highest } => {
            let least = highest.permille(LOGO_LEAST_PERMILLE);
            let height = *highest - (*highest - least) * step / STEPS;
            let height = height.at_most(logo.height_at(width));
            return Block { logo: Some((logo.width_at(height).at_most(width), height)), ..bare };
        }
        Item::Text { what, text, face, largest, least, lines } => (what, text, face, largest, least, lines),
    };
    let made = |lines: Vec<String>, tenths: i64, cut| {
        let size = Length::decipoints(tenths);
        Block { lines, face: *face, size, cut, serial: false, logo: None }
    };
    let at = |tenths: i64, lines: usize| broken(text, *face, Length::decipoints(tenths), width, lines);
    let tenths = largest - (largest - least) * step / STEPS;
    let Some((tenths, found)) = (*least..=tenths).rev().find_map(|t| at(t, *lines).map(|found| (t, found)))
    else {
        return made(cut(text, *face, Length::decipoints(*least), width, *lines), *least, Some(*what));
    };
    let smallest = (tenths * SHRINK_FOR_LINE_PERMILLE / 1_000).max(*least);
    let fewer = found.len() - 1;
    match (smallest..tenths).rev().find_map(|t| at(t, fewer).map(|found| (t, found))) {
        Some((tenths, found)) => made(found, tenths, None),
        None => made(found, tenths, None),
    }
}

/// The text in lines of words; `None` when they are too many or a word is too wide.
fn broken(text: &str, face: Face, size: Length, width: Length, lines_max: usize) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if face.width(word, size) > width {
            return None;
        }
        match lines.last_mut() {
            Some(line) if face.width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    (lines.len() <= lines_max).then_some(lines)
}

/// As many characters as fit, ended by an ellipsis.
fn cut(text: &str, face: Face, size: Length, width: Length, lines_max: usize) -> Vec<String> {
    let mut kept: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    while kept.pop().is_some() {
        let shorter: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if let Some(lines) = broken(&shorter, face, size, width, lines_max) {
            return lines;
        }
        if (lines_max == 1 || !shorter.contains(' ')) && face.width(&shorter, size) <= width {
            return vec![shorter];
        }
    }
    Vec::new()
}
