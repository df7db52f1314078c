// Sales and parts of sales that go back, each to its own wristband.

import * as answers from './answer.js';
import * as basket from './basket.js';
import { uncover } from './dom.js';
import { asides, changeAsides, inFull, isClosed, leaveToDesk, rememberTrained, takeBack } from './sale.js';
import { amountsOf, draw, offline, shown, whileBusy } from './scan.js';
import { paidBy, t, why } from './words.js';

// What was paid of sales that are not over, and who settles that: a sentence, or none.
export function paidOfOpen(closed = isClosed()) {
  const baskets = [basket.current(), ...asides().map((aside) => aside.basket)].filter(Boolean);
  const paid = baskets.flatMap((one) => basket.parts(one));
  return paid.length ? [t(closed ? 'under_way_closed' : 'under_way', { parts: paidBy(paid) })] : [];
}

// That nobody here knows what became of these: a sentence, or none.
export function unknownOf(sales) {
  const values = { count: sales.length, amount: amountsOf(sales) };
  return sales.length ? [t(sales.length > 1 ? 'revoked_open_more' : 'revoked_open', values)] : [];
}

// The parts that were paid go back, each to its own wallet, and the basket is whole again. One that is refused keeps no
// other from going back, and stays in the basket; without an answer it stops there, and goes on when it is touched again.
// Where all that stay are too old for the bar, or the festival is closed, the basket can be left: others can be served, and
// the terminal ended.
export const giveBack = () => goBack(basket.current().paid, tellStays);

// As a part of the basket it is to be paid again.
export const takeSaleBack = (sale) => goBack([sale], ([stays]) => tellVoid(stays));

// For these no part ever goes back at the bar.
const FOR_GOOD = ['too-late-to-void', 'event-closed'];

const goBack = (sales, tellForGood) =>
  whileBusy(async () => {
    if (offline(t('not_done'), t('void_offline'))) return;
    const [back, not] = [[], []];
    for (const sale of sales) {
      const outcome = await shown(t('charging'), takeBack(sale));
      // The app says so, all of it.
      if (outcome.kind === 'revoked') return;
      if (outcome.kind === 'voided') {
        basket.takenBack(sale);
        changeAsides((its) => basket.without(its, sale));
        back.push(outcome);
      } else not.push(outcome);
      if (outcome.kind === 'void-unknown') break;
    }
    const others = not.filter(({ error }) => !FOR_GOOD.includes(error?.name_));
    if (others.length > 0) tellVoid(others[0], back);
    else if (not.length > 0) tellForGood(not, back);
    else if (back.length === 1) answers.voided(back[0]);
    else answers.partsVoided(back);
  });

function tellStays(outcomes, back) {
  const closed = outcomes.some(({ error }) => error.name_ === 'event-closed');
  const parts = outcomes.map(({ sale }) => inFull(sale));
  answers.stays(parts, back, closed, () => whileBusy(() => {
    leaveToDesk(parts);
    basket.empty();
    // Before the focus goes back: it goes to what can still be touched.
    draw();
    uncover();
  }));
}

// In training nothing is sent.
export function takeTrainedBack(sale) {
  rememberTrained({ ...sale, voided: true });
  answers.partsVoided([{ sale }], true);
}

// `back` went back meanwhile.
function tellVoid({ kind, error, sale }, back = []) {
  const about = { serial: sale.serial, figures: answers.others(back) };
  if (kind === 'void-unknown') answers.say('void-unknown', 'waiting', t('unknown'), t('void_unknown'), about);
  else answers.say('refused', 'bad', t('not_done'), why(error), about);
}
