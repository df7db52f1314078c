//! Whatever a scanner or a person brings: ours, mistyped, or foreign, and never a panic.

use crate::codes::{Code, Reference, Serial};
use crate::media::{CodeKind, Scanned, scan};
use crate::payments::tests::world::{PROFILE, test_keys};
use crate::providers::{ProfileId, ServiceUrl};
use crate::secrets::{KeyFile, new_batch_key};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn hosts() -> Vec<ServiceUrl> {
    ["https://polsband.example", "http://127.0.0.1:8080/festival", "https://pay.example/bank"]
        .map(|url| ServiceUrl::parse(url).unwrap())
        .into()
}

struct Codes {
    keys: KeyFile,
    reference: String,
    serial: String,
    pay: String,
}

impl Codes {
    fn draw() -> Codes {
        let mut random = StdRng::seed_from_u64(11);
        let reference = Reference::draw(&mut random).as_str().to_owned();
        let serial = Serial::draw(&mut random).as_str().to_owned();
        let pay = new_batch_key().pay_code(crate::ids::MediumId::new()).reveal().to_owned();
        Codes { keys: test_keys(), reference, serial, pay }
    }

    fn scan(&self, text: &str) -> Scanned {
        scan(&self.keys, text, &hosts())
    }

    fn ours(&self, kind: CodeKind, profile: Option<&str>) -> Scanned {
        let text = match kind {
            CodeKind::Reference => &self.reference,
            CodeKind::Serial => &self.serial,
            CodeKind::Pay => &self.pay,
        };
        let hash = self.keys.code_hash(kind.as_str(), text);
        Scanned::Code { hash, kind, profile: profile.map(|id| ProfileId(id.to_owned())) }
    }
}

#[test]
fn codes_are_read_however_they_are_typed() {
    let codes = Codes::draw();
    for (kind, text) in [
        (CodeKind::Reference, &codes.reference),
        (CodeKind::Serial, &codes.serial),
        (CodeKind::Pay, &codes.pay),
    ] {
        let ours = codes.ours(kind, None);
        let spaced: String = text.chars().flat_map(|c| [c, ' ']).collect();
        let (front, back) = text.split_at(4);
        for typed in [
            text.clone(),
            text.to_lowercase(),
            text.replace('0', "O").replace('1', "I"),
            text.replace('0', "o").replace('1', "l").to_lowercase(),
            text.replace('1', "L"),
            format!("{front}-{back}"),
            format!(" {front} {back}\r\n"),
            format!("\t{text}\t"),
            spaced,
        ] {
            assert_eq!(codes.scan(&typed), ours, "{typed:?}");
        }
    }
}

#[test]
fn links_of_ours_are_read_in_any_case() {
    let codes = Codes::draw();
    let Codes { reference, pay, serial, .. } = &codes;
    let pays = codes.ours(CodeKind::Pay, None);
    for link in [
        format!("https://polsband.example/w/{pay}"),
        format!("HTTPS://POLSBAND.EXAMPLE/W/{pay}"),
        format!("Https://Polsband.Example/w/{}", pay.to_lowercase()),
        format!("http://127.0.0.1:8080/festival/w/{pay}"),
        format!(" https://polsband.example/w/{pay}\n"),
    ] {
        assert_eq!(codes.scan(&link), pays, "{link}");
    }
    let adds = codes.ours(CodeKind::Reference, None);
    assert_eq!(codes.scan(&format!("https://polsband.example/t/{reference}")), adds);
    assert_eq!(codes.scan(&format!("HTTPS://POLSBAND.EXAMPLE/T/{reference}")), adds);
    let (last, other) = (reference.chars().last().unwrap(), &reference[..14]);
    let wrong = format!("https://polsband.example/t/{other}{}", if last == '0' { '1' } else { '0' });
    assert_eq!(codes.scan(&wrong), Scanned::Mistyped);
    // A pay code adds no money and a reference opens no wallet; nothing else stands behind our links.
    for link in [
        format!("https://polsband.example/t/{pay}"),
        format!("https://polsband.example/w/{reference}"),
        format!("https://polsband.example/w/{serial}"),
        format!("https://polsband.example/w/{pay}?next=https://evil.example"),
        format!("https://polsband.example/w/{pay}#x"),
        format!("https://polsband.example/w/{pay}/"),
        format!("https://polsband.example/x/{pay}"),
        "https://polsband.example/w/".to_owned(),
        "https://polsband.example/".to_owned(),
        "https://polsband.example".to_owned(),
    ] {
        assert!(matches!(codes.scan(&link), Scanned::Foreign(_)), "{link}");
    }
}

#[test]
fn top_up_codes_are_read_with_the_profile_they_pay_to() {
    let codes = Codes::draw();
    let Codes { reference, serial, pay, .. } = &codes;
    for host in [
        "https://pay.bancontact.net",
        "https://payconiq.com",
        "HTTPS://PAY.BANCONTACT.NET",
        "https://pay.example/bank",
    ] {
        for query in
            [format!("D={serial}&R={reference}"), format!("A=250&R={reference}"), format!("R={reference}")]
        {
            let text = format!("{host}/t/1/{PROFILE}?{query}");
            assert_eq!(codes.scan(&text), codes.ours(CodeKind::Reference, Some(PROFILE)), "{text}");
        }
    }
    let foreign = "000000000000000000000001";
    let text = format!("https://pay.bancontact.net/t/1/{foreign}?R={reference}");
    assert_eq!(
        codes.scan(&text),
        codes.ours(CodeKind::Reference, Some(foreign)),
        "a counterfeit names its profile"
    );
    for text in [
        format!("https://pay.bancontact.net/t/1/{PROFILE}"),
        format!("https://pay.bancontact.net/t/1/{PROFILE}?R=R1"),
        format!("https://pay.bancontact.net/t/1/{PROFILE}?R={pay}"),
        format!("https://pay.bancontact.net/t/1/{PROFILE}?R={serial}"),
        format!("https://pay.bancontact.net/t/1/{PROFILE}?R={reference}&R={reference}"),
        format!("https://pay.bancontact.net/t/1/{PROFILE}?R=%GG"),
        format!("https://pay.bancontact.net/t/2/{PROFILE}?R={reference}"),
        format!("https://pay.bancontact.net/t/1/XYZ?R={reference}"),
    ] {
        assert!(matches!(codes.scan(&text), Scanned::Foreign(_)), "{text}");
    }
}

#[test]
fn everything_else_is_foreign_or_mistyped() {
    let codes = Codes::draw();
    let Codes { reference, pay, serial, .. } = &codes;
    for text in [
        String::new(),
        " ".to_owned(),
        "\0".to_owned(),
        "-".to_owned(),
        "://".to_owned(),
        "hello".to_owned(),
        "5410228141525".to_owned(),
        "BE71 0961 2345 6769".to_owned(),
        "é".repeat(8),
        "\u{1F37A}\u{1F37A}".to_owned(),
        "１２３４５６７８".to_owned(),
        format!("{reference}{serial}"),
        pay.replace("PB1", "PB2"),
        format!("{pay}0"),
        format!("https://polsband.example.evil.example/w/{pay}"),
        format!("https://polsband.example@evil.example/w/{pay}"),
        format!("https://polsband.example:444/w/{pay}"),
        format!("http://polsband.example/w/{pay}"),
        format!("https://evil.example/https://polsband.example/w/{pay}"),
        format!("https://evil.example/t/{reference}"),
        format!("https://pay.bancontact.net.evil.example/t/1/{PROFILE}?R={reference}"),
        format!("https://pay.bancontact.net@evil.example/t/1/{PROFILE}?R={reference}"),
        "javascript://polsband.example/%0aalert(1)".to_owned(),
        format!("https://polsband.exampl\u{0435}/w/{pay}"),
        "x".repeat(257),
        format!("{}{serial}", " ".repeat(256)),
        "https://polsband.example/".repeat(4_000),
    ] {
        assert!(matches!(codes.scan(&text), Scanned::Foreign(_)), "{text:?}");
    }
    let swapped = |text: &str| {
        let mut symbols = text.as_bytes().to_vec();
        symbols[2] = if symbols[2] == b'Z' { b'Y' } else { b'Z' };
        String::from_utf8(symbols).unwrap()
    };
    for text in [swapped(reference), swapped(serial)] {
        assert_eq!(Code::parse(&text), Some(Code::Mistyped));
        assert_eq!(codes.scan(&text), Scanned::Mistyped, "{text}");
    }
}

#[test]
fn a_code_of_another_installation_has_another_hash() {
    let (ours, theirs) = (Codes::draw(), test_keys());
    assert_ne!(scan(&theirs, &ours.pay, &hosts()), ours.ours(CodeKind::Pay, None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_text_makes_a_scanner_panic(text in "(https?://(polsband\\.example|pay\\.bancontact\\.net|[a-z.]{0,9})(/[wtWT])?/?)?\\PC{0,60}") {
        let _ = scan(&KEYS, &text, &HOSTS);
    }
}

static KEYS: std::sync::LazyLock<KeyFile> = std::sync::LazyLock::new(test_keys);
static HOSTS: std::sync::LazyLock<Vec<ServiceUrl>> = std::sync::LazyLock::new(hosts);
