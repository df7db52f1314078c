//! What a sheet will be, before anything is printed: versions, module sizes, warnings, or a refusal.

use super::arrange::{Arranged, Dots, Side, Square, arrange, cell_size, on_page};
use super::column::Area;
use super::encode::{Level, Mode, VERSION_MAX, is_alphanumeric, modules_of, version_for};
use super::layout::{Kind, Layout, Marks};
use super::length::Length;
use super::{
    CodeKind, Language, Longest, MODULE_GOOD, MODULE_LEAST, Options, QUIET_MODULES, Refusal, SheetText, font,
};
use crate::codes::PAY_CODE_PREFIX;
use crate::one_line::is_name;

/// One of a piece's codes as it will be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePlan {
    /// QR version, 1 to 11.
    pub version: i16,
    /// Modules across, without the quiet zone.
    pub modules: i64,
    /// Error correction.
    pub level: Level,
    /// How its texts are packed: those of a batch all in one way.
    pub(crate) mode: Mode,
    /// Size of a module.
    pub module: Length,
    /// Printer dots in a module, where the resolution was given and a module is a whole number of them.
    pub dots: Option<i64>,
}

impl CodePlan {
    /// Printed edge with the quiet zone.
    #[must_use]
    pub fn edge(&self) -> Length {
        self.module * (self.modules + 2 * QUIET_MODULES)
    }
}

/// A sheet that can be printed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The top-up code.
    pub top_up: CodePlan,
    /// The pay code.
    pub pay: CodePlan,
    /// What is not as it should be, one sentence each.
    pub warnings: Vec<String>,
    pub(crate) layout: Layout,
    pub(crate) text: SheetText,
    pub(crate) options: Options,
    pub(crate) arranged: Arranged,
}

impl Plan {
    /// The layout it is for.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What it was worked out for.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Pages for a number of pieces, reverse pages included.
    #[must_use]
    pub fn pages(&self, pieces: u64) -> u64 {
        let sides = if self.arranged.back.is_some() { 2 } else { 1 };
        pieces.div_ceil(self.layout.per_page() as u64) * sides
    }
}

/// What is shown of a layout before one is chosen.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// The layout.
    pub layout: &'a Layout,
    /// What the codes would be on it, or why they don't fit.
    pub plan: Result<Plan, Refusal>,
}

/// Least that a band keeps free along its edges, and narrow ones.
const BAND_EDGE: Length = Length::mm(2);
const BAND_EDGE_NARROW: Length = Length::um(1_500);
/// Bands that are narrower are narrow.
const BAND_WIDE: Length = Length::mm(22);
/// What many printers leave white along the edges of a page.
const PRINTER_MARGIN: Length = Length::um(4_200);

const EVENT_CHARS_MAX: usize = 80;
const MERCHANT_CHARS_MAX: usize = 70;

/// Works out a sheet for a layout, texts and the longest codes of a batch.
///
/// A refusal names what doesn't fit and the numbers; warnings come with the plan.
pub fn plan(
    layout: &Layout,
    text: &SheetText,
    longest: &Longest<'_>,
    options: &Options,
) -> Result<Plan, Refusal> {
    check_text(text)?;
    check_options(options)?;
    if !is_alphanumeric(longest.pay_qr_text) {
        return Err(Refusal::NotAlphanumeric { sequence: 0 });
    }
    let top_up_mode = Mode::of(longest.qr_text);
    let top_up_version = version("top-up text", longest.qr_text, top_up_mode, options.level)?;
    let pay_version = version("pay code text", longest.pay_qr_text, Mode::Alphanumeric, Level::M)?;
    let mut arranged = arrange(layout, text, (top_up_version, pay_version), Dots::of(options))?;
    let mut warnings = Vec::new();
    let pay_side = arranged.back.as_ref().unwrap_or(&arranged.front);
    let mut of = |kind, square: &Option<Square>, version, (level, mode)| {
        let square = square.as_ref().expect("every arrangement places both codes");
        let code = code_plan(square, version, (level, mode), Dots::of(options));
        warn(kind, &code, options.dpi, &mut warnings);
        code
    };
    let top_up = of(CodeKind::TopUp, &arranged.front.top_up, top_up_version, (options.level, top_up_mode));
    let pay = of(CodeKind::Pay, &pay_side.pay, pay_version, (Level::M, Mode::Alphanumeric));
    warnings.extend(check_on_page(layout, options, &arranged)?);
    warnings.append(&mut arranged.warnings);
    warnings.extend(check_edge(layout));
    warnings.extend(check_margin(layout));
    if let (Some(logo), Some(area)) = (&text.logo, arranged.front.logo) {
        warnings.extend(logo.warning(area.width));
    }
    Ok(Plan {
        top_up,
        pay,
        warnings,
        layout: layout.clone(),
        text: text.clone(),
        options: options.clone(),
        arranged,
    })
}

/// Every layout with what some codes would be on it.
#[must_use]
pub fn list<'l>(
    layouts: impl IntoIterator<Item = &'l Layout>,
    text: &SheetText,
    longest: &Longest<'_>,
    options: &Options,
) -> Vec<Listing<'l>> {
    layouts.into_iter().map(|layout| Listing { layout, plan: plan(layout, text, longest, options) }).collect()
}

/// The same for the usual codes, while there is no batch: 84 bytes to top up, a link of 45 characters to pay. What is
/// so in some languages only is said of those.
#[must_use]
pub fn list_usual<'l>(layouts: impl IntoIterator<Item = &'l Layout>) -> Vec<Listing<'l>> {
    let qr_text = "x".repeat(84);
    let pay_qr_text = format!("HTTPS://{}/W/{PAY_CODE_PREFIX}{}", "X".repeat(15), "0".repeat(16));
    let longest = Longest { qr_text: &qr_text, pay_qr_text: &pay_qr_text };
    layouts.into_iter().map(|layout| Listing { layout, plan: usual(layout, &longest) }).collect()
}

/// In the first language that fits, with what the others have to say besides.
fn usual(layout: &Layout, longest: &Longest<'_>) -> Result<Plan, Refusal> {
    let in_each: Vec<Result<Plan, Refusal>> = Language::ALL
        .iter()
        .map(|language| {
            let (event_name, merchant) = ("Festival".to_owned(), "Festival vzw".to_owned());
            let text = SheetText {
                event_name,
                merchant,
                language: *language,
                fixed_amount: None,
                spends: false,
                logo: None,
                colour: None,
            };
            plan(layout, &text, longest, &Options::default())
        })
        .collect();
    let fitting = in_each.iter().find(|plan| plan.is_ok());
    let mut usual = fitting.or(in_each.first()).expect("there are languages").clone()?;
    let mut remarks: Vec<(String, Vec<&str>)> = Vec::new();
    for (language, plan) in Language::ALL.iter().zip(in_each) {
        for remark in plan.map_or_else(|refusal| vec![refusal.to_string()], |plan| plan.warnings) {
            match remarks.iter_mut().find(|(said, _)| *said == remark) {
                Some((_, languages)) => languages.push(language.as_str()),
                None => remarks.push((remark, vec![language.as_str()])),
            }
        }
    }
    let said = |(remark, languages): (String, Vec<&str>)| match languages.len() {
        all if all == Language::ALL.len() => remark,
        _ => format!("in {}: {remark}", languages.join(", ")),
    };
    usual.warnings = remarks.into_iter().map(said).collect();
    Ok(usual)
}

fn version(what: &str, text: &str, mode: Mode, level: Level) -> Result<i16, Refusal> {
    version_for(text, mode, level).ok_or_else(|| {
        let fits = |bytes: usize| version_for(&"A".repeat(bytes), mode, level).is_some();
        let bytes_max = (1..text.len()).rev().find(|bytes| fits(*bytes)).unwrap_or(0);
        debug_assert!(version_for(&"A".repeat(bytes_max + 1), mode, level).is_none(), "up to {VERSION_MAX}");
        Refusal::CodeTooLong { what: what.into(), bytes: text.len(), bytes_max }
    })
}

fn code_plan(square: &Square, version: i16, (level, mode): (Level, Mode), dots: Option<Dots>) -> CodePlan {
    let dots = dots.and_then(|dots| dots.exactly(square.module));
    CodePlan { version, modules: modules_of(version), level, mode, module: square.module, dots }
}

/// Bands are cut from a roll, which is never cut exactly.
fn check_edge(layout: &Layout) -> Option<String> {
    let across = layout.cell.0.at_most(layout.cell.1);
    let least = if across < BAND_WIDE { BAND_EDGE_NARROW } else { BAND_EDGE };
    let (name, edge) = (&layout.name, layout.edge);
    (layout.kind == Kind::Band && edge < least).then(|| {
        format!("{name} prints up to {edge} from the edges: below {least} a band cut askew loses codes")
    })
}

/// Sheets are cut by their marks, which not every printer prints so near to the edge of the page.
fn check_margin(layout: &Layout) -> Option<String> {
    let Layout { name, page, first, pitch, cell, columns, rows, .. } = layout;
    let right = page.0 - (first.0 + pitch.0 * (columns - 1) + cell.0);
    let bottom = page.1 - (first.1 + pitch.1 * (rows - 1) + cell.1);
    let margin = first.0.at_most(first.1).at_most(right).at_most(bottom);
    (layout.marks == Marks::Cut && margin < PRINTER_MARGIN).then(|| {
        format!("{name} is cut {margin} from the edge of the page: take a printer that prints as near to it as that")
    })
}

/// Refuses a nudge and scale that push a code off the page, and says of cells that reach beyond it.
fn check_on_page(layout: &Layout, options: &Options, arranged: &Arranged) -> Result<Option<String>, Refusal> {
    let (width, height) = cell_size(layout);
    let cell = Area { x: Length::ZERO, y: Length::ZERO, width, height };
    let mut worst: Option<(Length, &str)> = None;
    let sides: [(bool, Option<&Side>); 2] = [(false, Some(&arranged.front)), (true, arranged.back.as_ref())];
    for (reverse, side) in sides {
        let Some(side) = side else { continue };
        for index in 0..layout.per_page() {
            let beyond = |area: &Area| beyond_page(layout, options, &on_page(layout, index, reverse, area));
            for (code, square) in [(CodeKind::TopUp, &side.top_up), (CodeKind::Pay, &side.pay)] {
                if let Some((over, edge)) = square.as_ref().and_then(|square| beyond(&square.dark())) {
                    return Err(Refusal::OffPage { what: code.to_string(), over, edge });
                }
            }
            for (what, area) in side.words() {
                if let Some((over, edge)) = beyond(&area) {
                    return Err(Refusal::OffPage { what: what.to_owned(), over, edge });
                }
            }
            let over_edge = beyond(&cell);
            // A page of its own is cut where the piece ends; on a sheet the stock ends there by itself.
            if let Some((over, edge)) = over_edge.filter(|_| layout.marks == Marks::Crop) {
                return Err(Refusal::OffPage { what: "piece".to_owned(), over, edge });
            }
            worst = worst.max(over_edge);
        }
    }
    Ok(worst.map(|(over, edge)| {
        format!("with this nudge and scale cells reach up to {over} beyond the {edge} of the page")
    }))
}

/// By how much an area leaves the page once it is nudged and scaled, and where most.
fn beyond_page(layout: &Layout, options: &Options, area: &Area) -> Option<(Length, &'static str)> {
    let scaled = |length: Length| options.scaled(length);
    let (nudge_x, nudge_y) = (options.nudge_x, options.nudge_y);
    [
        (-(scaled(area.x) + nudge_x), "left"),
        (scaled(area.right()) + nudge_x - layout.page.0, "right"),
        (-(scaled(area.y) + nudge_y), "top"),
        (scaled(area.bottom()) + nudge_y - layout.page.1, "bottom"),
    ]
    .into_iter()
    .filter(|(over, _)| *over > Length::ZERO)
    .max()
}

fn warn(kind: CodeKind, code: &CodePlan, dpi: Option<u32>, warnings: &mut Vec<String>) {
    if code.module < MODULE_GOOD {
        warnings.push(format!(
            "the {kind}'s modules are {}: below {MODULE_GOOD} some phones read slowly (never below {MODULE_LEAST})",
            code.module
        ));
    }
    if let (Some(dpi), None) = (dpi, code.dots) {
        warnings.push(format!(
            "the {kind}'s modules of {} are no whole number of dots at {dpi} dpi: whole dots would be below \
             {MODULE_LEAST}, so edges may print unevenly",
            code.module
        ));
    }
}

/// Refuses texts of an event that can't be printed on anything: empty, too long, with characters the font lacks.
pub fn check_text(text: &SheetText) -> Result<(), Refusal> {
    check_line("the event name", &text.event_name, EVENT_CHARS_MAX)?;
    check_line("the merchant", &text.merchant, MERCHANT_CHARS_MAX)
}

fn check_line(what: &'static str, text: &str, chars_max: usize) -> Result<(), Refusal> {
    if !is_name(text, chars_max) {
        return Err(Refusal::Text { what, chars_max });
    }
    font::check(text)
}

/// Refuses what no printer needs.
pub fn check_options(options: &Options) -> Result<(), Refusal> {
    let refused = |option, least: String, most: String| Err(Refusal::Option { option, least, most });
    if options.dpi.is_some_and(|dpi| !(150..=4_800).contains(&dpi)) {
        return refused("dpi", "150".into(), "4800".into());
    }
    if !(950_000..=1_050_000).contains(&options.scale_ppm) {
        return refused("scale", "95 %".into(), "105 %".into());
    }
    let most = Length::mm(20);
    if [options.nudge_x, options.nudge_y].iter().any(|nudge| *nudge > most || *nudge < -most) {
        return refused("nudge", (-most).to_string(), most.to_string());
    }
    Ok(())
}
