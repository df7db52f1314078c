//! Layouts and arrangements, as drawn at random: nothing leaves its cell, nothing touches a code.

use super::*;
use crate::print::arrange::{Side, cell_size};
use crate::print::column::Area;
use crate::print::{LayoutError, Length, MODULE_LEAST};
use proptest::prelude::*;

fn toml(kind: &str, cell: (i64, i64), edge_um: i64, reverse: bool) -> String {
    let mm = |um: i64| format!("{}.{:03}", um / 1_000, um % 1_000);
    let band = if kind == "band" { "tab = 30.0\ntail = 10.0\n" } else { "" };
    format!(
        "name = \"own\"\ntitle = \"Own\"\nkind = \"{kind}\"\ncell = [{}, {}]\nedge = {}\nreverse = {reverse}\n{band}",
        mm(cell.0),
        mm(cell.1),
        mm(edge_um)
    )
}

/// Says what is wrong with a side, by rules of its own.
fn fault(side: &Side, size: (Length, Length)) -> Option<String> {
    let cell = Area { x: Length::ZERO, y: Length::ZERO, width: size.0, height: size.1 };
    let mut solids: Vec<(String, Area)> = side.texts.iter().map(|t| (t.text.clone(), t.area())).collect();
    solids.extend(side.serials.iter().map(|s| ("serial".into(), s.area())));
    let codes: Vec<_> = [&side.top_up, &side.pay].into_iter().flatten().collect();
    for (what, area) in &solids {
        if !cell.holds(area) {
            return Some(format!("{what} leaves the cell"));
        }
    }
    for (index, (what, area)) in solids.iter().enumerate() {
        if let Some((other, _)) = solids[..index].iter().find(|(_, other)| area.meets(other)) {
            return Some(format!("{what} covers {other}"));
        }
    }
    for code in &codes {
        let quiet = code.dark().grown(code.module * 4);
        if !cell.holds(&quiet) || code.module < MODULE_LEAST {
            return Some("a code leaves the cell or is too small".into());
        }
        let bars = side.bars.iter().any(|bar| bar.area.meets(&quiet));
        let others = codes.iter().any(|other| other != code && other.dark().meets(&quiet));
        if bars || others || solids.iter().any(|(_, area)| area.meets(&quiet)) {
            return Some("a quiet zone is not white".into());
        }
    }
    side.serials.iter().find(|s| s.size < Length::um(3_500)).map(|_| "a serial below 2.5 mm".into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn whatever_the_cell_a_plan_is_sound_or_refused(
        kind in 0usize..3,
        width_um in 12_000i64..150_000,
        height_um in 9_000i64..110_000,
        edge_um in 0i64..4_000,
        reverse: bool,
        dpi in prop::option::of(150u32..2_400),
        event_name in "[A-ZÉa-zü0-9]{1,14}( [A-ZÉa-zü0-9]{1,14}){0,4}",
        link: bool,
    ) {
        let kind = ["label", "card", "band"][kind];
        let band = kind == "band";
        let cell = if band { (12_000 + height_um / 4, 130_000 + width_um) } else { (width_um, height_um) };
        let own = Layout::parse(&toml(kind, cell, edge_um, reverse && !band)).expect("sound values");
        let pay = if link { Pay::Link } else { Pay::Bare };
        let longest = piece(1, pay);
        let longest = Longest { qr_text: &longest.qr_text, pay_qr_text: &longest.pay_qr_text };
        let text = SheetText { event_name, ..text(Language::French) };
        let options = Options { dpi, ..Options::default() };
        if let Ok(plan) = plan(&own, &text, &longest, &options) {
            let sides = [Some(&plan.arranged.front), plan.arranged.back.as_ref()];
            for side in sides.into_iter().flatten() {
                prop_assert_eq!(fault(side, cell_size(&own)), None);
                prop_assert_eq!(side.serials.len(), 1);
            }
        }
    }

    #[test]
    fn cells_of_an_accepted_grid_lie_on_the_page_and_apart(
        columns in 1i64..8, rows in 1i64..12, left in 0i64..40, top in 0i64..40, x in 10i64..80, y in 10i64..80,
    ) {
        let text = format!(
            "name = \"own\"\ntitle = \"Own\"\nkind = \"label\"\npage = [210, 297]\ncell = [30, 20]\n\
             grid = [{columns}, {rows}]\nfirst = [{left}, {top}]\npitch = [{x}, {y}]\nedge = 1"
        );
        let fits = left + (columns - 1) * x + 30 <= 210 && top + (rows - 1) * y + 20 <= 297;
        let apart = (columns == 1 || x >= 30) && (rows == 1 || y >= 20);
        prop_assert_eq!(Layout::parse(&text).is_ok(), fits && apart);
    }

    #[test]
    fn no_text_makes_the_layout_parser_panic(text in ".{0,200}") {
        prop_assert!(Layout::parse(&text).is_err());
    }
}

#[test]
fn nothing_is_printed_where_a_layout_keeps_it_out() {
    let slot = "[[35.8, 3, 14, 4]]";
    for (name, zones) in [
        ("cr80", slot),
        ("avery-c32011", slot),
        ("avery-l7163", "[[0, 0, 9, 9], [50, 28, 6, 9]]"),
        ("a4-band-25", "[[0, 40, 8, 8]]"),
    ] {
        let source =
            super::super::layout_source(name).expect("built in").replace("name = \"", "name = \"own-");
        let own = Layout::parse(&format!("{source}keep_out = {zones}\n")).expect("inside the cell");
        let plan = planned(&own, Language::French, Pay::Link, &Options::default()).expect(name);
        for (reverse, side) in [(false, Some(&plan.arranged.front)), (true, plan.arranged.back.as_ref())] {
            let Some(side) = side else { continue };
            assert_eq!(fault(side, cell_size(&own)), None, "{name}");
            for zone in crate::print::arrange::kept_out(&own, reverse) {
                let codes = [&side.top_up, &side.pay].into_iter().flatten().map(|code| code.with_quiet());
                let solids = side.texts.iter().map(|t| t.area()).chain(side.serials.iter().map(|s| s.area()));
                let solids = solids.chain(side.bars.iter().map(|bar| bar.area));
                assert!(!codes.chain(solids).any(|area| area.meets(&zone)), "{name}, reverse: {reverse}");
            }
        }
    }
    let full = toml("label", (60_000, 40_000), 2_000, false);
    for (zones, said) in [
        ("[[0, 0, 61, 5]]", "not inside the cell"),
        ("[[0, 0, 0, 5]]", "not inside"),
        ("[[-1, 0, 5, 5]]", "not inside"),
        ("[[0, 0, 5]]", "length 4"),
    ] {
        let error = Layout::parse(&format!("{full}keep_out = {zones}\n")).expect_err(zones).to_string();
        assert!(error.contains(said), "{zones}: {error}");
    }
    let blocked = Layout::parse(&format!("{full}keep_out = [[2, 2, 50, 36]]\n")).expect("inside");
    assert!(planned(&blocked, Language::French, Pay::Link, &Options::default()).is_err());
}

#[test]
fn an_overflow_is_named_with_its_number() {
    let text = "name = \"own\"\ntitle = \"Own\"\nkind = \"label\"\npage = [210, 297]\ncell = [63.5, 38.1]\n\
                grid = [3, 8]\nfirst = [7.2, 15.15]\npitch = [66.04, 38.1]\nedge = 2";
    let error = Layout::parse(text).expect_err("eight rows");
    assert_eq!(
        error.to_string(),
        "layout own: row 8 ends at 319.95 mm, which is 22.95 mm beyond the 297 mm of the page"
    );
    assert!(matches!(error, LayoutError::Overflow { what: "row", number: 8, .. }));
}

#[test]
fn impossible_values_are_named() {
    let good = toml("label", (60_000, 40_000), 2_000, false);
    assert!(Layout::parse(&good).is_ok());
    for (from, to, said) in [
        ("edge = 2.000", "edge = 30.0", "leave nothing"),
        ("edge = 2.000", "edge = -1.0", "negative"),
        ("edge = 2.000", "edge = nan", "a number of millimetres"),
        ("edge = 2.000", "edge = 1e300", "a number of millimetres, up to 2000"),
        ("kind = \"label\"", "kind = \"band\"", "adhesive tab"),
        ("kind = \"label\"", "kind = \"poster\"", "poster"),
        ("reverse = false", "tab = 30.0", "bands"),
        ("reverse = false", "reverze = true", "reverze"),
        ("reverse = false", "marks = \"cut\"", "cut marks need a sheet"),
        ("reverse = false", "grid = [2, 2]", "belong together"),
        ("reverse = false", "bleed = 60.0", "at most 10 mm"),
        ("name = \"own\"", "name = \"../own\"", "a-z"),
    ] {
        let error = Layout::parse(&good.replace(from, to)).expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}
