//! The codes people see and scan: references, serials and pay codes.
//!
//! All three are written in Crockford's base 32 (digits and capitals without I, L, O and U), so that they
//! survive handwriting and fit a QR's alphanumeric mode. References and serials end in a check character:
//! Luhn's sum over the same 32 symbols, because Crockford's own check uses symbols outside them.
//! Typing is forgiven: lower case, O for 0, I or L for 1, spaces and dashes.
//!
//! | code | length | can |
//! |---|---|---|
//! | reference | 15 = 14 random (70 bits) + check | be paid onto by anyone |
//! | serial | 8 = 7 random + check | be read out at the help desk |
//! | pay code | `PB1` + 16 (80 bits) | spend |

use rand::Rng;
use std::fmt;

/// Crockford's 32 symbols in order of value.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What every pay code starts with.
pub const PAY_CODE_PREFIX: &str = "PB1";

const REFERENCE_CHARS: usize = 15;
const SERIAL_CHARS: usize = 8;
const PAY_CODE_CHARS: usize = 16;
/// What is still taken for a pay code typed in groups, with a slip or two in it.
const TYPED_CHARS_MAX: usize = PAY_CODE_PREFIX.len() + PAY_CODE_CHARS + 2;
const SHORT_CHARS: usize = 8;

/// Longest text that is looked at as a scanned or typed code, in bytes.
pub const SCAN_BYTES_MAX: usize = 256;

/// The public top-up reference inside a printed QR. Whoever knows it can add money, never spend it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

/// The short number printed for people; identifies a medium, can't pay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(String);

/// The secret that spends. Neither `Debug` nor logs show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PayCode(String);

/// A text in the shape of one of our codes. Whether it exists is for the database to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Code {
    /// A reference whose check character holds.
    Reference(Reference),
    /// A serial whose check character holds.
    Serial(Serial),
    /// A pay code.
    Pay(PayCode),
    /// The length and symbols of a reference or serial, but a wrong check character: a typing error.
    Mistyped,
}

impl Code {
    /// Reads a bare code, forgiving what people type. `None`: nothing of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Code> {
        if text.len() > SCAN_BYTES_MAX {
            return None;
        }
        let typed = normalise(text)?;
        match typed.len() {
            REFERENCE_CHARS if check_holds(&typed) => Some(Code::Reference(Reference(typed))),
            SERIAL_CHARS if check_holds(&typed) => Some(Code::Serial(Serial(typed))),
            REFERENCE_CHARS | SERIAL_CHARS => Some(Code::Mistyped),
            n if n == PAY_CODE_PREFIX.len() + PAY_CODE_CHARS && typed.starts_with(PAY_CODE_PREFIX) => {
                Some(Code::Pay(PayCode(typed)))
            }
            _ => None,
        }
    }
}

impl Reference {
    /// Draws a new one.
    pub fn draw(random: &mut impl Rng) -> Reference {
        Reference(draw_checked(random, REFERENCE_CHARS))
    }

    /// Reads a reference; `None` when the shape or the check character is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Reference> {
        match Code::parse(text) {
            Some(Code::Reference(reference)) => Some(reference),
            _ => None,
        }
    }

    /// The 15 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A reference read back from our own database, where only checked ones are written.
    #[must_use]
    pub fn from_stored(text: String) -> Reference {
        Reference(text)
    }
}

impl Serial {
    /// Draws a new one.
    pub fn draw(random: &mut impl Rng) -> Serial {
        Serial(draw_checked(random, SERIAL_CHARS))
    }

    /// The 8 characters without a dash, as they stand in files and in a QR's description.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As printed for people: `K7QM-3XR9`.
    #[must_use]
    pub fn grouped(&self) -> String {
        grouped(&self.0)
    }

    /// What a bar's screen shows of it.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.0[SERIAL_CHARS / 2..]
    }

    /// A serial read back from our own database, where only checked ones are written.
    #[must_use]
    pub fn from_stored(text: String) -> Serial {
        Serial(text)
    }
}

impl PayCode {
    /// The pay code for 80 derived bits.
    #[must_use]
    pub fn from_bits(bits: [u8; 10]) -> PayCode {
        let mut text = String::with_capacity(PAY_CODE_PREFIX.len() + PAY_CODE_CHARS);
        text.push_str(PAY_CODE_PREFIX);
        let number = bits.iter().fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
        for place in (0..PAY_CODE_CHARS).rev() {
            text.push(symbol(((number >> (5 * place)) & 31) as usize));
        }
        PayCode(text)
    }

    /// The code itself. Only sheets, files for print shops and look-ups may ask for it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether a text holds what could be a pay code, bare or in a link, or is one that was typed in groups: a scanner types
/// into whatever field has the focus, and what people write is kept and shown.
#[must_use]
pub fn holds_pay_code(text: &str) -> bool {
    let plain: String = text.trim().chars().map(as_symbol).collect();
    let typed = normalise(text).filter(|typed| typed.len() <= TYPED_CHARS_MAX);
    plain.match_indices(PAY_CODE_PREFIX).any(|(at, _)| begins_with_pay_code(&plain[at..]))
        || typed.is_some_and(|typed| begins_with_pay_code(&typed))
}

/// The same text without what could be a pay code, and without the link around one; what was written before it stays.
#[must_use]
pub fn without_pay_codes(text: &str) -> String {
    let kept: String = text.split_inclusive(char::is_whitespace).map(before_pay_code).collect();
    // One that was typed in groups is no single word.
    if holds_pay_code(&kept) { String::new() } else { kept.trim().to_owned() }
}

/// What stands in a word before a pay code: all of it, where there is none.
fn before_pay_code(word: &str) -> &str {
    const CHARS: usize = PAY_CODE_PREFIX.len() + PAY_CODE_CHARS;
    let begins = |(at, _): &(usize, char)| {
        begins_with_pay_code(&word[*at..].chars().take(CHARS).map(as_symbol).collect::<String>())
    };
    let Some((at, _)) = word.char_indices().find(begins) else { return word };
    let before = &word[..at];
    let link = before.to_ascii_lowercase().find("http");
    link.map_or(before, |link| &before[..link])
}

fn begins_with_pay_code(text: &str) -> bool {
    let rest = text.strip_prefix(PAY_CODE_PREFIX).map(str::as_bytes).unwrap_or_default();
    rest.len() >= PAY_CODE_CHARS && rest[..PAY_CODE_CHARS].iter().all(|symbol| ALPHABET.contains(symbol))
}

/// Why such a text is refused.
pub const PAY_CODE_IN_TEXT: &str = "this holds a pay code, which is a secret that spends: write it without";

/// Draws an enrolment code: 8 random symbols, 40 bits, good for 15 minutes and one use.
pub fn draw_enrolment_code(random: &mut impl Rng) -> String {
    draw_short(random)
}

/// Reads a typed enrolment code into the form it was drawn in.
#[must_use]
pub fn parse_enrolment_code(text: &str) -> Option<String> {
    parse_short(text)
}

/// Draws the code that undoes a visitor's own freeze: 8 random symbols, 40 bits, good once, tried a few times a minute.
pub fn draw_unfreeze_code(random: &mut impl Rng) -> String {
    draw_short(random)
}

/// Reads a typed unfreeze code into the form it was drawn in.
#[must_use]
pub fn parse_unfreeze_code(text: &str) -> Option<String> {
    parse_short(text)
}

/// Draws a recovery code of an operator: 8 random symbols, 40 bits, good once, tried a few times a minute.
pub fn draw_recovery_code(random: &mut impl Rng) -> String {
    draw_short(random)
}

/// Reads a typed recovery code into the form it was drawn in.
#[must_use]
pub fn parse_recovery_code(text: &str) -> Option<String> {
    parse_short(text)
}

/// A short code in two groups, as people read and type it: `K7QM-3XR9`.
#[must_use]
pub fn grouped(short: &str) -> String {
    let (front, back) = short.split_at_checked(SHORT_CHARS / 2).unwrap_or((short, ""));
    format!("{front}-{back}")
}

fn draw_short(random: &mut impl Rng) -> String {
    (0..SHORT_CHARS).map(|_| draw_symbol(random)).collect()
}

fn parse_short(text: &str) -> Option<String> {
    let typed = (text.len() <= SCAN_BYTES_MAX).then(|| normalise(text)).flatten()?;
    (typed.len() == SHORT_CHARS).then_some(typed)
}

fn symbol(value: usize) -> char {
    char::from(ALPHABET[value])
}

fn draw_symbol(random: &mut impl Rng) -> char {
    symbol((random.next_u32() & 31) as usize)
}

/// Upper case, without spaces and dashes, O as 0, I and L as 1; `None` when another symbol is left.
fn normalise(text: &str) -> Option<String> {
    text.trim()
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(as_symbol)
        .map(|c| (c.is_ascii() && ALPHABET.contains(&(c as u8))).then_some(c))
        .collect()
}

/// The symbol that people mean by a character: upper case, O as 0, I and L as 1; any other as it is.
fn as_symbol(c: char) -> char {
    match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    }
}

fn draw_checked(random: &mut impl Rng, chars: usize) -> String {
    loop {
        let mut text: String = (1..chars).map(|_| draw_symbol(random)).collect();
        text.push(check_character(&text));
        if !a_spreadsheet_would_change(&text) {
            return text;
        }
    }
}

/// Months that the alphabet can spell (it has no I, L, O and U), as a spreadsheet knows them in English.
const MONTHS: [&str; 7] = ["JAN", "FEB", "MAR", "APR", "MAY", "SEP", "DEC"];

/// All digits lose their leading zeros in a spreadsheet, digits-E-digits become a power of ten, and digits around the
/// name of a month a date.
pub(crate) fn a_spreadsheet_would_change(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let apart = |middle: &str| text.split_once(middle).is_some_and(|(a, b)| digits(a) && digits(b));
    digits(text) || apart("E") || MONTHS.iter().any(|month| apart(month))
}

fn value(symbol: u8) -> usize {
    ALPHABET.iter().position(|s| *s == symbol).expect("only symbols of the alphabet reach here")
}

/// Luhn's sum with base 32: from the right every second value is doubled, carries folded back.
fn luhn_sum(text: &str, doubled_first: bool) -> usize {
    let mut double = doubled_first;
    let mut sum = 0;
    for byte in text.bytes().rev() {
        let plain = value(byte);
        sum += if double { (2 * plain) / 32 + (2 * plain) % 32 } else { plain };
        double = !double;
    }
    sum
}

fn check_character(text: &str) -> char {
    symbol((32 - luhn_sum(text, true) % 32) % 32)
}

fn check_holds(text: &str) -> bool {
    luhn_sum(text, false).is_multiple_of(32)
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({})", self.0)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({})", self.0)
    }
}

impl fmt::Debug for PayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn what_is_typed_is_forgiven() {
        let serial = Serial::draw(&mut StdRng::seed_from_u64(7));
        let typed = format!(" {} ", serial.grouped().to_lowercase().replace('0', "o").replace('1', "l"));
        assert_eq!(Code::parse(&typed), Some(Code::Serial(serial)));
    }

    #[test]
    fn texts_of_other_shapes_are_not_ours() {
        for text in [
            "",
            "HELLO",
            "UUUUUUUU",
            "PB2ABCDEFGHJKMNPQRS",
            "https://example.org/",
            "\u{1F37A}",
            "é23456789012345",
        ] {
            assert_eq!(Code::parse(text), None, "{text} was taken");
        }
        assert_eq!(Code::parse(&"0".repeat(SCAN_BYTES_MAX + 1)), None);
    }

    #[test]
    fn a_pay_code_does_not_show_itself() {
        let code = PayCode::from_bits([0xff; 10]);
        assert_eq!(code.reveal(), "PB1ZZZZZZZZZZZZZZZZ");
        assert_eq!(format!("{code:?}"), "PayCode(…)");
    }

    #[test]
    fn a_pay_code_is_found_in_whatever_is_written_around_it() {
        let code = PayCode::from_bits([0x5a; 10]);
        for text in [
            code.reveal().to_owned(),
            format!("lost: {}.", code.reveal().to_ascii_lowercase()),
            format!("HTTPS://FEST.EXAMPLE/W/{}", code.reveal()),
            code.reveal().replace("PB1", "PBI ").replace('B', "b") + "X",
            code.reveal().replace("PB1", "pb1-"),
        ] {
            assert!(holds_pay_code(&text), "{text}");
        }
        let short = &code.reveal()[..18];
        for text in [
            "",
            "PB1",
            "found at bar PB1 by the visitor",
            "PB1 was closed when we got there",
            short,
            "Crème brûlée PB1é",
        ] {
            assert!(!holds_pay_code(text), "{text}");
        }
    }

    #[test]
    fn a_pay_code_is_taken_out_of_what_is_written_around_it() {
        let code = PayCode::from_bits([0x5a; 10]);
        let code = code.reveal();
        for (text, kept) in [
            (code.to_owned(), ""),
            (format!("lost at the gate{code}\r\nby Anna"), "lost at the gate\nby Anna"),
            (format!("lost: {}. And torn", code.to_ascii_lowercase()), "lost: And torn"),
            (format!("torn HTTPS://FEST.EXAMPLE/W/{code}\r\n"), "torn"),
            (format!("{code}{code} twice"), "twice"),
            (code.replace("PB1", "pb1-"), ""),
            ("  found at bar PB1 ".to_owned(), "found at bar PB1"),
            ("Crème brûlée PB1é".to_owned(), "Crème brûlée PB1é"),
        ] {
            assert_eq!(without_pay_codes(&text), kept, "{text}");
        }
    }

    #[test]
    fn codes_a_spreadsheet_would_change_are_recognised() {
        assert!(a_spreadsheet_would_change("12345678"));
        assert!(a_spreadsheet_would_change("123E4567"));
        assert!(!a_spreadsheet_would_change("12E4E567"));
        assert!(!a_spreadsheet_would_change("123F4567"));
        assert!(a_spreadsheet_would_change("1MAR2024"));
        assert!(a_spreadsheet_would_change("DEC20245"));
        assert!(!a_spreadsheet_would_change("1MARS024"));
    }

    proptest! {
        #[test]
        fn drawn_codes_read_back_and_one_wrong_symbol_is_noticed(seed: u64, place in 0usize..15, other in 0usize..32) {
            let reference = Reference::draw(&mut StdRng::seed_from_u64(seed));
            prop_assert_eq!(Reference::parse(reference.as_str()), Some(reference.clone()));
            let mut changed = reference.as_str().as_bytes().to_vec();
            prop_assume!(changed[place] != ALPHABET[other]);
            changed[place] = ALPHABET[other];
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert_eq!(Code::parse(&changed), Some(Code::Mistyped));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,300}") {
            let _ = Code::parse(&text);
        }
    }
}
