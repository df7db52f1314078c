//! The document around the pages: embedded fonts, resources, document information, the boxes of a page.
//! printpdf makes it, once and small, with one page that shows it which glyphs are used; that page is taken
//! out again, and [`super::file`] writes the rest with the real pages behind it.

use super::Options;
use super::draw::Fonts;
use super::font::{Face, Subset};
use super::layout::{Layout, Marks};
use super::length::Length;
use super::logo::{Drawing, Logo};
use super::page::deflated;
use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId};
use printpdf::{
    DictItem, ExternalStream, ExternalXObject, FontId, Mm, Op, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfSaveOptions, Pt, Rect, TextItem, XObject, XObjectId,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const VERSION: &str = "1.4";

/// What pages repeat, under the name by which they draw it.
pub(crate) struct Form {
    name: &'static str,
    object: ExternalXObject,
}

impl Form {
    /// Artwork, with the corners of what it covers.
    pub(crate) fn artwork(name: &'static str, corners: [Length; 4], content: &[u8]) -> Form {
        let entries =
            [("BBox", DictItem::Array(corners.map(|length| DictItem::Real(points(length))).to_vec()))];
        Form { name, object: external("Form", entries, deflated(content)) }
    }

    /// A logo, in the unit square.
    pub(crate) fn logo(name: &'static str, logo: &Logo) -> Form {
        let real = |text: &str| DictItem::Real(text.parse().expect("a number is written as one"));
        let object = match &logo.drawing {
            Drawing::Paths { content, matrix, size: (width, height) } => {
                let corners = ["0", "0", width, height].map(real).to_vec();
                let matrix = matrix.each_ref().map(|number| real(number)).to_vec();
                let entries = [("BBox", DictItem::Array(corners)), ("Matrix", DictItem::Array(matrix))];
                external("Form", entries, deflated(content))
            }
            Drawing::Picture { deflated } => {
                let entries = [
                    ("Width", DictItem::Int(logo.size.0)),
                    ("Height", DictItem::Int(logo.size.1)),
                    ("BitsPerComponent", DictItem::Int(8)),
                    ("ColorSpace", DictItem::Name(b"DeviceCMYK".to_vec())),
                ];
                external("Image", entries, deflated.clone())
            }
        };
        Form { name, object }
    }
}

/// The subsets for a document's characters.
pub(crate) fn fonts(regular: &BTreeSet<char>, bold: &BTreeSet<char>) -> Fonts {
    Fonts { regular: Subset::new(Face::Regular, regular), bold: Subset::new(Face::Bold, bold) }
}

/// printpdf's document, taken apart: what is written first, with each page, and after them.
pub(crate) struct Skeleton {
    /// Written as they are.
    pub(crate) objects: BTreeMap<ObjectId, Object>,
    pub(crate) id_max: u32,
    pub(crate) root: ObjectId,
    pub(crate) catalog: ObjectId,
    pub(crate) info: ObjectId,
    pub(crate) page: Dictionary,
    pub(crate) root_entries: Dictionary,
}

impl Skeleton {
    pub(crate) fn new(
        layout: &Layout,
        options: &Options,
        title: &str,
        fonts: &Fonts,
        forms: Vec<Form>,
    ) -> Skeleton {
        let mut document = printpdf_document(layout, title, fonts, forms);
        let reference = |dictionary: &Dictionary, key: &[u8]| {
            dictionary.get(key).and_then(Object::as_reference).expect("printpdf writes it")
        };
        let catalog = reference(&document.trailer, b"Root");
        let info = reference(&document.trailer, b"Info");
        let root = reference(document.get_dictionary(catalog).expect("printpdf writes it"), b"Pages");
        let page_id = *document.get_pages().get(&1).expect("one page was made");
        let mut page = document.get_dictionary(page_id).expect("printpdf writes it").clone();
        let content = reference(&page, b"Contents");
        for id in [page_id, content, root] {
            document.objects.remove(&id);
        }
        let resources = reference(&page, b"Resources");
        let font_table = document.get_dictionary(resources).and_then(|r| r.get(b"Font")).cloned();
        let font_table = font_table.expect("printpdf writes it");
        forms_use_fonts(&mut document, &font_table);
        // Dates would make two runs differ; the rest names a standard that is not claimed.
        let information = document.get_dictionary_mut(info).expect("printpdf writes it");
        for key in
            ["CreationDate", "ModDate", "GTS_PDFXVersion", "Identifier", "Keywords", "Author", "Subject"]
        {
            information.remove(key.as_bytes());
        }
        let mut root_entries = Dictionary::new();
        root_entries.set("Type", "Pages");
        root_entries.set("Kids", Vec::<Object>::new());
        for key in ["MediaBox", "CropBox", "Resources"] {
            root_entries.set(key, page.remove(key.as_bytes()).expect("printpdf writes it"));
        }
        for key in ["Parent", "Contents", "Annots"] {
            page.remove(key.as_bytes());
        }
        if layout.marks == Marks::Crop || layout.bleed > Length::ZERO {
            page.set("BleedBox", corners(layout, options, layout.bleed));
            page.set("TrimBox", corners(layout, options, Length::ZERO));
        }
        document.compress();
        let (objects, id_max) = (document.objects, document.max_id);
        Skeleton { objects, id_max, root, catalog, info, page, root_entries }
    }
}

/// Forms need the fonts among resources of their own.
fn forms_use_fonts(document: &mut Document, fonts: &Object) {
    for object in document.objects.values_mut() {
        if let Object::Stream(stream) = object
            && stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form")
        {
            let mut resources = Dictionary::new();
            resources.set("Font", fonts.clone());
            stream.dict.set("Resources", resources);
        }
    }
}

/// The cell of a one-cell page with something around it, as a PDF rectangle: where the printer's nudge and scale bring
/// it, so that it is cut where it was drawn.
fn corners(layout: &Layout, options: &Options, around: Length) -> Vec<Object> {
    let page = layout.page;
    let x = |x: Length| (options.scaled(x) + options.nudge_x).max(Length::ZERO).at_most(page.0);
    let y = |y: Length| page.1 - (options.scaled(y) + options.nudge_y).max(Length::ZERO).at_most(page.1);
    let ((left, top), (width, height)) = (layout.first, layout.cell);
    let corners = [x(left - around), y(top + height + around), x(left + width + around), y(top - around)];
    corners.map(|l| Object::Real(points(l))).to_vec()
}

fn points(length: Length) -> f32 {
    length.points().to_string().parse().expect("points print as a number")
}

fn printpdf_document(layout: &Layout, title: &str, fonts: &Fonts, forms: Vec<Form>) -> Document {
    let mut document = PdfDocument::new(title);
    document.metadata.info.creator = "Polsband".to_owned();
    document.metadata.info.producer = "Polsband with printpdf".to_owned();
    let mut ops = vec![Op::StartTextSection];
    for (face, subset) in [(Face::Regular, &fonts.regular), (Face::Bold, &fonts.bold)] {
        let id = FontId(face.resource().to_owned());
        document.resources.fonts.map.insert(id.clone(), PdfFont::new(subset.parsed.clone()));
        // printpdf embeds the fonts that some page uses, and describes the glyphs it sees there.
        ops.push(Op::SetFont { font: PdfFontHandle::External(id), size: Pt(1.0) });
        ops.push(Op::ShowText { items: vec![TextItem::Text(subset.characters())] });
    }
    ops.push(Op::EndTextSection);
    for form in forms {
        let id = XObjectId(form.name.to_owned());
        document.resources.xobjects.map.insert(id, XObject::External(form.object));
    }
    let mut page = PdfPage::new(Mm(0.0), Mm(0.0), ops);
    page.media_box = rectangle([Length::ZERO, Length::ZERO, layout.page.0, layout.page.1]);
    page.crop_box = page.media_box.clone();
    page.trim_box = if layout.per_page() == 1 {
        let left = layout.first.0;
        let bottom = layout.page.1 - layout.first.1 - layout.cell.1;
        rectangle([left, bottom, left + layout.cell.0, bottom + layout.cell.1])
    } else {
        page.media_box.clone()
    };
    document.with_pages(vec![page]);
    let mut warnings = Vec::new();
    let made = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    debug_assert!(warnings.is_empty(), "{warnings:?}");
    made
}

/// printpdf writes `[x y width height]` where PDF reads two corners, so the far corner goes in their place.
fn rectangle(corners: [Length; 4]) -> Rect {
    let [x, y, right, top] = corners.map(|length| Pt(points(length)));
    Rect { x, y, width: right, height: top, mode: None, winding_order: None }
}

fn external<const N: usize>(kind: &str, entries: [(&str, DictItem); N], content: Vec<u8>) -> ExternalXObject {
    let name = |name: &str| DictItem::Name(name.as_bytes().to_vec());
    let usual = [("Type", name("XObject")), ("Subtype", name(kind)), ("Filter", name("FlateDecode"))];
    let dict = usual.into_iter().chain(entries).map(|(key, item)| (key.to_owned(), item)).collect();
    let stream = ExternalStream { dict, content, compress: false };
    ExternalXObject { stream, width: None, height: None, dpi: None }
}

/// One object as lopdf writes it, cut out of a document that holds nothing else.
pub(crate) fn serialised(id: ObjectId, object: &Object) -> Vec<u8> {
    let mut document = Document::with_version(VERSION);
    document.objects.insert(id, object.clone());
    document.max_id = id.0;
    document.reference_table.cross_reference_type = XrefType::CrossReferenceTable;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("writing to memory");
    let head = format!("\n{} {} obj", id.0, id.1);
    let start =
        bytes.windows(head.len()).position(|part| part == head.as_bytes()).expect("lopdf writes it") + 1;
    let table = position(&bytes, b"\nstartxref\n") + b"\nstartxref\n".len();
    let number = bytes[table..].iter().take_while(|b| b.is_ascii_digit());
    let end = number.fold(0, |end, digit| end * 10 + usize::from(digit - b'0'));
    bytes[start..end].to_vec()
}

/// Where the last of some bytes starts; a font's data may hold any of them by chance, but stands before.
fn position(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).rposition(|part| part == what).expect("lopdf writes it")
}

/// A dictionary's entries without its brackets.
pub(crate) fn entries(dictionary: &Dictionary) -> Vec<u8> {
    let whole = serialised((1, 0), &Object::Dictionary(dictionary.clone()));
    let start = whole.windows(2).position(|part| part == b"<<").expect("a dictionary") + 2;
    let end = whole.windows(2).rposition(|part| part == b">>").expect("a dictionary");
    whole[start..end].to_vec()
}
