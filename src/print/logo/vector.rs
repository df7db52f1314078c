//! SVG drawings as PDF paths. `usvg` resolves styles, shapes and references into plain paths; what remains is to
//! write those down in inks, and to refuse what is more than plain paths.

use super::heard::warnings;
use super::{Drawing, Logo, LogoError, refused};
use crate::print::colour::Colour;
use crate::print::draw::{Content, put};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use usvg::roxmltree::{Document, ParsingOptions};
use usvg::tiny_skia_path::{Path as Outline, PathSegment, Point, Transform};
use usvg::{
    BlendMode, ClipPath, Fill, FillRule, Group, LineCap, LineJoin, Node, Options, Paint, PaintOrder, Path,
    Stroke, Tree,
};

/// Most bytes of path operators; a logo of more is a picture.
const CONTENT_BYTES_MAX: usize = 512 * 1024;
/// Most elements and texts of a file.
const NODES_MAX: u32 = 100_000;
/// Units of the size that are told apart, in a unit of the drawing.
const SIZE_SCALE: i64 = 1_000;

/// Elements that are refused by name, and what to do about them.
const REFUSED: [(&str, &str); 6] = [
    ("text", "turn the text into outlines (paths) before saving"),
    ("image", "it holds a picture: save that as PNG, or draw it as paths"),
    ("filter", "flatten its effects (shadows, blur) into paths"),
    ("mask", "flatten its masks into paths"),
    ("foreignObject", "it holds a page: draw it as paths"),
    ("script", "it holds a script: save it as a plain SVG"),
];

/// Elements that are read, or say nothing of the picture.
const READ: [&str; 26] = [
    "a",
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "g",
    "line",
    "linearGradient",
    "marker",
    "metadata",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "style",
    "svg",
    "switch",
    "symbol",
    "title",
    "use",
    "view",
    "cursor",
];
const SVG_SPACE: &str = "http://www.w3.org/2000/svg";

/// Ways to say things that are passed over or read otherwise here.
const NOT_READ: [&str; 9] = [
    "var(--",
    "@media",
    "@import",
    "@font-face",
    "@supports",
    "@layer",
    "vector-effect",
    "icc-color(",
    "device-cmyk(",
];
/// Shapes and places are read from attributes, not from styles.
const NOT_STYLES: [&str; 16] = [
    "transform",
    "transform-origin",
    "translate",
    "rotate",
    "scale",
    "x",
    "y",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "width",
    "height",
    "d",
    "offset-path",
];
/// Longest remark of the reader that is repeated.
const REMARK_CHARS_MAX: usize = 160;

pub(super) fn read(text: &str) -> Result<Logo, LogoError> {
    // Drawing programs write a document type. The parser fetches none, and bounds what entities may become.
    let options = ParsingOptions { allow_dtd: true, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| LogoError(format!("the SVG can't be read: {error}")))?;
    for element in document.descendants().filter(usvg::roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        // What drawing programs keep for themselves has a namespace of its own.
        if element.tag_name().namespace().is_some_and(|space| space != SVG_SPACE) {
            continue;
        }
        if let Some((_, advice)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return refused(format!("the SVG has a <{name}>: {advice}"));
        }
        if !READ.contains(&name) {
            return refused(format!(
                "the SVG has a <{}>, which would not be printed: take it out",
                shown(name)
            ));
        }
    }
    if document.root().children().any(|node| node.pi().is_some_and(|pi| pi.target == "xml-stylesheet")) {
        return refused("the SVG has a style sheet outside: put its styles into the file");
    }
    if let Some(written) = NOT_READ.iter().find(|word| text.contains(**word)) {
        return refused(format!(
            "the SVG uses {written}, which would print otherwise: export it with plain attributes"
        ));
    }
    check_styles(&document)?;
    check_references(&document, text)?;
    let (tree, remarks) = warnings(|| Tree::from_data_nested(text.as_bytes(), &Options::default()));
    let tree = tree.map_err(|error| LogoError(format!("the SVG can't be read: {error}")))?;
    if let Some(remark) = remarks.first() {
        let remark: String = remark.chars().take(REMARK_CHARS_MAX).collect();
        return refused(format!("something in the SVG would print otherwise than it looks: {remark}"));
    }
    let (width, height) = (decimal(tree.size().width())?, decimal(tree.size().height())?);
    let mut content = Content::new();
    put!(content, "q 0 0 {width} {height} re W n");
    group(&mut content, tree.root())?;
    put!(content, "Q");
    if !content.windows(3).any(|end| end == b" m\n") {
        return refused("the SVG draws nothing");
    }
    let zero = || "0".to_owned();
    let matrix = [part(width)?, zero(), zero(), format!("-{}", part(height)?), zero(), "1".to_owned()];
    let size = (width.to_string(), height.to_string());
    Ok(Logo { size: (units(width)?, units(height)?), drawing: Drawing::Paths { content, size, matrix } })
}

/// Refuses styles that move or shape something.
fn check_styles(document: &Document<'_>) -> Result<(), LogoError> {
    for element in document.descendants().filter(usvg::roxmltree::Node::is_element) {
        // The picture itself may say its size in a style; its view box counts.
        let is_picture = element.tag_name().name() == "svg";
        let own = element.attribute("style").filter(|_| !is_picture).unwrap_or_default();
        let sheet = element.text().filter(|_| element.tag_name().name() == "style").unwrap_or_default();
        for declaration in own.split(';').chain(sheet.split(['{', '}', ';'])) {
            let Some((name, _)) = declaration.split_once(':') else { continue };
            if let Some(name) = NOT_STYLES.iter().find(|known| name.trim().eq_ignore_ascii_case(known)) {
                return refused(format!("the SVG says {name:?} in a style: say it in an attribute"));
            }
        }
    }
    Ok(())
}

/// Refuses what refers to something that is not there: it would be left out without a word.
fn check_references(document: &Document<'_>, text: &str) -> Result<(), LogoError> {
    let elements = || document.descendants().filter(usvg::roxmltree::Node::is_element);
    let is_there = |id: &str| elements().any(|element| element.attribute("id") == Some(id));
    for element in elements() {
        let links = element.attributes().filter(|attribute| attribute.name() == "href");
        for link in links.filter(|_| !["a", "style"].contains(&element.tag_name().name())) {
            if link.value().strip_prefix('#').is_none_or(|id| !is_there(id)) {
                let (name, to) = (element.tag_name().name(), shown(link.value()));
                return refused(format!(
                    "the SVG has a <{name}> of {to:?}, which is not in the file: put it into the file"
                ));
            }
        }
    }
    for part in text.split("url(").skip(1) {
        let end = part.find(')').unwrap_or(part.len());
        let to = part[..end].trim().trim_matches(['"', '\''].as_slice());
        let to = to.strip_prefix("&quot;").and_then(|to| to.strip_suffix("&quot;")).unwrap_or(to);
        if to.strip_prefix('#').is_none_or(|id| !is_there(id)) {
            return refused(format!(
                "the SVG uses {:?}, which is not in the file: put it into the file",
                shown(to)
            ));
        }
    }
    Ok(())
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

fn decimal(number: f32) -> Result<Decimal, LogoError> {
    Decimal::from_f32(number).ok_or_else(|| LogoError("the SVG has a number that is too large".to_owned()))
}

/// One divided by a length, as PDF writes numbers.
fn part(length: Decimal) -> Result<String, LogoError> {
    let part = Decimal::ONE.checked_div(length).map(|part| part.round_dp(12).normalize().to_string());
    part.ok_or_else(|| LogoError("the SVG has no size".to_owned()))
}

fn units(length: Decimal) -> Result<i64, LogoError> {
    let units = length.checked_mul(Decimal::from(SIZE_SCALE)).and_then(|units| units.round().to_i64());
    units
        .filter(|units| (1..=1_000_000_000).contains(units))
        .ok_or_else(|| LogoError("the SVG's size must lie between 0.001 and 1000000 units".to_owned()))
}

fn group(out: &mut Content, group: &Group) -> Result<(), LogoError> {
    if group.opacity().get() < 1.0 {
        return refused("the SVG is partly transparent: give it solid colours");
    }
    if group.mask().is_some() || !group.filters().is_empty() {
        return refused("the SVG has masks or effects: flatten them into paths");
    }
    if group.blend_mode() != BlendMode::Normal {
        return refused("the SVG blends colours into each other: flatten that into solid ones");
    }
    put!(out, "q");
    let mut clip = group.clip_path();
    while let Some(path) = clip {
        clip_to(out, path, group.abs_transform())?;
        clip = path.clip_path();
    }
    for node in group.children() {
        match node {
            Node::Group(inner) => self::group(out, inner)?,
            Node::Path(inner) => path(out, inner)?,
            Node::Image(_) => {
                return refused("the SVG holds a picture: save that as PNG, or draw it as paths");
            }
            Node::Text(_) => return refused("the SVG has text: turn it into outlines (paths) before saving"),
        }
        if out.len() > CONTENT_BYTES_MAX {
            return refused("the SVG is too detailed: simplify its paths, or save it as PNG");
        }
    }
    put!(out, "Q");
    Ok(())
}

/// Narrows what is drawn from here on.
fn clip_to(out: &mut Content, clip: &ClipPath, around: Transform) -> Result<(), LogoError> {
    let base = around.pre_concat(clip.transform());
    let [Node::Path(path)] = clip.root().children() else {
        return refused("the SVG clips with more than one path: flatten its clipping");
    };
    match path.data().clone().transform(base.pre_concat(path.abs_transform())) {
        Some(outline) => segments(out, &outline),
        None => return refused("the SVG has a number that is too large"),
    }
    let is_even_odd = path.fill().is_some_and(|fill| fill.rule() == FillRule::EvenOdd);
    put!(out, "{} n", if is_even_odd { "W*" } else { "W" });
    Ok(())
}

fn path(out: &mut Content, path: &Path) -> Result<(), LogoError> {
    if !path.is_visible() {
        return Ok(());
    }
    let Transform { sx, kx, ky, sy, tx, ty } = path.abs_transform();
    put!(out, "q {sx} {ky} {kx} {sy} {tx} {ty} cm");
    let fill = |out: &mut Content| path.fill().map_or(Ok(()), |fill| filled(out, path.data(), fill));
    let stroke = |out: &mut Content| path.stroke().map_or(Ok(()), |stroke| stroked(out, path.data(), stroke));
    match path.paint_order() {
        PaintOrder::FillAndStroke => {
            fill(out)?;
            stroke(out)?;
        }
        PaintOrder::StrokeAndFill => {
            stroke(out)?;
            fill(out)?;
        }
    }
    put!(out, "Q");
    Ok(())
}

fn filled(out: &mut Content, outline: &Outline, fill: &Fill) -> Result<(), LogoError> {
    put!(out, "{} k", ink(fill.paint(), fill.opacity().get())?.operands());
    segments(out, outline);
    put!(out, "{}", if fill.rule() == FillRule::EvenOdd { "f*" } else { "f" });
    Ok(())
}

fn stroked(out: &mut Content, outline: &Outline, stroke: &Stroke) -> Result<(), LogoError> {
    put!(out, "{} K", ink(stroke.paint(), stroke.opacity().get())?.operands());
    let cap = match stroke.linecap() {
        LineCap::Butt => 0,
        LineCap::Round => 1,
        LineCap::Square => 2,
    };
    let join = match stroke.linejoin() {
        LineJoin::Miter | LineJoin::MiterClip => 0,
        LineJoin::Round => 1,
        LineJoin::Bevel => 2,
    };
    put!(out, "{} w {cap} J {join} j {} M", stroke.width().get(), stroke.miterlimit().get());
    let dashes: Vec<String> = stroke.dasharray().unwrap_or_default().iter().map(f32::to_string).collect();
    put!(out, "[{}] {} d", dashes.join(" "), stroke.dashoffset());
    segments(out, outline);
    put!(out, "S");
    Ok(())
}

fn ink(paint: &Paint, opacity: f32) -> Result<Colour, LogoError> {
    match paint {
        Paint::Color(_) if opacity < 1.0 => refused("the SVG is partly transparent: give it solid colours"),
        Paint::Color(colour) => Ok(Colour::from_rgb(colour.red, colour.green, colour.blue)),
        _ => refused("the SVG has gradients or patterns: give it solid colours, or save it as PNG"),
    }
}

fn segments(out: &mut Content, outline: &Outline) {
    let mut at = Point::zero();
    for segment in outline.segments() {
        match segment {
            PathSegment::MoveTo(to) => put!(out, "{} {} m", to.x, to.y),
            PathSegment::LineTo(to) => put!(out, "{} {} l", to.x, to.y),
            PathSegment::QuadTo(by, to) => {
                let (a, b) = (two_thirds(at, by), two_thirds(to, by));
                put!(out, "{} {} {} {} {} {} c", a.x, a.y, b.x, b.y, to.x, to.y);
            }
            PathSegment::CubicTo(a, b, to) => {
                put!(out, "{} {} {} {} {} {} c", a.x, a.y, b.x, b.y, to.x, to.y);
            }
            PathSegment::Close => put!(out, "h"),
        }
        at = match segment {
            PathSegment::MoveTo(to)
            | PathSegment::LineTo(to)
            | PathSegment::QuadTo(_, to)
            | PathSegment::CubicTo(_, _, to) => to,
            PathSegment::Close => at,
        };
    }
}

/// The control point of a cubic curve that is a quadratic one.
#[expect(clippy::float_arithmetic, reason = "PDF has cubic curves only; these are no lengths of ours")]
fn two_thirds(from: Point, by: Point) -> Point {
    Point::from_xy(from.x + (by.x - from.x) * 2.0 / 3.0, from.y + (by.y - from.y) * 2.0 / 3.0)
}
