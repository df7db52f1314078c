//! Layouts: where the cells of a sheet lie. Data in `assets/layouts/`; users add their own in the same form.
//!
//! | key | meaning (lengths in millimetres) |
//! |---|---|
//! | `name`, `title` | what is typed, what is shown |
//! | `kind` | `label`, `card` or `band`; decides how a cell is arranged |
//! | `page` | width and height; left out: every cell is a page of its own |
//! | `cell` | width and height of one piece; the longer side of a band is its length |
//! | `grid` | columns and rows |
//! | `first`, `pitch` | left top corner of the first cell; from start to start |
//! | `edge` | kept free on each side of a cell (on a band: across it) |
//! | `keep_out` | rectangles of a cell where nothing is printed (a slot for a lanyard, a snap): left, top, width, height as the cell lies on the page |
//! | `tab`, `tail` | bands only: kept free at the adhesive end (the top of a page) and at the other end |
//! | `bleed` | background drawn beyond the cell; only where every cell is a page of its own |
//! | `marks` | `none`, `crop` (around a page's cell) or `cut` (in the margins of a sheet, with fold marks at bands' tabs) |
//! | `reverse` | true: the pay code stands on the back, printed as every second page, flipped on the long edge |

use super::length::Length;
use crate::one_line::is_name;
use crate::secrets::sha256_hex;
use serde::Deserialize;
use std::sync::LazyLock;

/// What the pieces of a layout are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A self-adhesive label for any medium.
    Label,
    /// A card in the size of a bank card, or near it.
    Card,
    /// A wristband.
    Band,
}

/// Lines printed outside the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Marks {
    #[default]
    None,
    Crop,
    Cut,
}

/// A checked layout: every cell lies on its page and none covers another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) page: (Length, Length),
    pub(crate) cell: (Length, Length),
    pub(crate) columns: i64,
    pub(crate) rows: i64,
    pub(crate) first: (Length, Length),
    pub(crate) pitch: (Length, Length),
    pub(crate) edge: Length,
    pub(crate) tab: Length,
    pub(crate) tail: Length,
    pub(crate) keep_out: Vec<[Length; 4]>,
    pub(crate) bleed: Length,
    pub(crate) marks: Marks,
    pub(crate) reverse: bool,
    pub(crate) sha256: String,
}

/// What is wrong with a layout's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Not TOML, or not these keys.
    #[error("the layout can't be read: {0}")]
    Syntax(String),
    /// One value is impossible by itself.
    #[error("layout {layout}: {problem}")]
    Value {
        /// Its name.
        layout: String,
        /// What is wrong, with the value and what would be right.
        problem: String,
    },
    /// The cells run off the page.
    #[error("layout {layout}: {what} {number} ends at {end}, which is {over} beyond the {limit} of the page")]
    Overflow {
        /// Its name.
        layout: String,
        /// `column` or `row`.
        what: &'static str,
        /// Which one, from 1.
        number: i64,
        /// Where it ends.
        end: Length,
        /// By how much it is too far.
        over: Length,
        /// The page's width or height.
        limit: Length,
    },
}

/// Largest text that is read as a layout, in bytes.
const TOML_BYTES_MAX: usize = 16 * 1024;
/// Most cells a page may have.
const CELLS_MAX: i64 = 2_000;
/// Most rectangles of a cell that are kept free.
const KEEP_OUT_MAX: usize = 8;
/// Room around a page's cell for crop marks, beyond the bleed.
const CROP_SLUG: Length = Length::mm(6);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    title: String,
    kind: Kind,
    page: Option<(Length, Length)>,
    cell: (Length, Length),
    grid: Option<(i64, i64)>,
    first: Option<(Length, Length)>,
    pitch: Option<(Length, Length)>,
    edge: Length,
    #[serde(default)]
    tab: Length,
    #[serde(default)]
    tail: Length,
    #[serde(default)]
    keep_out: Vec<[Length; 4]>,
    #[serde(default)]
    bleed: Length,
    #[serde(default)]
    marks: Marks,
    #[serde(default)]
    reverse: bool,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/layouts/", $name, ".toml"))),*]
    };
}

const BUILT_IN: &[&str] = built_in![
    "a4-band-25",
    "a4-band-19",
    "band-25",
    "cr80",
    "avery-c32011",
    "avery-l7160",
    "avery-l7163",
    "avery-l7651",
    "avery-l4731",
    "avery-5160",
];

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    BUILT_IN
        .iter()
        .map(|toml| Layout::parse(toml).expect("layouts in assets are valid, a test reads them"))
        .collect()
});

/// The layouts that come with the program.
#[must_use]
pub fn layouts() -> &'static [Layout] {
    &LAYOUTS
}

/// A layout that comes with the program, as its file.
#[must_use]
pub fn layout_source(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().zip(layouts()).find(|(_, layout)| layout.name() == name).map(|(toml, _)| *toml)
}

impl Layout {
    /// Reads and checks a layout. The error names the key, or the column or row that leaves the page.
    pub fn parse(toml: &str) -> Result<Layout, LayoutError> {
        if toml.len() > TOML_BYTES_MAX {
            return Err(LayoutError::Syntax(format!("it is longer than {TOML_BYTES_MAX} bytes")));
        }
        let raw: Raw = toml::from_str(toml).map_err(|e| LayoutError::Syntax(e.to_string()))?;
        let layout = Layout { sha256: sha256_hex(toml.as_bytes()), ..Layout::placed(raw)? };
        layout.check_values()?;
        layout.check_page()?;
        Ok(layout)
    }

    /// What is typed to choose it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// SHA-256 of the file it was read from.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What its pieces are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Pieces on one page.
    #[must_use]
    pub fn per_page(&self) -> usize {
        usize::try_from(self.columns * self.rows).expect("checked to lie between 1 and CELLS_MAX")
    }

    /// Left top corner of a cell on the page; on the reverse, columns run the other way.
    pub(crate) fn corner(&self, index: usize, reverse: bool) -> (Length, Length) {
        let index = i64::try_from(index).expect("a page has few cells");
        let left = self.first.0 + self.pitch.0 * (index % self.columns);
        let top = self.first.1 + self.pitch.1 * (index / self.columns);
        (if reverse { self.page.0 - left - self.cell.0 } else { left }, top)
    }

    /// True where a cell is drawn turned by 90°, because its text runs down the page.
    pub(crate) fn turned(&self) -> bool {
        self.kind == Kind::Band && self.cell.1 > self.cell.0
    }

    fn placed(raw: Raw) -> Result<Layout, LayoutError> {
        let problem =
            |problem: &str| LayoutError::Value { layout: raw.name.clone(), problem: problem.into() };
        let slug = if raw.marks == Marks::Crop { raw.bleed + CROP_SLUG } else { raw.bleed };
        let (page, first, grid, pitch) = match (raw.page, raw.grid, raw.first, raw.pitch) {
            (Some(page), Some(grid), Some(first), Some(pitch)) => (page, first, grid, pitch),
            (None, None, None, None) => {
                ((raw.cell.0 + slug * 2, raw.cell.1 + slug * 2), (slug, slug), (1, 1), raw.cell)
            }
            _ => {
                return Err(problem("page, grid, first and pitch belong together: give all four or none"));
            }
        };
        let own_page = raw.page.is_none();
        match raw.marks {
            Marks::Crop if !own_page => {
                return Err(problem("crop marks need a page for each cell: leave out page"));
            }
            Marks::Cut if own_page => {
                return Err(problem("cut marks need a sheet: give page, grid, first and pitch"));
            }
            _ => {}
        }
        if raw.bleed > Length::ZERO && !own_page {
            return Err(problem("bleed needs a page for each cell: leave out page, grid, first and pitch"));
        }
        Ok(Layout {
            name: raw.name,
            title: raw.title,
            kind: raw.kind,
            page,
            cell: raw.cell,
            columns: grid.0,
            rows: grid.1,
            first,
            pitch,
            edge: raw.edge,
            tab: raw.tab,
            tail: raw.tail,
            keep_out: raw.keep_out,
            bleed: raw.bleed,
            marks: raw.marks,
            reverse: raw.reverse,
            sha256: String::new(),
        })
    }

    fn check_values(&self) -> Result<(), LayoutError> {
        let wrong = |problem: String| Err(LayoutError::Value { layout: self.name.clone(), problem });
        let name_holds = (1..=40).contains(&self.name.len())
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !name_holds {
            return wrong("name must have 1 to 40 of a-z, 0-9 and -".into());
        }
        if !is_name(&self.title, 120) {
            return wrong("title must have 1 to 120 characters, none of them a control character".into());
        }
        let (cell, pitch) = (self.cell, self.pitch);
        if cell.0 < Length::mm(5) || cell.1 < Length::mm(5) {
            return wrong(format!("a cell of {} by {} is below 5 mm", cell.0, cell.1));
        }
        if self.columns < 1 || self.rows < 1 || self.columns.saturating_mul(self.rows) > CELLS_MAX {
            return wrong(format!(
                "grid must be 1 to {CELLS_MAX} cells, not {} by {}",
                self.columns, self.rows
            ));
        }
        if (self.columns > 1 && pitch.0 < cell.0) || (self.rows > 1 && pitch.1 < cell.1) {
            return wrong(format!(
                "cells of {} by {} overlap at a pitch of {} by {}",
                cell.0, cell.1, pitch.0, pitch.1
            ));
        }
        let lengths = [("edge", self.edge), ("tab", self.tab), ("tail", self.tail), ("bleed", self.bleed)];
        if let Some((key, length)) = lengths.iter().find(|(_, length)| *length < Length::ZERO) {
            return wrong(format!("{key} can't be negative ({length})"));
        }
        if self.bleed > Length::mm(10) {
            return wrong(format!("bleed is at most 10 mm, not {}", self.bleed));
        }
        self.check_keep_out()?;
        let short = cell.0.at_most(cell.1);
        if self.edge * 2 >= short {
            return wrong(format!("edges of {} leave nothing of a cell that is {short} across", self.edge));
        }
        if self.kind == Kind::Band {
            let length = cell.0.max(cell.1);
            if self.tab + self.tail >= length {
                return wrong(format!("tab and tail leave nothing of a band of {length}"));
            }
            if self.tab < Length::mm(25) || self.tab > Length::mm(40) {
                return wrong(format!(
                    "a band keeps 25 to 40 mm free for its adhesive tab, not {}",
                    self.tab
                ));
            }
            if self.reverse {
                return wrong("a band has no reverse".into());
            }
        } else if self.tab > Length::ZERO || self.tail > Length::ZERO {
            return wrong("tab and tail are for bands".into());
        }
        Ok(())
    }

    fn check_keep_out(&self) -> Result<(), LayoutError> {
        let wrong = |problem: String| Err(LayoutError::Value { layout: self.name.clone(), problem });
        let cell = self.cell;
        if self.keep_out.len() > KEEP_OUT_MAX {
            return wrong(format!("keep_out has at most {KEEP_OUT_MAX} rectangles"));
        }
        let inside = |[x, y, width, height]: &[Length; 4]| {
            *x >= Length::ZERO
                && *y >= Length::ZERO
                && *width > Length::ZERO
                && *height > Length::ZERO
                && *x + *width <= cell.0
                && *y + *height <= cell.1
        };
        if let Some([x, y, width, height]) = self.keep_out.iter().find(|zone| !inside(zone)) {
            return wrong(format!("keep_out of {width} by {height} at {x}, {y} is not inside the cell"));
        }
        Ok(())
    }

    fn check_page(&self) -> Result<(), LayoutError> {
        for (key, start) in [("left", self.first.0), ("top", self.first.1)] {
            if start < Length::ZERO {
                let problem = format!("the first cell starts {} before the {key} of the page", -start);
                return Err(LayoutError::Value { layout: self.name.clone(), problem });
            }
        }
        let axes = [
            ("column", self.first.0, self.pitch.0, self.cell.0, self.columns, self.page.0),
            ("row", self.first.1, self.pitch.1, self.cell.1, self.rows, self.page.1),
        ];
        for (what, first, pitch, cell, count, limit) in axes {
            let end_of = |number: i64| first + pitch * (number - 1) + cell;
            if let Some(number) = (1..=count).find(|number| end_of(*number) > limit) {
                let end = end_of(number);
                let over = end - limit;
                return Err(LayoutError::Overflow {
                    layout: self.name.clone(),
                    what,
                    number,
                    end,
                    over,
                    limit,
                });
            }
        }
        Ok(())
    }
}
