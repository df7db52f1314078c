//! The two printed faces: Noto Sans Regular and Bold (SIL Open Font License, which permits embedding), taken
//! from the `notosans` crate. A sheet embeds only the glyphs it uses.

use super::Refusal;
use super::length::Length;
use printpdf::ParsedFont;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use subsetter::GlyphRemapper;

/// One of the two faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Regular,
    Bold,
}

/// Height of capitals and digits, in thousandths of the font size.
pub(crate) const CAP_PERMILLE: i64 = 714;
/// From the top of a line to its baseline: room for an accent on a capital.
pub(crate) const ASCENT_PERMILLE: i64 = 950;
/// From the baseline down to the tails of J and Q in bold.
pub(crate) const DESCENT_PERMILLE: i64 = 220;
/// From one line to the next.
pub(crate) const LINE_PERMILLE: i64 = 1_220;

struct Loaded {
    bytes: &'static [u8],
    parsed: ParsedFont,
}

fn load(bytes: &'static [u8]) -> Loaded {
    let parsed = ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).expect("the crate ships a valid font");
    Loaded { bytes, parsed }
}

static REGULAR: LazyLock<Loaded> = LazyLock::new(|| load(notosans::REGULAR_TTF));
static BOLD: LazyLock<Loaded> = LazyLock::new(|| load(notosans::BOLD_TTF));

impl Face {
    /// Name of the font among a page's resources.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Face::Regular => "Rg",
            Face::Bold => "Bd",
        }
    }

    fn loaded(self) -> &'static Loaded {
        match self {
            Face::Regular => &REGULAR,
            Face::Bold => &BOLD,
        }
    }

    /// Width of a line of text. Characters the font lacks count nothing: [`check`] has refused them before.
    pub(crate) fn width(self, text: &str, size: Length) -> Length {
        let font = &self.loaded().parsed;
        let units: i64 = text
            .chars()
            .filter_map(|c| font.lookup_glyph_index(u32::from(c)))
            .filter_map(|glyph| font.get_glyph_width(glyph))
            .map(i64::from)
            .sum();
        size * units / i64::from(font.units_per_em)
    }
}

/// Refuses a text with a character that the printed font lacks.
pub fn check(text: &str) -> Result<(), Refusal> {
    let lacks = |c: &char| {
        [Face::Regular, Face::Bold]
            .iter()
            .any(|f| f.loaded().parsed.lookup_glyph_index(u32::from(*c)).is_none())
    };
    match text.chars().find(lacks) {
        Some(character) => Err(Refusal::Character { character, text: text.to_owned() }),
        None => Ok(()),
    }
}

/// A face reduced to some characters, as it is embedded.
pub(crate) struct Subset {
    /// For printpdf; holds the reduced font and its mapping.
    pub(crate) parsed: ParsedFont,
    codes: BTreeMap<char, u16>,
}

impl Subset {
    pub(crate) fn new(face: Face, characters: &BTreeSet<char>) -> Subset {
        let Loaded { bytes, parsed } = face.loaded();
        let mut remapper = GlyphRemapper::new();
        let codes: BTreeMap<char, u16> = characters
            .iter()
            .filter_map(|c| Some((*c, remapper.remap(parsed.lookup_glyph_index(u32::from(*c))?))))
            .collect();
        let reduced = subsetter::subset(bytes, 0, &remapper).expect("the crate ships a valid font");
        let mut font =
            ParsedFont::from_bytes(&reduced, 0, &mut Vec::new()).expect("a subset is a valid font");
        for (character, code) in &codes {
            font.set_codepoint_mapping(u32::from(*character), *code);
        }
        // Six capitals and a plus sign mark a subset (ISO 32000-1, 9.6.4).
        font.font_name = Some(match face {
            Face::Regular => "PBREGU+NotoSans-Regular".to_owned(),
            Face::Bold => "PBBOLD+NotoSans-Bold".to_owned(),
        });
        Subset { parsed: font, codes }
    }

    /// The characters it holds.
    pub(crate) fn characters(&self) -> String {
        self.codes.keys().collect()
    }

    /// A text as a PDF string of two-byte glyph numbers.
    pub(crate) fn hex(&self, text: &str) -> String {
        let code = |c: char| self.codes.get(&c).copied().unwrap_or(0);
        let digits: String = text.chars().map(|c| format!("{:04X}", code(c))).collect();
        format!("<{digits}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_of_the_four_languages_are_there_and_what_is_missing_is_named() {
        check("Café Zürich, œuvre ’t “Straße” – € 12,50 Łódź Ñ …").expect("in the font");
        let refusal = check("Bière 🍺").expect_err("no emoji");
        assert_eq!(refusal, Refusal::Character { character: '🍺', text: "Bière 🍺".into() });
    }

    #[test]
    fn a_subset_is_small_and_numbers_its_glyphs() {
        let subset = Subset::new(Face::Bold, &"K7QM-3XR9".chars().collect());
        assert!(subset.parsed.original_bytes.len() < 12_000, "{}", subset.parsed.original_bytes.len());
        assert_eq!(subset.hex("77"), format!("<{0}{0}>", &subset.hex("7")[1..5]));
        assert_ne!(subset.hex("K"), subset.hex("7"));
    }
}
