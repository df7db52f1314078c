//! Wristbands, read along their length.
//!
//! ```text
//! | tab, free | event | TOP-UP | what it is for, merchant | serial | how to pay | PAY | tail, free |
//! ```
//!
//! The tab's adhesive closes the band on the inside of the wrist. The top-up code comes to lie on the back
//! of the hand's side, the pay code at the far end: on the inside, where hand and arm cover it.

use super::super::column::{Align, Area, Item, Style, bold, plain};
use super::super::length::Length;
use super::super::{CodeKind, Refusal};
use super::{Bar, Composer, Side};

const TOP_UP_MODULE_MOST: Length = Length::um(600);
const PAY_MODULE_MOST: Length = Length::um(450);
/// A code bends with the wrist: no longer than this along the band.
const ALONG_MOST: Length = Length::mm(25);
const SERIAL_SIZE: Length = Length::um(4_200);
/// A stripe in the event's colour beside its name.
const STRIPE: Length = Length::um(1_600);
const STRIPE_APART: Length = Length::um(2_400);
/// Most of the codes' height that a logo takes, in thousandths.
const LOGO_SHARE: i64 = 620;
/// Between a column and the code it does not belong to.
const APART: Length = Length::mm(4);

impl Composer<'_> {
    pub(super) fn band(&mut self) -> Result<Side, Refusal> {
        let safe = self.safe();
        let room = safe.height.at_most(ALONG_MOST);
        let top_up = self.module(room, self.top_up_modules, TOP_UP_MODULE_MOST);
        let pay = self.module(room, self.pay_modules, PAY_MODULE_MOST);
        let top_up_side = Composer::side_of(self.top_up_modules, top_up);
        let pay_side = Composer::side_of(self.pay_modules, pay);
        let centred = |side: Length| safe.y + (safe.height - side) / 2;
        let free = safe.width - top_up_side - pay_side;
        if free < Length::mm(60) {
            return Err(self.no_room("texts", format!("{free} are left between the codes; 60 mm are needed")));
        }
        let before = free.permille(400);
        let start = safe.x + before;
        let pay_start = safe.right() - pay_side;
        let top_up = self.square(CodeKind::TopUp, start, centred(top_up_side), top_up)?;
        let pay = self.square(CodeKind::Pay, pay_start, centred(pay_side), pay)?;
        // Words end where the larger code's dark modules end.
        let dark = top_up.dark();
        let column = |x: Length, width: Length| Area { x, y: dark.y, width, height: dark.height };
        let mut side = Side::default();
        let words = self.words;
        let middle = Style { middle: true, ..Style::PLAIN };
        let event = [bold("event name", &self.text.event_name, 200, 2)];
        let mut name = column(safe.x, before - APART);
        if let Some(colour) = self.text.colour {
            side.bars.push(Bar { area: Area { width: STRIPE, ..name }, colour });
            let by = STRIPE + STRIPE_APART;
            name = Area { x: name.x + by, width: name.width - by, ..name };
        }
        let event = self.under_logo(dark.height.permille(LOGO_SHARE), &event);
        self.column(&mut side, name, middle, &event, &[])?;
        let after = start + top_up_side;
        let rest = pay_start - after - APART * 2;
        let (purpose, number) = (rest.permille(400), rest.permille(290));
        let above = self.purpose((105, 2), (85, 2));
        let below = [plain("merchant line", &self.merchant_line(), 75, 2)];
        self.column(&mut side, column(after, purpose), Style::PLAIN, &above, &below)?;
        let serial = Item::Serial { size: SERIAL_SIZE };
        self.column(&mut side, column(after + purpose + APART, number), middle, &[serial], &[])?;
        let paying = column(after + purpose + number + APART * 2, rest - purpose - number);
        let above = [bold("pay purpose", words.pay_do, 80, 3), plain("pay purpose", words.pay_safe, 65, 3)];
        self.column(&mut side, paying, Style { align: Align::Right, ..middle }, &above, &[])?;
        side.top_up = Some(top_up);
        side.pay = Some(pay);
        Ok(side)
    }
}
