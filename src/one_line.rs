//! What may stand in a name that people read on one line.

use std::iter;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// True for a name of at most so many characters that stays on its line, and of which something can be seen.
pub(crate) fn is_name(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && text.chars().any(is_seen) && !text.contains(breaks_a_line)
}

/// True for what breaks the line, or turns the direction in which everything after it is read.
fn breaks_a_line(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// False for blanks, and for what only tells how the letters beside it are drawn (Unicode's
/// `Default_Ignorable_Code_Point`).
fn is_seen(letter: char) -> bool {
    let is_blank = letter.is_whitespace() || letter.is_control() || letter == '\u{2800}';
    let is_ignorable = matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !is_blank && !is_ignorable
}

/// Without accents, as bank apps and file systems take a text: `Fête d'été` becomes `Fete d'ete`. What is no letter of
/// theirs stays.
pub(crate) fn plain_letters(text: &str) -> String {
    let plain = |letter: char| match letter {
        'ß' => "ss".to_owned(),
        'æ' => "ae".to_owned(),
        'Æ' => "AE".to_owned(),
        'œ' => "oe".to_owned(),
        'Œ' => "OE".to_owned(),
        'ø' => "o".to_owned(),
        'Ø' => "O".to_owned(),
        '’' | '‘' => "'".to_owned(),
        '–' | '—' => "-".to_owned(),
        '&' => "+".to_owned(),
        other => iter::once(other).nfd().filter(|part| !is_combining_mark(*part)).collect(),
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_neither_ends_its_line_nor_turns_what_follows() {
        for wrong in
            ['\n', '\0', '\u{2028}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']
        {
            assert!(!is_name(&format!("a{wrong}b"), 60), "{wrong:?}");
        }
        // Joiners belong to the spelling of Persian and of many emoji, and Arabic needs no marks to be read.
        assert!(is_name("Café Noël 🧑\u{200d}🍳 مقهى", 60));
    }

    #[test]
    fn of_a_name_something_is_seen() {
        let unseen = [
            "",
            " ",
            "\u{a0}",
            "\u{200b}",
            "\u{200d}\u{2060}",
            "\u{feff} \u{ad}",
            "\u{3164}",
            "\u{2800}",
            "\u{e0020}",
        ];
        for wrong in unseen {
            assert!(!is_name(wrong, 60), "{wrong:?}");
        }
        assert!(is_name("\u{200b}1", 2) && !is_name("123", 2));
    }
}
