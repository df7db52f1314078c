//! What may stand in a name that people read on one line.

/// True for what breaks the line, or turns the direction in which everything after it is read.
pub(crate) fn breaks_a_line(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_neither_ends_its_line_nor_turns_what_follows() {
        for wrong in
            ['\n', '\0', '\u{2028}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']
        {
            assert!(breaks_a_line(wrong), "{wrong:?}");
        }
        // Joiners belong to the spelling of Persian and of many emoji, and Arabic needs no marks to be read.
        assert!(!"Café Noël 🧑\u{200d}🍳 مقهى".contains(breaks_a_line));
    }
}
