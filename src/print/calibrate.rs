//! A page to hold against the stock: cell outlines, and rulers along the page.

use super::arrange::{cell_size, kept_out, on_page, safe_area};
use super::colour::Colour;
use super::column::{Area, SIZE_LEAST, Style, Text, even};
use super::draw::{BLACK, Content, Fonts, cell_matrix, corner_and_size, line, put, stroke};
use super::file::Writer;
use super::font::{CAP_PERMILLE, Face};
use super::layout::Layout;
use super::length::Length;
use super::page::{adjustment, deflated};
use super::skeleton::fonts;
use super::{Options, Refusal};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Line width of outlines and rulers.
const HAIR: Length = Length::um(100);
const NUMBER_SIZE: Length = Length::decipoints(50);
/// Where the rulers begin, from the edge of the page.
const EDGE: Length = Length::mm(2);
/// A tick of one millimetre.
const SHORT: Length = Length::um(1_500);
/// Kept white around a number.
const CLEAR: Length = Length::um(150);
/// Kept white between a number and an outline, lest the line seem to run through it.
const OUTLINE_APART: Length = Length::um(300);
/// A number that would stand on something goes on by so much, so many times at most; along the ruler less often, lest it
/// seem another tick's.
const STEP: Length = Length::um(500);
const STEPS_MAX: i64 = 17;
const STEPS_ALONG_MAX: i64 = 3;
/// Kept white between a note and what is around it.
const NOTE_APART: Length = Length::um(1_500);
/// Cells that are tried for the notes.
const NOTE_CELLS_MAX: usize = 12;
/// Their largest print, in tenths of a point.
const NOTE_SIZE_MAX: i64 = 80;

/// One page for a layout: print it on plain paper at 100%, hold it against the stock, and read off how far
/// the outlines are from the cells. The options' nudge and scale are applied to the outlines, so that they
/// can be checked; the rulers too, so that 100 mm can be measured.
///
/// The page says which `printer` and which options it was made for; the name may be empty.
pub fn calibration_pdf(layout: &Layout, options: &Options, printer: &str) -> Result<Vec<u8>, Refusal> {
    super::plan::check_options(options)?;
    let Drawing { across, down, notes } = Drawing::of(layout, &made_for(options, printer));
    let characters = |face| -> BTreeSet<char> {
        let texts = notes.iter().flat_map(|(_, texts)| texts).filter(|text| text.face == face);
        texts.flat_map(|text| text.text.chars()).chain('0'..='9').collect()
    };
    let fonts = fonts(&characters(Face::Regular), &characters(Face::Bold));
    let mut out = Content::new();
    put!(out, "{}\n{BLACK} 0 0 0 1 K {} w", adjustment(options, layout.page.1), HAIR.points());
    for (index, texts) in &notes {
        put!(out, "q {} BT", cell_matrix(layout, *index, false));
        texts.iter().for_each(|text| line(&mut out, text, cell_size(layout).1, &fonts));
        put!(out, "ET Q");
    }
    for ruler in [across, down] {
        ruler.draw(&mut out, layout, &fonts);
    }
    outlines(&mut out, layout);
    let mut bytes = Vec::new();
    let title = format!("Calibration {}", layout.name);
    let mut writer =
        Writer::begin(&mut bytes, (layout, options), &title, &fonts, Vec::new()).expect("writing to memory");
    writer.page(&deflated(&out)).expect("writing to memory");
    writer.finish().expect("writing to memory");
    Ok(bytes)
}

/// What is drawn besides the outlines, each where nothing else is.
struct Drawing {
    across: Ruler,
    down: Ruler,
    /// In a cell's own coordinates, with its index.
    notes: Vec<(usize, Vec<Text>)>,
}

impl Drawing {
    fn of(layout: &Layout, made_for: &str) -> Drawing {
        let page = layout.page;
        let (top, left) = (ticks(page.0, false), ticks(page.1, true));
        let outlines = edges(layout).map(|line| line.grown(OUTLINE_APART));
        let rulers = top.iter().chain(&left).map(|tick| tick.area().grown(CLEAR));
        let mut taken: Vec<Area> = outlines.chain(rulers).collect();
        let across = Ruler { numbers: numbers(&top, false, page, &mut taken), ticks: top };
        let down = Ruler { numbers: numbers(&left, true, page, &mut taken), ticks: left };
        let ends = |ruler: &Ruler, end: fn(&Area) -> Length| {
            ruler.numbers.iter().map(|number| end(&ink(number)) + CLEAR).max().unwrap_or(Length::ZERO)
        };
        let clear = (ends(&down, Area::right), ends(&across, Area::bottom));
        let notes = notes(layout, clear, made_for);
        Drawing { across, down, notes }
    }
}

/// A line of a ruler.
struct Tick {
    mm: i64,
    from: (Length, Length),
    to: (Length, Length),
}

impl Tick {
    fn area(&self) -> Area {
        let ((x, y), (right, bottom)) = (self.from, self.to);
        Area { x, y, width: right - x, height: bottom - y }.grown(HAIR / 2)
    }
}

/// Millimetres along an edge of the page.
struct Ruler {
    ticks: Vec<Tick>,
    numbers: Vec<Text>,
}

impl Ruler {
    fn draw(&self, out: &mut Content, layout: &Layout, fonts: &Fonts) {
        for tick in &self.ticks {
            stroke(out, layout, tick.from, tick.to);
        }
        put!(out, "BT");
        self.numbers.iter().for_each(|number| line(out, number, layout.page.1, fonts));
        put!(out, "ET");
    }
}

/// `down` the left edge of the page, or along its top.
fn ticks(length: Length, down: bool) -> Vec<Tick> {
    // Not where the two rulers would cross.
    let all = (8..).take_while(|mm| Length::mm(*mm) <= length);
    all.map(|mm| {
        let long = match mm % 10 {
            0 => Length::um(4_000),
            5 => Length::um(2_500),
            _ => SHORT,
        };
        let at = Length::mm(mm);
        let point = |off: Length| if down { (off, at) } else { (at, off) };
        Tick { mm, from: point(EDGE), to: point(EDGE + long) }
    })
    .collect()
}

/// A number at every tenth tick, off what is taken, which it is then, too; one that has no room is left out.
fn numbers(ticks: &[Tick], down: bool, page: (Length, Length), taken: &mut Vec<Area>) -> Vec<Text> {
    let page = Area { x: Length::ZERO, y: Length::ZERO, width: page.0, height: page.1 };
    let mut numbers = Vec::new();
    for tick in ticks.iter().filter(|tick| tick.mm % 10 == 0) {
        let mut places = (0..=STEPS_MAX)
            .flat_map(|steps| (0..=steps.min(STEPS_ALONG_MAX)).map(move |along| (steps - along, along)))
            .map(|(off, along)| (STEP * off, STEP * along))
            .flat_map(|(off, along)| [true, false].map(|after| number_at(tick, down, (off, along), after)));
        let is_free = |number: &Text| {
            let area = ink(number);
            page.holds(&area.grown(CLEAR)) && !taken.iter().any(|other| area.meets(other))
        };
        if let Some(number) = places.find(is_free) {
            taken.push(ink(&number).grown(CLEAR));
            numbers.push(number);
        }
    }
    numbers
}

/// A tick's number: so far off its end, and so far along the ruler, `after` the tick or before it. Down the page it stands
/// beside the tick and begins where the short ones end, as along the top, so that it is in the margin where that has room.
fn number_at(tick: &Tick, down: bool, (off, along): (Length, Length), after: bool) -> Text {
    let text = tick.mm.to_string();
    let (x, y) = if down { (tick.from.0 + SHORT, tick.to.1) } else { tick.to };
    let (off, along) = (off + CLEAR * 2, along + CLEAR * 2);
    let start = |extent: Length| if after { along } else { -along - extent };
    let cap = NUMBER_SIZE.permille(CAP_PERMILLE);
    let (x, top) = if down {
        (x + off, y + start(cap))
    } else {
        (x + start(Face::Regular.width(&text, NUMBER_SIZE)), y + off - cap)
    };
    Text { x, baseline: top + cap, size: NUMBER_SIZE, face: Face::Regular, ink: Colour::BLACK, text }
}

/// What a number covers: digits have no tails.
fn ink(number: &Text) -> Area {
    let height = number.size.permille(CAP_PERMILLE);
    Area { y: number.baseline - height, height, ..number.area() }
}

/// The rectangles drawn in a cell, in its own coordinates: its outline, what is safe to print on, what is kept out.
fn frames(layout: &Layout) -> Vec<Area> {
    let (width, height) = cell_size(layout);
    let cell = Area { x: Length::ZERO, y: Length::ZERO, width, height };
    [cell, safe_area(layout, false)].into_iter().chain(kept_out(layout, false)).collect()
}

/// The lines of all of them on the page.
fn edges(layout: &Layout) -> impl Iterator<Item = Area> + '_ {
    let frames = frames(layout);
    (0..layout.per_page()).flat_map(move |index| {
        let on_page = |frame: &Area| on_page(layout, index, false, frame);
        frames.iter().map(on_page).flat_map(lines_of).collect::<Vec<Area>>()
    })
}

fn lines_of(frame: Area) -> [Area; 4] {
    let (flat, thin) = (Area { height: Length::ZERO, ..frame }, Area { width: Length::ZERO, ..frame });
    [flat, Area { y: frame.bottom(), ..flat }, thin, Area { x: frame.right(), ..thin }]
        .map(|line| line.grown(HAIR / 2))
}

/// Every cell, and dashed inside it what is safe to print on.
fn outlines(out: &mut Content, layout: &Layout) {
    let (_, height) = cell_size(layout);
    let frames = frames(layout);
    for index in 0..layout.per_page() {
        put!(out, "q {}", cell_matrix(layout, index, false));
        for (number, frame) in frames.iter().enumerate() {
            let dash = if number == 1 { "[1 2] 0 d " } else { "" };
            put!(out, "{dash}{} re S", corner_and_size(frame, height));
        }
        put!(out, "Q");
    }
}

/// Which of several pages this is.
fn made_for(options: &Options, printer: &str) -> String {
    let Options { dpi, nudge_x, nudge_y, scale_ppm, .. } = options;
    let printer = if printer.is_empty() { String::new() } else { format!("Printer {printer}, ") };
    let dpi = dpi.map_or(String::new(), |dpi| format!(", {dpi} dpi"));
    let percent = Decimal::new(i64::from(*scale_ppm), 4).normalize();
    format!("{printer}nudge {nudge_x} right and {nudge_y} down, scale {percent}%{dpi}.")
}

/// Something that stays together: a note, or a word of one.
struct Part {
    note: usize,
    face: Face,
    text: String,
}

/// What to do, all in one size, the largest that has room: in one cell, or else over several, note by note, and by their words
/// where a note has no room in any. What has none even so is left out, from the end. `clear` is where the rulers end.
fn notes(layout: &Layout, clear: (Length, Length), made_for: &str) -> Vec<(usize, Vec<Text>)> {
    let cells = 0..layout.per_page().min(NOTE_CELLS_MAX);
    let cells: Vec<(usize, Area)> = cells.map(|index| (index, note_area(layout, index, clear))).collect();
    let all = [
        (Face::Bold, layout.name.as_str()),
        (Face::Regular, made_for),
        (Face::Regular, "Print at 100%, without fitting to the page. The outlines must fall on the cells."),
        (Face::Regular, "Too far left or up: nudge by what is missing. Rulers too short: scale up."),
    ];
    let sizes = || (SIZE_LEAST..=NOTE_SIZE_MAX).rev().map(Length::decipoints);
    let widest = cells.iter().map(|(_, area)| area.width).max().unwrap_or(Length::ZERO);
    let said = (1..=all.len()).rev().find_map(|count| {
        let (mut whole, mut words) = (Vec::new(), Vec::new());
        for (note, (face, text)) in all[..count].iter().enumerate() {
            whole.push(Part { note, face: *face, text: (*text).to_owned() });
            let each = text.split_whitespace().map(|word| shortened(word, *face, widest));
            words.extend(each.map(|text| Part { note, face: *face, text }));
        }
        let alone = |size| cells.chunks(1).find_map(|cell| spread(&whole, cell, size));
        sizes()
            .find_map(|size| alone(size).or_else(|| spread(&whole, &cells, size)))
            .or_else(|| sizes().find_map(|size| spread(&words, &cells, size)))
    });
    said.unwrap_or_default()
}

/// A word that is wider than all cells ends early.
fn shortened(word: &str, face: Face, width: Length) -> String {
    let fits = |text: &String| face.width(text, Length::decipoints(SIZE_LEAST)) <= width;
    let ends = word.char_indices().rev().map(|(at, _)| format!("{}…", &word[..at]));
    std::iter::once(word.to_owned()).chain(ends).find(fits).unwrap_or_default()
}

/// The parts in these cells, as many in each as it has room for; nothing where some are left over. Where notes meet in a cell
/// each of them is whole.
fn spread(parts: &[Part], cells: &[(usize, Area)], size: Length) -> Option<Vec<(usize, Vec<Text>)>> {
    let (mut left, mut notes) = (parts, Vec::new());
    for (index, area) in cells {
        let stand = |count: usize| even(*area, Style::PLAIN, &joined(&left[..count]), size);
        let fitting = (1..=left.len()).map_while(|count| stand(count).map(|texts| (count, texts)));
        let ends_well = |count: usize| {
            let last = left[count - 1].note;
            last == left[0].note || left.get(count).is_none_or(|next| next.note != last)
        };
        if let Some((count, texts)) = fitting.filter(|(count, _)| ends_well(*count)).last() {
            notes.push((*index, texts));
            left = &left[count..];
        }
    }
    left.is_empty().then_some(notes)
}

/// Parts of one note as one text.
fn joined(parts: &[Part]) -> Vec<(Face, String)> {
    let text_of = |note: &[Part]| {
        let texts: Vec<&str> = note.iter().map(|part| part.text.as_str()).collect();
        (note[0].face, texts.join(" "))
    };
    parts.chunk_by(|one, next| one.note == next.note).map(text_of).collect()
}

/// Where notes may stand in a cell: inside what is safe, and clear of the rulers, which may cross it.
fn note_area(layout: &Layout, index: usize, clear: (Length, Length)) -> Area {
    let safe = safe_area(layout, false).grown(-NOTE_APART);
    let page = on_page(layout, index, false, &safe);
    let (x, y) = ((clear.0 - page.x).max(Length::ZERO), (clear.1 - page.y).max(Length::ZERO));
    if layout.turned() {
        // Its start is the page's top, its far side the page's left.
        Area { x: safe.x + y, width: safe.width - y, height: safe.height - x, ..safe }
    } else {
        Area { x: safe.x + x, y: safe.y + y, width: safe.width - x, height: safe.height - y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::layouts;

    #[test]
    fn nothing_on_the_page_stands_on_anything_else_and_all_of_it_is_there() {
        for layout in layouts() {
            let name = layout.name();
            let Drawing { across, down, notes } =
                Drawing::of(layout, &made_for(&Options::default(), "office"));
            for (ruler, length) in [(&across, layout.page.0), (&down, layout.page.1)] {
                let all = (10..).step_by(10).take_while(|mm| Length::mm(*mm) <= length);
                let all: Vec<String> = all.map(|mm: i64| mm.to_string()).collect();
                let numbers: Vec<&str> = ruler.numbers.iter().map(|number| number.text.as_str()).collect();
                assert_eq!(numbers, all, "{name}");
            }
            let ticks = across.ticks.iter().chain(&down.ticks).map(Tick::area);
            let lines: Vec<Area> = edges(layout).chain(ticks).collect();
            let numbers = across.numbers.iter().chain(&down.numbers);
            for number in numbers.clone() {
                let area = ink(number).grown(OUTLINE_APART);
                let near = edges(layout).any(|outline| area.meets(&outline));
                assert!(!near, "{name}: “{}” is hardly off an outline", number.text);
            }
            let mut words: Vec<(&str, Area)> = numbers.map(|text| (text.text.as_str(), ink(text))).collect();
            for (index, texts) in &notes {
                let placed = |text: &Text| on_page(layout, *index, false, &text.area());
                words.extend(texts.iter().map(|text| (text.text.as_str(), placed(text))));
            }
            for (at, (what, area)) in words.iter().enumerate() {
                assert!(!lines.iter().any(|line| area.meets(line)), "{name}: “{what}” stands on a line");
                let other = words[..at].iter().find(|(_, other)| area.meets(other));
                assert_eq!(other, None, "{name}: “{what}” stands on it");
            }
            let texts: Vec<&Text> = notes.iter().flat_map(|(_, texts)| texts).collect();
            assert!(texts.iter().all(|text| text.size == texts[0].size), "{name}: {texts:?}");
            let said = texts.iter().map(|text| text.text.as_str()).collect::<Vec<&str>>().join(" ");
            for sentence in [
                "Printer office, nudge 0 mm right and 0 mm down, scale 100%.",
                "Print at 100%, without fitting to the page. The outlines must fall on the cells.",
                "Too far left or up: nudge by what is missing. Rulers too short: scale up.",
            ] {
                assert!(said.contains(sentence), "{name}: {said}");
            }
        }
    }

    #[test]
    fn a_printers_name_that_is_wider_than_a_label_ends_early_and_keeps_no_sentence_away() {
        let layout = layouts().iter().find(|layout| layout.name() == "avery-l4731").expect("it is built in");
        let printer = "w".repeat(40);
        let notes = Drawing::of(layout, &made_for(&Options::default(), &printer)).notes;
        let texts = notes.iter().flat_map(|(_, texts)| texts).map(|text| text.text.as_str());
        let said = texts.collect::<Vec<&str>>().join(" ");
        assert!(said.contains("Printer ww") && said.contains("w… nudge 0 mm right"), "{said}");
        assert!(said.ends_with("Rulers too short: scale up."), "{said}");
    }

    #[test]
    fn the_numbers_stand_in_the_margin_where_it_has_room_for_them() {
        for name in ["avery-l7160", "avery-l4731", "avery-c32011", "a4-band-19", "cr80"] {
            let layout = layouts().iter().find(|layout| layout.name() == name).expect("it is built in");
            for number in Drawing::of(layout, "Printer").down.numbers {
                assert!(ink(&number).right() < layout.first.0, "{name}: “{}”", number.text);
            }
        }
    }
}
