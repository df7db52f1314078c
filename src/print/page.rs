//! The content of one page: its cells with their pieces, deflated. Pages don't depend on each other.

use super::arrange::{Side, cell_size};
use super::draw::{BLACK, Content, Fonts, cell_matrix, code, inline_is_safe, logo, put, serial};
use super::encode::{Encoder, Mode};
use super::layout::Marks;
use super::length::Length;
use super::plan::Plan;
use super::{CodeKind, Level, Options, Piece, Refusal};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// Names of the forms that hold what every page repeats.
pub(crate) const FRONT: &str = "Front";
pub(crate) const BACK: &str = "Back";
pub(crate) const MARKS: &str = "Marks";
/// The event's logo, in the unit square.
pub(crate) const LOGO: &str = "Logo";

/// Everything pages are drawn with; shared by all threads.
pub(crate) struct Painter<'a> {
    plan: &'a Plan,
    fonts: &'a Fonts,
    top_up: Encoder,
    pay: Encoder,
}

impl<'a> Painter<'a> {
    pub(crate) fn new(plan: &'a Plan, fonts: &'a Fonts) -> Painter<'a> {
        Painter {
            plan,
            fonts,
            top_up: Encoder::new(plan.top_up.version, plan.top_up.level, plan.top_up.mode),
            pay: Encoder::new(plan.pay.version, Level::M, Mode::Alphanumeric),
        }
    }

    /// The deflated streams of a sheet: its front, and its reverse where the layout has one.
    pub(crate) fn sheet(&self, pieces: &[Piece]) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut streams = vec![self.side(pieces, &self.plan.arranged.front, FRONT)?];
        if let Some(back) = &self.plan.arranged.back {
            streams.push(self.side(pieces, back, BACK)?);
        }
        Ok(streams)
    }

    fn side(&self, pieces: &[Piece], side: &Side, form: &str) -> Result<Vec<u8>, Refusal> {
        let layout = &self.plan.layout;
        let (_, height) = cell_size(layout);
        let mut out = Content::new();
        put!(out, "{}\n{BLACK}", adjustment(&self.plan.options, layout.page.1));
        if layout.marks != Marks::None {
            put!(out, "/{MARKS} Do");
        }
        for (index, piece) in pieces.iter().enumerate() {
            put!(out, "q {} /{form} Do", cell_matrix(layout, index, form == BACK));
            if let Some(area) = &side.logo {
                logo(&mut out, area, LOGO, height);
            }
            for slot in &side.serials {
                serial(&mut out, slot, &piece.serial.grouped(), height, self.fonts);
            }
            if let Some(square) = &side.top_up {
                let symbol = self.top_up.encode_where(&piece.qr_text, inline_is_safe);
                code(&mut out, square, &symbol.ok_or_else(|| too_long(CodeKind::TopUp, piece))?, height);
            }
            if let Some(square) = &side.pay {
                let symbol = self.pay.encode_where(&piece.pay_qr_text, inline_is_safe);
                code(&mut out, square, &symbol.ok_or_else(|| self.pay_refusal(piece))?, height);
            }
            put!(out, "Q");
        }
        Ok(deflated(&out))
    }

    fn pay_refusal(&self, piece: &Piece) -> Refusal {
        if super::encode::is_alphanumeric(&piece.pay_qr_text) {
            too_long(CodeKind::Pay, piece)
        } else {
            Refusal::NotAlphanumeric { sequence: piece.sequence }
        }
    }
}

fn too_long(code: CodeKind, piece: &Piece) -> Refusal {
    Refusal::LongerThanPlanned { code, sequence: piece.sequence }
}

/// The printer's nudge and scale, from the page's left top corner.
pub(crate) fn adjustment(options: &Options, page_height: Length) -> String {
    let scale = i64::from(options.scale_ppm);
    let scaled = Length::nm(page_height.as_nm() / 1_000 * scale / 1_000);
    let down = page_height - scaled - options.nudge_y;
    let factor = format!("{}.{:06}", scale / 1_000_000, scale % 1_000_000);
    format!("{factor} 0 0 {factor} {} {} cm", options.nudge_x.points(), down.points())
}

pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(content.len() / 2), Compression::default());
    encoder.write_all(content).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
