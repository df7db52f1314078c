//! Documents of tables on A4, for whoever files the books: black, in the faces of the sheets, the same bytes for the same
//! figures.

use super::Options;
use super::colour::Colour;
use super::column::Text;
use super::draw::{BLACK, Content, Fonts, line, put, stroke};
use super::file::Writer;
use super::font::{ASCENT_PERMILLE, Face, LINE_PERMILLE, check};
use super::layout::{Kind, Layout, Marks};
use super::length::Length;
use super::page::deflated;
use super::skeleton::fonts;
use std::collections::BTreeSet;

const A4: (Length, Length) = (Length::mm(210), Length::mm(297));
const MARGIN: Length = Length::mm(18);
const WIDTH: Length = Length::mm(210 - 2 * 18);
/// Where the footer's words stand, and where the tables end above them.
const FOOTER: Length = Length::mm(297 - 12);
const BOTTOM: Length = Length::mm(297 - 20);
const GAP: Length = Length::mm(3);
const RULE: Length = Length::um(100);
const TITLE: Length = Length::decipoints(160);
const HEADING: Length = Length::decipoints(110);
const PLAIN: Length = Length::decipoints(90);
const SMALL: Length = Length::decipoints(80);
/// Between two columns.
const GUTTER: Length = Length::mm(3);
/// Stands for what the printed faces lack.
const LACKING: char = '?';

/// What stands on the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Above everything, and at the foot of each page.
    pub title: String,
    /// Below the title, a line each or more.
    pub notes: Vec<String>,
    /// One after the other.
    pub tables: Vec<Table>,
}

/// One table; it may run over several pages, each with its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Above it; may be empty.
    pub heading: String,
    /// From left to right.
    pub columns: Vec<Column>,
    /// As many texts a row as columns.
    pub rows: Vec<Vec<String>>,
    /// Below a line, in bold; may be empty.
    pub sum: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub name: String,
    /// Its part of the page's width, in thousandths.
    pub permille: i64,
    /// True for figures, which stand to the right.
    pub is_figure: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(name: &str, permille: i64) -> Column {
        Column { name: name.to_owned(), permille, is_figure: false }
    }

    /// A column of figures.
    #[must_use]
    pub fn figures(name: &str, permille: i64) -> Column {
        Column { name: name.to_owned(), permille, is_figure: true }
    }
}

/// The document as a PDF.
#[must_use]
pub fn tables_pdf(document: &Tables) -> Vec<u8> {
    let pages = laid_out(document);
    let characters = |face| -> BTreeSet<char> {
        let texts = pages.iter().flat_map(|page| &page.texts).filter(|text| text.face == face);
        texts.flat_map(|text| text.text.chars()).collect()
    };
    let fonts = fonts(&characters(Face::Regular), &characters(Face::Bold));
    let paper = paper(A4);
    let mut bytes = Vec::new();
    let frame = (&paper, &Options::default());
    let mut writer = Writer::begin(&mut bytes, frame, &printable(&document.title), &fonts, Vec::new())
        .expect("writing to memory");
    for page in &pages {
        writer.page(&deflated(&page.content(&paper, &fonts))).expect("writing to memory");
    }
    writer.finish().expect("writing to memory");
    bytes
}

/// Bare paper.
fn paper(page: (Length, Length)) -> Layout {
    Layout {
        name: String::new(),
        title: String::new(),
        kind: Kind::Label,
        page,
        cell: page,
        columns: 1,
        rows: 1,
        first: (Length::ZERO, Length::ZERO),
        pitch: page,
        edge: Length::ZERO,
        tab: Length::ZERO,
        tail: Length::ZERO,
        keep_out: Vec::new(),
        bleed: Length::ZERO,
        marks: Marks::None,
        reverse: false,
        sha256: String::new(),
    }
}

/// A page on its way.
#[derive(Default)]
struct Page {
    texts: Vec<Text>,
    /// How far down there are lines across.
    rules: Vec<Length>,
}

impl Page {
    fn content(&self, paper: &Layout, fonts: &Fonts) -> Content {
        let mut out = Content::new();
        put!(out, "{BLACK} 0 0 0 1 K {} w", RULE.points());
        for y in &self.rules {
            stroke(&mut out, paper, (MARGIN, *y), (MARGIN + WIDTH, *y));
        }
        put!(out, "BT");
        self.texts.iter().for_each(|text| line(&mut out, text, A4.1, fonts));
        put!(out, "ET");
        out
    }
}

/// Fills pages from the top.
struct Sheet {
    pages: Vec<Page>,
    y: Length,
}

impl Sheet {
    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("there is one from the start")
    }

    fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = MARGIN;
    }

    fn has_room(&self, height: Length) -> bool {
        self.y + height <= BOTTOM
    }

    fn rule(&mut self) {
        let y = self.y;
        self.page().rules.push(y);
    }

    /// Lines of text across the page.
    fn words(&mut self, text: &str, face: Face, size: Length) {
        for part in wrapped(text, face, size, WIDTH) {
            if !self.has_room(size.permille(LINE_PERMILLE)) {
                self.turn();
            }
            let y = self.y;
            self.page().texts.push(at(MARGIN, y, size, face, part));
            self.y = y + size.permille(LINE_PERMILLE);
        }
    }

    fn table(&mut self, table: &Table) {
        let row = |texts: &[String], face, size| Row::new(&table.columns, texts, face, size);
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let head = row(&names, Face::Bold, SMALL);
        let rows = table.rows.iter().map(|texts| row(texts, Face::Regular, PLAIN));
        let sum = (!table.sum.is_empty()).then(|| row(&table.sum, Face::Bold, PLAIN));
        self.y = self.y + GAP + GAP;
        // A heading stands on the page of the first row.
        if !self.has_room(HEADING.permille(LINE_PERMILLE) + head.height * 3) {
            self.turn();
        }
        if !table.heading.is_empty() {
            self.words(&table.heading, Face::Bold, HEADING);
            self.y = self.y + GAP / 2;
        }
        self.row(&head);
        self.rule();
        for row in rows.chain(sum.iter().cloned()) {
            let is_sum = Some(&row) == sum.as_ref();
            if !self.has_room(row.height) {
                self.turn();
                self.row(&head);
                self.rule();
            }
            if is_sum {
                self.rule();
            }
            self.row(&row);
        }
    }

    fn row(&mut self, row: &Row) {
        let y = self.y;
        for text in &row.texts {
            let baseline = text.baseline + y;
            self.page().texts.push(Text { baseline, ..text.clone() });
        }
        self.y = y + row.height;
    }
}

/// A row, with its texts placed from its own top.
#[derive(Clone, PartialEq, Eq)]
struct Row {
    texts: Vec<Text>,
    height: Length,
}

impl Row {
    fn new(columns: &[Column], texts: &[String], face: Face, size: Length) -> Row {
        let pitch = size.permille(LINE_PERMILLE);
        let (mut x, mut placed, mut lines_max) = (MARGIN, Vec::new(), 1);
        for (column, text) in columns.iter().zip(texts) {
            let width = WIDTH.permille(column.permille);
            let lines = wrapped(text, face, size, width - GUTTER);
            lines_max = lines_max.max(lines.len());
            for (number, part) in (0..).zip(lines) {
                let left = if column.is_figure { x + width - face.width(&part, size) } else { x };
                placed.push(at(left, GAP / 3 + pitch * number, size, face, part));
            }
            x = x + width;
        }
        let lines = i64::try_from(lines_max).expect("few lines");
        Row { texts: placed, height: pitch * lines + GAP / 3 * 2 }
    }
}

/// A line whose top is there.
fn at(x: Length, top: Length, size: Length, face: Face, text: String) -> Text {
    Text { x, baseline: top + size.permille(ASCENT_PERMILLE), size, face, ink: Colour::BLACK, text }
}

fn laid_out(document: &Tables) -> Vec<Page> {
    let mut sheet = Sheet { pages: vec![Page::default()], y: MARGIN };
    sheet.words(&document.title, Face::Bold, TITLE);
    sheet.y = sheet.y + GAP / 2;
    for note in &document.notes {
        sheet.words(note, Face::Regular, PLAIN);
    }
    for table in &document.tables {
        sheet.table(table);
    }
    let pages = sheet.pages.len();
    for (number, page) in (1..).zip(&mut sheet.pages) {
        let number = format!("Page {number} of {pages}");
        let left = MARGIN + WIDTH - Face::Regular.width(&number, SMALL);
        let room = WIDTH - Face::Regular.width(&number, SMALL) - GUTTER;
        let title = wrapped(&document.title, Face::Regular, SMALL, room).into_iter().next();
        page.texts.push(at(MARGIN, FOOTER, SMALL, Face::Regular, title.unwrap_or_default()));
        page.texts.push(at(left, FOOTER, SMALL, Face::Regular, number));
    }
    sheet.pages
}

/// A text in lines of words; a word that is wider than its line is broken where the line ends.
fn wrapped(text: &str, face: Face, size: Length, width: Length) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let fits = |line: &str| face.width(line, size) <= width;
    for word in printable(text).split_whitespace() {
        let line = lines.last_mut().expect("begun with one");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for character in word.chars() {
            let line = lines.last_mut().expect("begun with one");
            if line.is_empty() || fits(&format!("{line}{character}")) {
                line.push(character);
            } else {
                lines.push(character.to_string());
            }
        }
    }
    lines
}

/// The text as the faces can print it.
fn printable(text: &str) -> String {
    let has = |character: char| check(character.encode_utf8(&mut [0; 4])).is_ok();
    text.chars()
        .map(|c| {
            if c.is_whitespace() {
                ' '
            } else if has(c) {
                c
            } else {
                LACKING
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::proof::text_of;

    fn sold(rows: usize) -> Tables {
        let row = |n: usize| vec![format!("Bar {n}"), "€ 12,50".to_owned()];
        Tables {
            title: "Pukkelfest: 3/7/2026".to_owned(),
            notes: vec!["From 3/7/2026 06:00 to 4/7/2026 06:00".to_owned()],
            tables: vec![Table {
                heading: "Brasserie 🍺 Nord".to_owned(),
                columns: vec![Column::words("Point of sale", 700), Column::figures("Owed", 300)],
                rows: (1..=rows).map(row).collect(),
                sum: vec!["All".to_owned(), "€ 1.250,00".to_owned()],
            }],
        }
    }

    #[test]
    fn every_row_is_printed_and_each_page_says_which_it_is() {
        let document = sold(100);
        let bytes = tables_pdf(&document);
        assert_eq!(bytes, tables_pdf(&document), "the same figures, the same bytes");
        let text = text_of(&bytes);
        for row in 1..=100 {
            assert!(text.lines().any(|line| line.contains(&format!("Bar {row} "))), "{row}: {text}");
        }
        for part in ["Brasserie ? Nord", "€ 1.250,00", "Page 1 of 3", "Page 3 of 3", "From 3/7/2026 06:00"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("Point of sale").count(), 3, "each page has the head");
        assert!(text_of(&tables_pdf(&sold(0))).contains("Page 1 of 1"));
    }

    #[test]
    fn nothing_that_is_too_long_is_lost() {
        let long = "W".repeat(300);
        let mut document = sold(1);
        document.tables[0].rows[0][0] = format!("{long} bar");
        let text = text_of(&tables_pdf(&document));
        assert_eq!(text.matches('W').count(), 300);
        let lines = wrapped(&long, Face::Bold, PLAIN, Length::mm(40));
        assert!(lines.iter().all(|line| Face::Bold.width(line, PLAIN) <= Length::mm(40)));
    }
}
