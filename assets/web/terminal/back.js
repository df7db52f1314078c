// Sales and parts of sales that go back, each to its own wristband.

import * as answers from './answer.js';
import * as basket from './basket.js';
import { uncover } from './dom.js';
import { asides, changeAsides, inFull, leaveToDesk, rememberTrained, takeBack } from './sale.js';
import { draw, offline, shown, whileBusy } from './scan.js';
import { paidBy, t, why } from './words.js';

// What was paid of sales that are not over: a sentence, or none.
export function paidOfOpen() {
  const baskets = [basket.current(), ...asides().map((aside) => aside.basket)].filter(Boolean);
  const paid = baskets.flatMap((one) => basket.parts(one));
  return paid.length ? [t('under_way', { parts: paidBy(paid) })] : [];
}

// The parts that were paid go back, each to its own wallet, and the basket is whole again. One that is refused keeps no
// other from going back, and stays in the basket; without an answer it stops there, and goes on when it is touched again.
// Where all that stay are too old for the bar, the basket can be left, so that others can be served.
export const giveBack = () => goBack(basket.current().paid, tellTooLate);

// As a part of the basket it is to be paid again.
export const takeSaleBack = (sale) => goBack([sale], ([late]) => tellVoid(late));

const goBack = (sales, tellLate) =>
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
    const others = not.filter(({ error }) => error?.name_ !== 'too-late-to-void');
    if (others.length > 0) tellVoid(others[0]);
    else if (not.length > 0) tellLate(not);
    else if (back.length === 1) answers.voided(back[0]);
    else answers.partsVoided(back);
  });

function tellTooLate(outcomes) {
  const parts = outcomes.map(({ sale }) => inFull(sale));
  answers.tooLate(parts, () => whileBusy(() => {
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

function tellVoid({ kind, error, sale }) {
  if (kind === 'void-unknown') answers.say('void-unknown', 'waiting', t('unknown'), t('void_unknown'), { serial: sale.serial });
  else answers.say('refused', 'bad', t('not_done'), why(error), { serial: sale.serial });
}
