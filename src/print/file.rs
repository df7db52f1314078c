//! Writing a PDF as its pages come: the skeleton's objects first, then each page, then the page tree, the
//! table of objects and the trailer. (printpdf itself would hold all pages in memory until the end.)

use super::Options;
use super::counted::Counted;
use super::draw::Fonts;
use super::layout::Layout;
use super::skeleton::{Form, Skeleton, VERSION, entries, serialised};
use lopdf::{Dictionary, Object, ObjectId};
use std::io::{self, Write};

/// Pages under one node of the page tree.
const NODE_PAGES: usize = 128;

/// Writes a PDF page by page.
pub(crate) struct Writer<W: Write> {
    out: Counted<W>,
    /// Byte offset of each object; index 0 is object 1.
    offsets: Vec<u64>,
    nodes: Vec<(usize, usize)>,
    root: ObjectId,
    catalog: ObjectId,
    info: ObjectId,
    /// Entries that every page has of its own.
    page_entries: Vec<u8>,
    /// Entries that pages take from the root of their tree.
    root_entries: Dictionary,
}

impl<W: Write> Writer<W> {
    /// Writes everything but the pages.
    pub(crate) fn begin(
        out: W,
        (layout, options): (&Layout, &Options),
        title: &str,
        fonts: &Fonts,
        forms: Vec<Form>,
    ) -> io::Result<Writer<W>> {
        let skeleton = Skeleton::new(layout, options, title, fonts, forms);
        let mut writer = Writer {
            out: Counted::new(out),
            offsets: vec![0; usize::try_from(skeleton.id_max).expect("few objects")],
            nodes: Vec::new(),
            root: skeleton.root,
            catalog: skeleton.catalog,
            info: skeleton.info,
            page_entries: entries(&skeleton.page),
            root_entries: skeleton.root_entries,
        };
        // The comment's high bytes tell transfer programs that the file is binary.
        writer.out.write_all(format!("%PDF-{VERSION}\n%").as_bytes())?;
        writer.out.write_all(&[0xE2, 0xE3, 0xCF, 0xD3, b'\n'])?;
        for (id, object) in &skeleton.objects {
            writer.object(*id, object)?;
        }
        Ok(writer)
    }

    /// Writes a page around its deflated content.
    pub(crate) fn page(&mut self, deflated: &[u8]) -> io::Result<()> {
        if self.nodes.last().is_none_or(|(_, pages)| *pages == NODE_PAGES) {
            let node = self.reserve();
            self.nodes.push((node, 0));
        }
        let content = self.start()?;
        writeln!(self.out, "<</Filter/FlateDecode/Length {}>>stream", deflated.len())?;
        self.out.write_all(deflated)?;
        self.out.write_all(b"\nendstream\nendobj\n")?;
        let (node, pages) = self.nodes.last_mut().expect("pushed above");
        *pages += 1;
        let node = *node;
        self.start()?;
        write!(self.out, "<</Parent {node} 0 R/Contents {content} 0 R")?;
        self.out.write_all(&self.page_entries)?;
        self.out.write_all(b">>\nendobj\n")
    }

    /// Writes the page tree, the table of objects and the trailer. Returns the size in bytes.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let pages: usize = self.nodes.iter().map(|(_, pages)| pages).sum();
        for (node, count) in std::mem::take(&mut self.nodes) {
            // Each page is two objects, its content and itself, right behind its node.
            let kids: String = (0..count).map(|page| format!("{} 0 R ", node + 2 * page + 2)).collect();
            self.offsets[node - 1] = self.out.bytes;
            let root = self.root.0;
            writeln!(
                self.out,
                "{node} 0 obj\n<</Type/Pages/Parent {root} 0 R/Count {count}/Kids[{kids}]>>\nendobj"
            )?;
            self.root_entries
                .get_mut(b"Kids")
                .and_then(Object::as_array_mut)
                .expect("set when it was taken")
                .push(Object::Reference((u32::try_from(node).expect("below 2^32 objects"), 0)));
        }
        self.root_entries.set("Count", i64::try_from(pages).expect("below 2^63 pages"));
        let (root, entries) = (self.root, std::mem::take(&mut self.root_entries));
        self.object(root, &Object::Dictionary(entries))?;
        let table = self.out.bytes;
        writeln!(self.out, "xref\n0 {}\n0000000000 65535 f ", self.offsets.len() + 1)?;
        for offset in &self.offsets {
            match offset {
                0 => writeln!(self.out, "0000000000 65535 f ")?,
                offset => writeln!(self.out, "{offset:010} 00000 n ")?,
            }
        }
        let (size, catalog, info) = (self.offsets.len() + 1, self.catalog.0, self.info.0);
        write!(
            self.out,
            "trailer\n<</Size {size}/Root {catalog} 0 R/Info {info} 0 R>>\nstartxref\n{table}\n%%EOF\n"
        )?;
        self.out.flush()?;
        Ok(self.out.bytes)
    }

    fn object(&mut self, id: ObjectId, object: &Object) -> io::Result<()> {
        self.offsets[id.0 as usize - 1] = self.out.bytes;
        self.out.write_all(&serialised(id, object))
    }

    fn reserve(&mut self) -> usize {
        self.offsets.push(0);
        self.offsets.len()
    }

    fn start(&mut self) -> io::Result<usize> {
        self.offsets.push(self.out.bytes);
        writeln!(self.out, "{} 0 obj", self.offsets.len())?;
        Ok(self.offsets.len())
    }
}
