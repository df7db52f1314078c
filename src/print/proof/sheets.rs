//! Sheets as PDF.

use super::*;
use crate::money::Cents;
use crate::print::arrange::Square;
use crate::print::{CodeKind, Colour, Kind, Length, Level, Logo, WriteError, calibration_pdf};

/// A code's pixels with its quiet zone, where the layout says it lies on the page.
fn cut_out(
    page: &GrayImage,
    plan: &Plan,
    index: usize,
    reverse: bool,
    square: &Square,
    dpi: u64,
) -> GrayImage {
    let area = on_page(plan.layout(), index, reverse, &square.with_quiet());
    let pixels = |length: Length| u32::try_from(length.as_nm() as u64 * dpi / 25_400_000).expect("a page");
    image::imageops::crop_imm(page, pixels(area.x), pixels(area.y), pixels(area.width), pixels(area.height))
        .to_image()
}

/// Each layout's first sheet and the start of a second. zbar reads whole pages; rqrr, which loses its way
/// among dozens of codes, reads each code by itself, and so tells that each is the one of its place.
fn every_code_reads_back(name: &str, pay: Pay, language: Language) {
    let layout = layout(name);
    let plan = planned(layout, language, pay, &Options::default()).expect("it is printable");
    let per_page = layout.per_page() as u64;
    let count = if per_page == 1 { 3 } else { per_page + 1 };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let pages = rendered(directory.path(), &pdf(&plan, count, pay), 300);
    assert_eq!(pages.len() as u64, plan.pages(count));
    let mut expected = Vec::new();
    for (number, piece) in (0..count).map(|n| (n, piece(n + 1, pay))) {
        let (sheet, index) = ((number / per_page) as usize, (number % per_page) as usize);
        let read = |reverse: bool, square: &Square| {
            let page = if plan.arranged.back.is_some() { 2 * sheet + usize::from(reverse) } else { sheet };
            read_by_rqrr(&cut_out(&pages[page].1, &plan, index, reverse, square, 300))
        };
        let front = &plan.arranged.front;
        let top_up = read(false, front.top_up.as_ref().expect("on the front"));
        assert!(top_up == [piece.qr_text.as_str()], "{name}, piece {}: {top_up:?}", piece.sequence);
        let (reverse, side) = plan.arranged.back.as_ref().map_or((false, front), |back| (true, back));
        let pay = read(reverse, side.pay.as_ref().expect("on the last side"));
        assert!(pay == [piece.pay_qr_text.as_str()], "{name}, piece {}: {pay:?}", piece.sequence);
        expected.extend([piece.qr_text, piece.pay_qr_text]);
    }
    expected.sort();
    let files: Vec<PathBuf> = pages.into_iter().map(|(file, _)| file).collect();
    let mut by_zbar = read_by_zbar(&files);
    by_zbar.sort();
    assert_eq!(by_zbar, expected, "zbar on {name}");
}

macro_rules! sheets {
    ($($test:ident: $name:literal, $pay:ident, $language:ident;)*) => {$(
        #[test]
        fn $test() {
            every_code_reads_back($name, Pay::$pay, Language::$language);
        }
    )*};
}

sheets! {
    every_code_of_avery_l7160_reads_back: "avery-l7160", Link, Dutch;
    every_code_of_avery_l7160_with_bare_pay_codes_reads_back: "avery-l7160", Bare, English;
    every_code_of_avery_l7163_reads_back: "avery-l7163", Link, German;
    every_code_of_avery_l7651_reads_back: "avery-l7651", Link, English;
    every_code_of_avery_c32011_reads_back: "avery-c32011", Link, French;
    every_code_of_avery_5160_reads_back: "avery-5160", Link, French;
    every_code_of_cr80_reads_back: "cr80", Link, German;
    every_code_of_band_25_reads_back: "band-25", Bare, French;
    every_code_of_a4_band_25_reads_back: "a4-band-25", Link, Dutch;
    every_code_of_a4_band_19_reads_back: "a4-band-19", Link, German;
}

/// An event with a logo and a colour of its own.
fn dressed(language: Language) -> SheetText {
    let logo = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><path fill="#0b6e4f"
        d="M5 35L25 5l20 30z"/><circle cx="65" cy="20" r="15" fill="#ffd500" stroke="#000" stroke-width="2"/></svg>"##;
    SheetText {
        logo: Some(Logo::read(logo.as_bytes()).expect("plain paths").into()),
        colour: Some(Colour::parse("#0b6e4f").expect("a colour")),
        ..text(language)
    }
}

#[test]
fn a_logo_and_a_colour_leave_every_code_readable() {
    for layout in layouts().iter().filter(|layout| layout.name() != "avery-l4731") {
        let longest = piece(1, Pay::Link);
        let longest = Longest { qr_text: &longest.qr_text, pay_qr_text: &longest.pay_qr_text };
        let dressed = dressed(Language::French);
        let plan = super::plan(layout, &dressed, &longest, &Options::default()).expect("it is printable");
        let plain =
            planned(layout, Language::French, Pay::Link, &Options::default()).expect("it is printable");
        assert_eq!((&plan.top_up, &plan.pay), (&plain.top_up, &plain.pay), "{}", layout.name());
        let has_logo = plan.arranged.front.logo.is_some();
        let said = plan.warnings.iter().any(|warning| warning.contains("no room for the logo"));
        assert!(has_logo != said, "{}: {:?}", layout.name(), plan.warnings);
        let directory = tempfile::tempdir().expect("a temporary directory");
        let pages = rendered(directory.path(), &pdf(&plan, 2, Pay::Link), 300);
        let files: Vec<PathBuf> = pages.into_iter().map(|(file, _)| file).collect();
        let mut read = read_by_zbar(&files);
        let mut expected: Vec<String> =
            (1..=2).map(|n| piece(n, Pay::Link)).flat_map(|p| [p.qr_text, p.pay_qr_text]).collect();
        read.sort();
        expected.sort();
        assert_eq!(read, expected, "{}", layout.name());
        run("qpdf", "qpdf", &["--check", path_text(&directory.path().join("sheet.pdf"))]);
    }
}

#[test]
fn all_layouts_but_the_one_that_is_too_small_can_be_printed() {
    for layout in layouts() {
        for language in [Language::Dutch, Language::French, Language::German, Language::English] {
            for pay in [Pay::Bare, Pay::Link] {
                let plan = planned(layout, language, pay, &Options::default());
                assert_eq!(plan.is_err(), layout.name() == "avery-l4731", "{} {plan:?}", layout.name());
            }
        }
    }
}

#[test]
fn labels_that_are_too_small_are_refused_with_the_number() {
    let refusal = planned(layout("avery-l4731"), Language::Dutch, Pay::Bare, &Options::default());
    let refusal = refusal.expect_err("0.222 mm");
    let (layout, module) = ("avery-l4731".to_owned(), Length::nm(222_222));
    assert_eq!(refusal, Refusal::ModuleTooSmall { code: CodeKind::TopUp, layout, module, modules: 37 });
    assert!(refusal.to_string().contains("0.222 mm"), "{refusal}");
}

#[test]
fn narrow_bands_warn_and_with_an_amount_are_refused() {
    let plan =
        planned(layout("a4-band-19"), Language::Dutch, Pay::Link, &Options::default()).expect("prints");
    assert_eq!((plan.top_up.version, plan.top_up.modules), (5, 37));
    assert!(plan.warnings.iter().any(|w| w.contains("0.357 mm")), "{:?}", plan.warnings);
    let longest = piece(1, Pay::Link);
    let with_amount = longest.qr_text.replace("&R=", "&A=2000&R=");
    let longest = Longest { qr_text: &with_amount, pay_qr_text: &longest.pay_qr_text };
    let refused = super::plan(layout("a4-band-19"), &text(Language::Dutch), &longest, &Options::default());
    let refused = refused.expect_err("41 modules").to_string();
    assert!(refused.contains("0.328 mm") && refused.contains("41 modules"), "{refused}");
}

#[test]
fn words_that_leave_the_paper_are_refused_as_codes_are() {
    let options = Options { nudge_x: Length::mm(12), ..Options::default() };
    let refused = planned(layout("cr80"), Language::Dutch, Pay::Link, &options).expect_err("beyond the edge");
    assert!(
        matches!(&refused, Refusal::OffPage { edge: "right", what, .. } if what != "top-up code"),
        "{refused}"
    );
}

#[test]
fn a_coarse_printer_costs_a_label_dots_and_not_its_words() {
    for dpi in [203, 300, 600] {
        let options = Options { dpi: Some(dpi), ..Options::default() };
        for name in ["avery-l7160", "avery-l7163", "avery-5160"] {
            let plan = planned(layout(name), Language::Dutch, Pay::Link, &options).expect("prints");
            let said = |what: &str| plan.warnings.iter().any(|warning| warning.contains(what));
            assert!(!said("what the codes are for") && !said("is cut"), "{name}, {dpi}: {:?}", plan.warnings);
        }
    }
}

#[test]
fn a_sheet_says_what_its_codes_cost_and_whether_they_spend() {
    let longest = piece(1, Pay::Bare);
    let longest = Longest { qr_text: &longest.qr_text, pay_qr_text: &longest.pay_qr_text };
    let printed = |layout: &Layout, text: &SheetText| -> String {
        let plan = super::plan(layout, text, &longest, &Options::default()).expect("prints");
        let texts: Vec<&str> = plan.arranged.front.texts.iter().map(|text| text.text.as_str()).collect();
        format!("{} / {}", texts.join(" "), plan.warnings.join(" "))
    };
    for layout in layouts().iter().filter(|layout| layout.name() != "avery-l4731") {
        let name = layout.name();
        let plain = SheetText { event_name: "Fest".into(), ..text(Language::English) };
        let small = name == "avery-l7651";
        let said = printed(layout, &plain);
        assert_eq!(said.contains("It can only add money."), !small, "{name}: {said}");
        let single = printed(layout, &SheetText { spends: true, ..plain.clone() });
        assert!(!single.contains("only add money"), "{name}: {single}");
        assert!(
            single.contains("It pays as well: keep it covered.") || single.contains("pays as well"),
            "{name}"
        );
        let fixed = printed(layout, &SheetText { fixed_amount: Some(Cents(2_000)), ..plain });
        assert_eq!(fixed.contains("Scan to top up € 20,00."), !small, "{name}: {fixed}");
    }
}

#[test]
fn modules_are_whole_dots_where_that_keeps_them_large_enough() {
    let at = |name: &str, dpi| {
        let options = Options { dpi: Some(dpi), ..Options::default() };
        planned(layout(name), Language::Dutch, Pay::Link, &options).expect("prints")
    };
    let plan = at("avery-l7160", 300);
    assert_eq!((plan.top_up.dots, plan.top_up.module), (Some(5), Length::nm(423_333)));
    assert_eq!(at("avery-l7160", 600).top_up.dots, Some(11));
    // Two dots of 203 dpi are 0.25 mm: the module stays as it was, and the plan says so.
    let plan = at("a4-band-19", 203);
    assert_eq!((plan.top_up.dots, plan.top_up.module), (None, Length::nm(356_666)));
    assert!(plan.warnings.iter().any(|w| w.contains("203 dpi")), "{:?}", plan.warnings);
}

#[test]
fn more_correction_makes_a_larger_version() {
    let options = Options { level: Level::Q, ..Options::default() };
    let plan = planned(layout("a4-band-25"), Language::Dutch, Pay::Link, &options).expect("prints");
    assert_eq!((plan.top_up.version, plan.pay.version), (7, 3));
}

#[test]
fn the_bytes_are_the_same_whatever_the_threads() {
    let plan =
        planned(layout("a4-band-25"), Language::French, Pay::Link, &Options::default()).expect("prints");
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| pdf(&plan, 1_500, Pay::Link))
    };
    let one = with(1);
    assert!(one == with(3), "two runs differ");
    assert!(one != pdf(&plan, 1_499, Pay::Link));
    assert!(one.len() < 1_500 * 700, "{} bytes a piece", one.len() / 1_500);
}

#[test]
fn files_are_sound_and_their_fonts_embedded() {
    for layout in layouts().iter().filter(|layout| layout.name() != "avery-l4731") {
        let plan = planned(layout, Language::German, Pay::Link, &Options::default()).expect("prints");
        let sheet = pdf(&plan, 3, Pay::Link);
        let calibration = calibration_pdf(layout, &Options::default(), "office").expect("calibration");
        for bytes in [sheet, calibration] {
            let directory = tempfile::tempdir().expect("a temporary directory");
            let file = written(directory.path(), &bytes);
            let checked = run("qpdf", "qpdf", &["--check", path_text(&file)]);
            assert!(checked.contains("No syntax or stream encoding errors"), "{checked}");
            let fonts = run("pdffonts", "poppler-utils", &[path_text(&file)]);
            // Two lines of headings; the smallest labels print everything in bold.
            assert!(fonts.lines().count() > 2, "a font: {fonts}");
            for font in fonts.lines().skip(2) {
                assert!(font.contains("+NotoSans-") && font.contains("yes yes yes"), "{font}");
            }
        }
    }
}

#[test]
fn long_batches_have_a_page_tree_that_readers_follow() {
    let plan = planned(layout("band-25"), Language::Dutch, Pay::Bare, &Options::default()).expect("prints");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = written(directory.path(), &pdf(&plan, 300, Pay::Bare));
    run("qpdf", "qpdf", &["--check", path_text(&file)]);
    let info = run("pdfinfo", "poppler-utils", &[path_text(&file)]);
    assert!(info.lines().any(|l| l.starts_with("Pages:") && l.ends_with(" 300")), "{info}");
}

#[test]
fn a_nudge_moves_the_print_and_a_scale_widens_it() {
    let edges = |options: &Options| {
        let plan = planned(layout("avery-l7163"), Language::English, Pay::Link, options).expect("prints");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let page = rendered(directory.path(), &pdf(&plan, 14, Pay::Link), 254).remove(0).1;
        let dark = page.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] < 128);
        dark.fold((u32::MAX, 0, u32::MAX), |(left, right, top), (x, y, _)| {
            (left.min(x), right.max(x), top.min(y))
        })
    };
    // At 254 dpi a pixel is 0.1 mm.
    let plain = edges(&Options::default());
    let nudge = Options { nudge_x: Length::mm(2), nudge_y: -Length::mm(1), ..Options::default() };
    let nudged = edges(&nudge);
    assert!(
        nudged.0.abs_diff(plain.0 + 20) <= 1 && nudged.2.abs_diff(plain.2 - 10) <= 1,
        "{plain:?} {nudged:?}"
    );
    let scaled = edges(&Options { scale_ppm: 1_020_000, ..Options::default() });
    assert!(scaled.1.abs_diff(plain.1 * 102 / 100) <= 1, "{plain:?} {scaled:?}");
}

#[test]
fn a_nudge_or_scale_that_leaves_the_paper_is_refused_or_told() {
    let with = |name: &str, options: Options| planned(layout(name), Language::Dutch, Pay::Link, &options);
    let refused = with("avery-l7160", Options { nudge_x: Length::mm(15), ..Options::default() });
    let refused = refused.expect_err("beyond the right edge").to_string();
    assert!(refused.contains("beyond the right of the page"), "{refused}");
    let up = with("avery-l7651", Options { nudge_y: -Length::mm(20), ..Options::default() });
    assert!(matches!(up, Err(Refusal::OffPage { edge: "top", .. })), "{up:?}");
    assert!(with("a4-band-25", Options { scale_ppm: 1_050_000, ..Options::default() }).is_err());
    let told = with("a4-band-25", Options { nudge_x: Length::mm(4), ..Options::default() })
        .expect("codes are on it");
    assert!(
        told.warnings.iter().any(|warning| warning.contains("0.6 mm beyond the right")),
        "{:?}",
        told.warnings
    );
}

#[test]
fn modules_are_whole_dots_of_a_printer_that_is_scaled_for() {
    let options = Options { dpi: Some(600), scale_ppm: 1_010_000, ..Options::default() };
    let plan = planned(layout("avery-l7160"), Language::Dutch, Pay::Link, &options).expect("prints");
    let printed = i128::from(plan.top_up.module.as_nm()) * 1_010_000 / 1_000_000;
    let dots = i128::from(plan.top_up.dots.expect("whole dots")) * 25_400_000 / 600;
    assert!((printed - dots).abs() <= 1, "{printed} {dots}");
}

#[test]
fn a_card_spends_on_its_reverse_only() {
    for name in ["cr80", "avery-c32011"] {
        let plan = planned(layout(name), Language::English, Pay::Link, &Options::default()).expect("prints");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let pages = rendered(directory.path(), &pdf(&plan, 2, Pay::Link), 200);
        for (index, (_, page)) in pages.iter().enumerate() {
            let pays = read_by_rqrr(page).iter().filter(|text| text.starts_with("HTTPS://")).count();
            assert_eq!(pays > 0, index % 2 == 1, "{name}, page {}", index + 1);
        }
    }
}

#[test]
fn on_the_reverse_of_a_sheet_each_pay_code_lies_behind_its_top_up_code() {
    let cards = layout("avery-c32011");
    for index in 0..cards.per_page() {
        let (front, back) = (cards.corner(index, false), cards.corner(index, true));
        assert_eq!((front.0 + cards.cell.0, front.1), (cards.page.0 - back.0, back.1));
    }
    assert_eq!(cards.kind(), Kind::Card);
}

#[test]
fn a_piece_that_is_longer_than_planned_is_refused_by_its_number() {
    let plan = planned(layout("cr80"), Language::Dutch, Pay::Bare, &Options::default()).expect("prints");
    let mut long = piece(2, Pay::Bare);
    long.qr_text.push_str(&"x".repeat(60));
    let all = [piece(1, Pay::Bare), long].map(Ok::<_, Infallible>);
    let error = write_pdf(&plan, all.into_iter(), Vec::new(), |_| ()).expect_err("too long");
    let expected = Refusal::LongerThanPlanned { code: CodeKind::TopUp, sequence: 2 };
    assert!(matches!(error, WriteError::Refused(refusal) if refusal == expected));
}

#[test]
fn an_error_of_the_source_ends_the_sheet_and_comes_back() {
    let plan = planned(layout("cr80"), Language::Dutch, Pay::Bare, &Options::default()).expect("prints");
    let all = [Ok(piece(1, Pay::Bare)), Err("the database went away")];
    let error = write_pdf(&plan, all.into_iter(), Vec::new(), |_| ()).expect_err("no second piece");
    assert!(matches!(error, WriteError::Source("the database went away")));
}

#[test]
fn texts_and_options_that_can_not_be_printed_are_refused() {
    let longest = piece(1, Pay::Bare);
    let longest = Longest { qr_text: &longest.qr_text, pay_qr_text: &longest.pay_qr_text };
    let with = |text: &SheetText, options: &Options| super::plan(layout("cr80"), text, &longest, options);
    let good = text(Language::Dutch);
    for event_name in ["", "  ", "two\nlines", &"x".repeat(81)] {
        let refused = with(&SheetText { event_name: event_name.into(), ..good.clone() }, &Options::default());
        assert!(matches!(refused, Err(Refusal::Text { what: "the event name", .. })), "{event_name:?}");
    }
    let beer = with(&SheetText { merchant: "🍺 vzw".into(), ..good.clone() }, &Options::default());
    assert!(matches!(beer, Err(Refusal::Character { character: '🍺', .. })));
    for options in [
        Options { dpi: Some(10), ..Options::default() },
        Options { scale_ppm: 2_000_000, ..Options::default() },
        Options { nudge_x: Length::mm(50), ..Options::default() },
    ] {
        assert!(matches!(with(&good, &options), Err(Refusal::Option { .. })), "{options:?}");
    }
    let too_long = Longest { qr_text: &"x".repeat(252), ..longest.clone() };
    let refused = super::plan(layout("cr80"), &good, &too_long, &Options::default());
    assert_eq!(
        refused.err(),
        Some(Refusal::CodeTooLong { what: "top-up text".into(), bytes: 252, bytes_max: 251 })
    );
    let small = Longest { pay_qr_text: "pb1", ..longest.clone() };
    let refused = super::plan(layout("cr80"), &good, &small, &Options::default());
    assert_eq!(refused.err(), Some(Refusal::NotAlphanumeric { sequence: 0 }));
}

#[test]
fn a_piece_does_not_show_its_pay_code() {
    let piece = piece(1, Pay::Link);
    assert!(!format!("{piece:?}").contains(piece.pay_code.reveal()));
}
