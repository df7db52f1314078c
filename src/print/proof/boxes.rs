//! The boxes of a page: where it is cut, and how far its background runs beyond.
#![allow(clippy::float_arithmetic, reason = "pdfinfo prints points with two decimals")]

use super::*;
use crate::print::{Length, calibration_pdf};

/// Left, bottom, right and top of a box, in points.
type Corners = [f64; 4];

/// The boxes of a file's first page: all of it, what stays after the cut, and with what is cut away.
fn boxes(bytes: &[u8]) -> [Corners; 3] {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = written(directory.path(), bytes);
    let printed = run("pdfinfo", "poppler-utils", &["-box", path_text(&file)]);
    ["MediaBox:", "TrimBox:", "BleedBox:"].map(|name| {
        let line = printed.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name} {printed}"));
        let corners: Vec<f64> = line.split_whitespace().map(|n| n.parse().expect("a number")).collect();
        corners.try_into().expect("four corners")
    })
}

/// The cell of a page that has one, with something around it.
fn around_cell(layout: &Layout, around: Length) -> Corners {
    let (left, top) = (layout.first.0 - around, layout.first.1 - around);
    let (right, bottom) = (left + layout.cell.0 + around * 2, top + layout.cell.1 + around * 2);
    [left, layout.page.1 - bottom, right, layout.page.1 - top].map(points)
}

fn points(length: Length) -> f64 {
    length.as_nm() as f64 * 72.0 / 25.4e6
}

fn assert_close(what: &str, found: Corners, expected: Corners) {
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 0.011, "{what}: {found:?}, not {expected:?}");
}

#[test]
fn every_page_says_where_it_is_cut_and_how_far_its_background_runs() {
    for layout in layouts().iter().filter(|layout| layout.name() != "avery-l4731") {
        let name = layout.name();
        let plan = planned(layout, Language::Dutch, Pay::Link, &Options::default()).expect("prints");
        let calibration = calibration_pdf(layout, &Options::default(), "office").expect("calibration");
        let whole = [0.0, 0.0, points(layout.page.0), points(layout.page.1)];
        let is_sheet = layout.per_page() > 1;
        for bytes in [pdf(&plan, 1, Pay::Link), calibration] {
            let [media, trim, bleed] = boxes(&bytes);
            assert_close(name, media, whole);
            assert_close(name, trim, if is_sheet { whole } else { around_cell(layout, Length::ZERO) });
            assert_close(name, bleed, if is_sheet { whole } else { around_cell(layout, layout.bleed) });
        }
    }
}

#[test]
fn a_card_is_cut_at_its_edge_and_its_background_runs_three_millimetres_beyond() {
    let plan = planned(layout("cr80"), Language::Dutch, Pay::Link, &Options::default()).expect("prints");
    let [media, trim, bleed] = boxes(&pdf(&plan, 1, Pay::Link));
    // 9 mm to the trim, 6 mm to the bleed; 85.6 × 53.98 mm and 3 mm more on each side.
    assert_eq!(trim, [25.51, 25.51, 268.16, 178.53]);
    assert_eq!(bleed, [17.01, 17.01, 276.66, 187.03]);
    assert_eq!(media, [0.00, 0.00, 293.67, 204.04]);
}

#[test]
fn a_page_is_cut_where_a_nudged_and_scaled_print_falls() {
    let options = Options {
        nudge_x: Length::mm(2),
        nudge_y: Length::mm(1),
        scale_ppm: 1_010_000,
        ..Options::default()
    };
    let plan = planned(layout("cr80"), Language::Dutch, Pay::Link, &options).expect("prints");
    let [media, trim, bleed] = boxes(&pdf(&plan, 1, Pay::Link));
    let height = media[3];
    let (x, y) = (
        |at: f64| at * 1.01 + points(Length::mm(2)),
        |at: f64| height - ((height - at) * 1.01 + points(Length::mm(1))),
    );
    assert_close("trim", trim, [x(25.51), y(25.51), x(268.16), y(178.53)]);
    assert_close("bleed", bleed, [x(17.01), y(17.01), x(276.66), y(187.03)]);
}
