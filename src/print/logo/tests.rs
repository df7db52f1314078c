//! What is taken as a logo, and what is refused.

use super::*;

const STAR: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60">
  <style>.a{fill:#e4002b}</style><rect class="a" width="40" height="60" rx="8"/>
  <circle cx="80" cy="30" r="20" fill="none" stroke="#000" stroke-width="4" stroke-dasharray="3 2"/>
  <path d="M100 5q10 10 0 20t0 20z" fill="#888"/></svg>"##;

fn svg(inside: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 20\">{inside}</svg>")
}

pub(crate) fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("to memory");
    let pixels = pixel.repeat((width * height) as usize);
    writer.write_image_data(&pixels).expect("of that size");
    writer.finish().expect("to memory");
    bytes
}

#[test]
fn drawings_become_paths_in_inks() {
    let logo = Logo::read(STAR.as_bytes()).expect("plain paths");
    assert_eq!(logo.width_at(Length::mm(10)), Length::mm(20));
    let Drawing::Paths { content, size, .. } = &logo.drawing else { panic!("not paths") };
    let content = std::str::from_utf8(content).expect("operators");
    assert_eq!(size, &("120".to_owned(), "60".to_owned()));
    assert!(content.contains("0 1 0.81 0.105 k") && content.contains("0 0 0 1 K"), "{content}");
    assert!(content.contains("[3 2] 0 d") && !content.contains("rg"), "{content}");
}

#[test]
fn files_are_read_as_drawing_programs_write_them() {
    let artboard =
        svg("<g clip-path=\"url(#a)\"><path fill=\"red\" d=\"M-9-9h30v30z\"/></g><defs><clipPath id=\"a\">\
                        <rect width=\"40\" height=\"20\"/></clipPath></defs>");
    let doctype = "<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \
                   \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">";
    let entities = "<!DOCTYPE svg [<!ENTITY ns \"http://ns.example/\">]>";
    for file in [artboard.clone(), format!("{doctype}{artboard}"), format!("{entities}{artboard}")] {
        let Drawing::Paths { content, .. } = Logo::read(file.as_bytes()).expect(&file).drawing else {
            panic!("not paths")
        };
        let content = String::from_utf8(content).expect("operators");
        assert_eq!(content.matches("W n").count(), 2, "the drawing's own edges and its artboard: {content}");
    }
}

#[test]
fn pictures_become_inks_on_white() {
    let logo = Logo::read(&png(40, 20, [0, 0, 0, 128])).expect("a picture");
    let Drawing::Picture { deflated } = &logo.drawing else { panic!("not a picture") };
    let mut inks = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(deflated.as_slice()), &mut inks)
        .expect("zlib");
    assert_eq!((inks.len(), &inks[..4]), (40 * 20 * 4, &[0, 0, 0, 127][..]));
    assert!(logo.warning(Length::mm(20)).expect("50 dpi").contains("50 pixels an inch"));
    assert_eq!(logo.warning(Length::mm(4)), None);
}

#[test]
fn what_can_not_be_printed_faithfully_is_refused_by_name() {
    let mut lol = "<!DOCTYPE svg [<!ENTITY l0 \"lol\">".to_owned();
    for n in 1..10 {
        let ten = format!("&l{};", n - 1).repeat(10);
        lol.push_str(&format!("<!ENTITY l{n} \"{ten}\">"));
    }
    lol.push_str("]><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><desc>&l9;</desc></svg>");
    for (file, said) in [
        (svg("<text>Fest</text>"), "outlines"),
        (svg("<image href=\"/etc/passwd\" width=\"9\" height=\"9\"/>"), "PNG"),
        (svg("<rect width=\"9\" height=\"9\" opacity=\".5\"/>"), "transparent"),
        (svg("<rect width=\"9\" height=\"9\" fill-opacity=\".5\"/>"), "transparent"),
        (
            svg("<linearGradient id=\"g\"><stop stop-color=\"red\"/><stop offset=\"1\"/></linearGradient>\
              <rect width=\"9\" height=\"9\" fill=\"url(#g)\"/>"),
            "gradients",
        ),
        (svg("<script>alert(1)</script>"), "script"),
        (svg("<g style=\"mix-blend-mode:multiply\"><rect width=\"9\" height=\"9\"/></g>"), "blends"),
        (svg("<rect width=\"9\" height=\"9\" fill=\"var(--red)\"/>"), "var(--"),
        (
            svg("<clipPath id=\"c\"><path d=\"M0 0h9v9z\"/><path d=\"M0 0v9h9z\"/></clipPath>\
                 <rect width=\"9\" height=\"9\" clip-path=\"url(#c)\"/>"),
            "more than one path",
        ),
        (svg(""), "nothing"),
        ("<svg".to_owned(), "can't be read"),
        ("GIF89a".to_owned(), "SVG or a PNG"),
        (lol, "can't be read"),
        (svg("<path d=\"M0 0h9v9z\"/>").replace("0 0 40 20", "0 0 40 1"), "12 times wider"),
    ] {
        let why = Logo::read(file.as_bytes()).expect_err(&file).to_string();
        assert!(why.contains(said), "{file}: {why}");
    }
    assert!(
        Logo::read(&png(40, 20, [0; 4])).expect_err("no ink").to_string().contains("transparent everywhere")
    );
    assert!(Logo::read(&png(40, 20, [0; 4])[..60]).expect_err("cut").to_string().contains("can't be read"));
    assert!(Logo::read(&vec![b' '; LOGO_BYTES_MAX + 1]).expect_err("large").to_string().contains("at most"));
}

#[test]
fn what_is_not_in_the_file_is_refused_by_name() {
    let defined = svg("<defs><path id=\"a\" d=\"M0 0h9v9z\"/></defs><use href=\"#a\"/>");
    assert!(Logo::read(defined.as_bytes()).is_ok());
    for (inside, said) in [
        ("<path d=\"M0 0h9v9z\"/><use href=\"#gone\"/>", "<use> of \"#gone\""),
        ("<use href=\"other.svg#a\"/>", "<use> of \"other.svg#a\""),
        ("<path clip-path=\"url(#gone)\" d=\"M0 0h9v9z\"/>", "uses \"#gone\""),
        ("<style>path{fill:url('#gone')}</style><path d=\"M0 0h9v9z\"/>", "uses \"#gone\""),
    ] {
        let error = Logo::read(svg(inside).as_bytes()).expect_err(inside).to_string();
        assert!(error.contains(said), "{inside}: {error}");
    }
}

#[test]
fn what_would_print_otherwise_than_it_looks_is_refused_by_name() {
    let shape = "<path d=\"M0 0h9v9z\"/>";
    for (inside, said) in [
        ("<path fill=\"rebeccapurpl\" d=\"M0 0h9v9z\"/>", "rebeccapurpl"),
        ("<path fill=\"device-cmyk(0 1 1 0)\" d=\"M0 0h9v9z\"/>", "device-cmyk("),
        ("<path stroke=\"tomatoo\" d=\"M0 0h9v9z\"/>", "tomatoo"),
        ("<path d=\"M0 0 H9 V9 foo Z\"/>", "print otherwise"),
        ("<rect width=\"5O\" height=\"9\"/>", "print otherwise"),
        (
            "<rect style=\"transform:translate(5px,2px)\" width=\"5\" height=\"9\"/>",
            "\"transform\" in a style",
        ),
        ("<circle style=\"r: 20px\" cx=\"5\"/>", "\"r\" in a style"),
        ("<style>.a{cx:3px}</style><circle class=\"a\" r=\"5\"/>", "\"cx\" in a style"),
        ("<style>path:nth-child(2){fill:red}</style>", "print otherwise"),
        ("<blink><rect width=\"5\" height=\"9\"/></blink>", "<blink>"),
        ("<g transform=\"skw(2)\"><path d=\"M0 0h9v9z\"/></g>", "print otherwise"),
    ] {
        let error = Logo::read(svg(&format!("{inside}{shape}")).as_bytes()).expect_err(inside).to_string();
        assert!(error.contains(said), "{inside}: {error}");
    }
    let outside = format!("<?xml-stylesheet href=\"a.css\"?>{}", svg(shape));
    assert!(Logo::read(outside.as_bytes()).expect_err("outside").to_string().contains("style sheet outside"));
    let drawn = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:inkscape=\"http://www.inkscape.org/x\" \
                 viewBox=\"0 0 9 9\" style=\"width:9px;fill-rule:evenodd\"><inkscape:grid/><metadata/><path \
                 style=\"fill:#0b6e4f;stroke-width:2\" d=\"M0 0h9v9z\"/></svg>";
    assert!(Logo::read(drawn.as_bytes()).is_ok(), "{:?}", Logo::read(drawn.as_bytes()));
}

#[test]
fn files_that_need_saving_otherwise_are_told_how() {
    let wide: Vec<u8> = "\u{feff}<svg/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (file, said) in [
        (vec![0x1f, 0x8b, 8, 0], "plain SVG"),
        (wide, "UTF-8"),
        (b"<svg>\xe9</svg>".to_vec(), "UTF-8"),
        (b"GIF89a".to_vec(), "SVG or a PNG"),
    ] {
        let error = Logo::read(&file).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}
