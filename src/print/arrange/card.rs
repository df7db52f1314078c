//! Cards printed on both sides: topping up on the front, paying on the reverse, where the hand covers it.

use super::super::colour::Colour;
use super::super::column::{Area, Item, Style, bold, plain};
use super::super::length::Length;
use super::super::{CodeKind, Refusal};
use super::{Bar, Composer, Side, cell_size};

const TOP_UP_MODULE_MOST: Length = Length::um(800);
const PAY_MODULE_MOST: Length = Length::um(900);
/// The event's name runs across the top, on its colour (or black) where there is bleed to carry that over the edge.
const HEADER: Length = Length::um(9_000);
/// Under the event's name where there is no bleed.
const RULE: Length = Length::um(300);
const RULE_COLOURED: Length = Length::um(700);
const LOGO_HIGHEST: Length = Length::um(9_000);
const SERIAL_SIZE: Length = Length::um(4_600);
/// Most of a card's width that a code may take, in thousandths.
const CODE_SHARE: i64 = 480;

impl Composer<'_> {
    /// Front and reverse.
    pub(super) fn card(&mut self) -> Result<(Side, Side), Refusal> {
        let words = self.words;
        let line = self.merchant_line();
        let serial = Item::Serial { size: SERIAL_SIZE };
        let [what, safe] = self.purpose((150, 3), (100, 4));
        let above = [what, safe, plain("merchant line", &line, 80, 3)];
        let front = self.face(CodeKind::TopUp, &above, std::slice::from_ref(&serial))?;
        self.reverse = true;
        let back = self.face(
            CodeKind::Pay,
            &[bold("purpose", words.pay_do, 150, 3), plain("purpose", words.pay_safe, 100, 4)],
            &[serial],
        )?;
        Ok((front, back))
    }

    fn face(&mut self, code: CodeKind, above: &[Item], below: &[Item]) -> Result<Side, Refusal> {
        let safe = self.safe();
        let mut side = Side::default();
        let header = safe.y + HEADER;
        let top = header + Length::um(1_000);
        let room = (safe.bottom() - top).at_most(safe.width.permille(CODE_SHARE));
        let most = if code == CodeKind::TopUp { TOP_UP_MODULE_MOST } else { PAY_MODULE_MOST };
        let module = self.module(room, self.modules(code), most);
        let extent = Composer::side_of(self.modules(code), module);
        let y = top + (safe.bottom() - top - extent) / 2;
        let square = self.square(code, safe.x, y, module)?;
        let dark = square.dark();
        self.header(&mut side, dark.x, header)?;
        // As wide as the header: nothing stands beyond the end of its rule.
        let (start, end) = (square.with_quiet().right(), safe.right() - (dark.x - safe.x));
        let words = Area { x: start, y: dark.y, width: end - start, height: dark.height };
        let above = self.under_logo(LOGO_HIGHEST, above);
        self.column(&mut side, words, Style::PLAIN, &above, below)?;
        match code {
            CodeKind::TopUp => side.top_up = Some(square),
            CodeKind::Pay => side.pay = Some(square),
        }
        Ok(side)
    }

    /// The event's name across the top, starting where the code's dark modules start.
    fn header(&mut self, side: &mut Side, x: Length, bottom: Length) -> Result<(), Refusal> {
        let (width, _) = cell_size(self.layout);
        let safe = self.safe();
        let bleed = self.layout.bleed;
        let colour = self.colour();
        let (ink, area) = if bleed > Length::ZERO {
            let ink = if colour.is_dark() { Colour::WHITE } else { Colour::BLACK };
            (ink, Area { x: -bleed, y: -bleed, width: width + bleed * 2, height: bottom + bleed })
        } else {
            let rule = if self.text.colour.is_some() { RULE_COLOURED } else { RULE };
            let width = safe.right() - (x - safe.x) - x;
            (Colour::BLACK, Area { x, y: bottom - rule, width, height: rule })
        };
        side.bars.push(Bar { area, colour });
        let height = bottom - safe.y - Length::um(900);
        let area = Area { x, y: safe.y, width: safe.right() - (x - safe.x) - x, height };
        let style = Style { ink, middle: true, ..Style::PLAIN };
        let event = self.text.event_name.clone();
        self.column(side, area, style, &[bold("event name", &event, 160, 1)], &[])
    }
}
