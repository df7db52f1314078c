//! CSV, ZIP and single pictures.

use super::*;
use crate::ids::BatchId;
use crate::print::{PICTURES_PER_PIECE, WriteError, qr_png, qr_svg, qr_terminal, write_csv, write_zip};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

fn batch() -> BatchId {
    "01990e3c-7c2a-7000-8000-000000000001".parse().expect("a UUID")
}

#[test]
fn csv_has_every_field_quoted_and_lines_ended_by_cr_lf() {
    let mut bytes = Vec::new();
    let mut told = Vec::new();
    write_csv(batch(), pieces(2, Pay::Link), &mut bytes, |rows| told.push(rows)).expect("written");
    let row = |n: u64| {
        let p = piece(n, Pay::Link);
        let (serial, reference, pay) = (p.serial.as_str(), p.reference.as_str(), p.pay_code.reveal());
        let (qr, link) = (&p.qr_text, &p.pay_qr_text);
        format!("\"{n}\",\"{serial}\",\"{reference}\",\"{qr}\",\"{pay}\",\"{link}\",\"{}\"\r\n", batch())
    };
    let head = "\"sequence\",\"serial\",\"reference\",\"qr_text\",\"pay_code\",\"pay_qr_text\",\"batch\"\r\n";
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), format!("{head}{}{}", row(1), row(2)));
    assert_eq!(told, [2]);
}

#[test]
fn csv_refuses_what_a_spreadsheet_would_change() {
    for (serial, qr_text) in [("00000001", "https://x"), ("12E45678", "https://x"), ("K7QM3XR9", "=1+1")] {
        let mut changed = piece(1, Pay::Bare);
        changed.serial = Serial::from_stored(serial.into());
        changed.qr_text = qr_text.into();
        let result = write_csv(batch(), [Ok::<_, Infallible>(changed)].into_iter(), Vec::new(), |_| ());
        assert!(
            matches!(result, Err(WriteError::Refused(Refusal::Spreadsheet { sequence: 1, .. }))),
            "{serial}"
        );
    }
}

fn zipped(count: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_zip(&Options::default(), pieces(count, Pay::Link), &mut bytes, |_| ()).expect("written");
    bytes
}

#[test]
fn zip_holds_every_code_as_svg_and_png_named_by_serial() {
    let mut archive = zip::ZipArchive::new(Cursor::new(zipped(3))).expect("a ZIP");
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("its checksum holds");
        files.insert(file.name().expect("a name in UTF-8").into_owned(), bytes);
    }
    assert_eq!(files.len() as u64, 3 * PICTURES_PER_PIECE);
    for piece in (1..=3).map(|n| piece(n, Pay::Link)) {
        for (name, text) in [("topup", &piece.qr_text), ("pay", &piece.pay_qr_text)] {
            let name = format!("{}-{name}", piece.serial.as_str());
            let png = image::load_from_memory(&files[&format!("{name}.png")]).expect("a PNG").into_luma8();
            assert_eq!(&read_by_rqrr(&png), std::slice::from_ref(text), "{name}.png");
            let svg = String::from_utf8(files[&format!("{name}.svg")].clone()).expect("UTF-8");
            let (before, rest) = svg.split_once(" width=\"").expect("a size");
            let (size, after) = rest.split_once(" shape").expect("and then the rest");
            assert!(format!("{before} shape{after}") == qr_svg(text).expect("fits"), "{name}.svg");
            let mm = if name.ends_with("-pay") { "18.5mm" } else { "22.5mm" };
            assert_eq!(size, format!("{mm}\" height=\"{mm}\""), "modules of 0.5 mm");
        }
    }
}

#[test]
fn zip_is_the_same_every_time() {
    assert!(zipped(40) == zipped(40));
}

/// Draws the path of an SVG: `M x y h run v1 h-run z`, again and again.
fn drawn(svg: &str, scale: u32) -> GrayImage {
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let side =
        number(svg.split("viewBox=\"0 0 ").nth(1).and_then(|s| s.split(' ').next()).expect("a view box"));
    let mut image = GrayImage::from_pixel(side * scale, side * scale, image::Luma([255]));
    let path = svg.rsplit("d=\"").next().and_then(|s| s.split('"').next()).expect("a path");
    for run in path.split('M').skip(1) {
        let (x, rest) = run.split_once(' ').expect("x and y");
        let (y, rest) = rest.split_once('h').expect("a run");
        let (x, y, run) = (number(x), number(y), number(rest.split_once('v').expect("its height").0));
        for dx in 0..run * scale {
            (0..scale).for_each(|dy| image.put_pixel(x * scale + dx, y * scale + dy, image::Luma([0])));
        }
    }
    image
}

#[test]
fn pictures_of_one_text_all_read_back() {
    for text in ["https://bar.example/terminal#code=K7QM3XR9", "HTTPS://X.EXAMPLE/W/PB1", "é"] {
        assert_eq!(read_by_rqrr(&drawn(&qr_svg(text).expect("fits"), 6)), [text]);
        let png = image::load_from_memory(&qr_png(text, 5).expect("fits")).expect("a PNG").into_luma8();
        assert_eq!(read_by_rqrr(&png), [text]);
        let blocks = qr_terminal(text).expect("fits");
        let rows: Vec<Vec<char>> = blocks.lines().map(|line| line.chars().collect()).collect();
        let side = rows[0].len();
        let light = |x: usize, y: usize| match rows[y / 2][x] {
            '█' => true,
            '▀' => y.is_multiple_of(2),
            '▄' => y % 2 == 1,
            _ => false,
        };
        let image = GrayImage::from_fn(side as u32 * 6, side as u32 * 6, |x, y| {
            image::Luma([if light(x as usize / 6, y as usize / 6) { 255 } else { 0 }])
        });
        assert_eq!(read_by_rqrr(&image), [text]);
    }
}

#[test]
fn pictures_refuse_what_does_not_fit() {
    assert!(matches!(qr_svg(&"x".repeat(252)), Err(Refusal::CodeTooLong { bytes: 252, bytes_max: 251, .. })));
    assert!(matches!(qr_png("x", 0), Err(Refusal::Option { option: "module_px", .. })));
    assert!(matches!(qr_png("x", 65), Err(Refusal::Option { .. })));
}
