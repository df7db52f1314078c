// A code arrives: from the camera, from a scanner that types, or typed by a person. What it does depends on the basket.

import * as basket from './basket.js';
import * as answers from './answer.js';
import { Refused, Unknown, call, isOnline } from './api.js';
import { hasCamera, watch } from './camera.js';
import { begin as beginChips, readsChips } from './chips.js';
import { button, closer, cover, field, h, uncover } from './dom.js';
import { isTyping } from './keys.js';
import { kept } from './kept.js';
import { askAside, asides, charge, doubts, isClosed, isUnsure, lookUp, openSale, rememberTrained, resolve, setAside, topUpCode, unknownSales, wentBack } from './sale.js';
import { euros, paidBy, t } from './words.js';

const SAME_CODE_MS = 2000;
const WORKING_AFTER_MS = 250;
const MONEY_EVERY_MS = 1000;
const CAMERA_AGAIN_MS = 1500;

let busy = false;
let last = { text: '', at: -SAME_CODE_MS };
// The code that was handled last came while the scan view was open.
let fromScan = false;
// The code that paid a part, and that part's id. It stays in memory, as all codes do.
let parted = null;
let changed = () => {};

export function whenSold(watcher) {
  changed = watcher;
}

export const draw = () => changed();

const training = () => kept('training', false);

// Why training can't begin now: it never meets a sale of which a part was paid, or nobody knows yet. Null where it can.
export function trainingWaits() {
  const unknown = unknownSales();
  if (unknown.length) return t('training_unknown', { amount: amountsOf(unknown) });
  if (doubts().length) return t('training_doubts', { amount: amountsOf(doubts()) });
  return basket.isPartPaid() ? t(isClosed() ? 'leave_part_paid_closed' : 'training_part_paid') : null;
}

// A touch of the screen ends the scan: what comes after it is meant, be it the same code.
export function endScan() {
  last = { text: '', at: -SAME_CODE_MS };
}

// A code as the service reads it: printed it is a link; typed it may have small letters, gaps, and letters for digits.
const spelled = (text) => text.replace(/^[^?]*\//, '').toUpperCase().replace(/[ -]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');

// The same code again within two seconds is the same scan: cameras see it many times, and hands tremble, those that hold a
// scanner over the field, too. Of what came from the field it is said, by `whenIgnored`.
export async function handle(text, whenIgnored = null) {
  text = text.trim();
  const now = performance.now();
  const repeated = spelled(text) === spelled(last.text) && now - last.at < SAME_CODE_MS;
  last = { text, at: now };
  // Beneath the form that makes another terminal of this device nothing is sold.
  if (!text || busy || !document.querySelector('[data-view=till]')) return;
  if (repeated) {
    whenIgnored?.();
    return;
  }
  fromScan = document.querySelector('#over [data-view=scan]') !== null;
  await whileBusy(() => (basket.isEmpty() ? showBalance(text) : sell(text, whenIgnored !== null)));
  requestAnimationFrame(() => performance.measure('scan to answer', { start: now, end: performance.now() }));
}

// One thing at a time: while a sale is under way no other begins.
export async function whileBusy(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (error) {
    console.error(error);
    const cause = error.name === 'QuotaExceededError' || error.name === 'SecurityError' ? t('keeps_nothing') : String(error);
    answers.say('failed', 'bad', t('not_done'), cause);
  } finally {
    busy = false;
    changed();
  }
}

let workingTimer = null;

// Says that something is under way, unless the answer is there at once.
export async function shown(text, promise) {
  clearTimeout(workingTimer);
  workingTimer = setTimeout(() => answers.working(text), WORKING_AFTER_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(workingTimer);
  }
}

// Says that nobody knows yet, and goes on saying so until it is known, or left.
function doubt(open, leave) {
  clearTimeout(workingTimer);
  answers.unknown(open, () => {
    uncover();
    leave();
  });
}

// While the app knows that there is no connection nothing is sent, and nothing is kept to be sent: it says so, and what is
// in the basket stays there.
export function offline(title = t('refused'), more = null) {
  if (isOnline()) return false;
  const parts = basket.parts();
  const nothing = parts.length ? t('offline_part', { parts: paidBy(parts) }) : t('offline_more');
  answers.say('offline', 'bad', title, more ?? nothing);
  return true;
}

async function showBalance(text) {
  if (offline()) return;
  const outcome = await shown(t('looking'), lookUp(text));
  if (outcome.kind === 'balance') answers.balance(outcome.found, training());
  else tell(outcome, text);
}

// What paid a part or was refused may lie before the camera still: it is the same scan.
function scanAgain(text) {
  last = { text, at: performance.now() };
  openScan();
}

// The way on from a refusal: to the scan view where it was open, with the basket as it is.
const backToScan = (text) => (text && fromScan ? () => scanAgain(text) : null);

function tell(outcome, text) {
  switch (outcome.kind) {
    case 'refused': {
      const onward = outcome.error.name_ === 'event-closed' ? null : backToScan(text);
      return answers.notPaid('refused', outcome.error, outcome.open, onward);
    }
    case 'offline':
      return answers.say('offline', 'bad', t('refused'), t('offline_more'));
    case 'not-charged':
      return answers.say('not-charged', 'bad', t('refused'), t('not_charged_more', { amount: euros(outcome.open.amount_cents) }));
    default:
      // Revoked: the app says so, all of it.
      return undefined;
  }
}

async function sell(text, isTyped) {
  if (offline()) return undefined;
  const problem = basket.amountProblem();
  if (problem) return answers.say('refused', 'bad', t('refused'), problem);
  const part = isTyped ? partOf(text) : null;
  if (part) {
    // Typed once more it pays: there may be money on it again.
    parted = null;
    const more = t('paid_its_part', { amount: euros(part.amount_cents) });
    return answers.say('refused', 'bad', t('refused'), more, { serial: part.serial, onward: backToScan(text) });
  }
  if (training()) return train(text);
  if (await isLess(text)) return undefined;
  const of = basket.isPartPaid() ? basket.current().lines : undefined;
  return settled(await shown(t('charging'), charge(basket.content(), text, doubt, { of })), text);
}

// What the help desk took back meanwhile is to be paid as well: before the rest is charged that is said. Answers whether
// there is nothing to charge now.
async function isLess(text) {
  const paid = basket.parts();
  if (!paid.length || isUnsure(basket.current().id)) return false;
  const back = await shown(t('looking'), wentBack(paid));
  for (const part of back) basket.takenBack(part);
  if (!kept('token') || offline()) return true;
  if (!back.length) return false;
  const more = t('part_went_back', { parts: paidBy(back), amount: euros(basket.total()) });
  answers.say('part-back', 'bad', t('refused'), more, { onward: backToScan(text) });
  return true;
}

// The part of the basket that the wristband with this code has just paid.
function partOf(text) {
  if (!parted || spelled(parted.text) !== spelled(text)) return null;
  return basket.current().paid.find(({ id }) => id === parted.id);
}

// What a sale came to, whenever it became known.
function settled(outcome, text) {
  if (outcome.kind === 'short') return tooLittle(outcome, text);
  if (outcome.kind === 'left') return leaveOpen(outcome.open);
  if (outcome.kind !== 'accepted') return tell(outcome, text);
  const { sale } = outcome;
  let parts = [];
  if (basket.current().id === sale.id) {
    // What it was meant as doesn't count: a part that was given up may have arrived after all.
    if (sale.amount_cents < basket.total() && !sale.voided) {
      basket.partPaid(sale);
      parted = text ? { text, id: sale.id } : null;
      return scanAgain(text);
    }
    parts = basket.current().paid;
    if (!sale.voided) basket.keepAsLast();
    // What other wallets have paid of it is still there to be given back.
    if (sale.voided && basket.isPartPaid()) basket.takenBack(sale);
    else basket.empty();
  }
  if (sale.voided) return answers.say('refused', 'bad', t('refused'), t('was_paid_before'));
  return answers.paid({ ...outcome, parts });
}

// The basket goes with its sale, so that the next customer's can begin.
function leaveOpen(open) {
  const own = basket.current().id === open.id;
  setAside(open, own ? basket.current() : null);
  if (own) basket.empty();
}

// Asks for the sales that were set aside, and says what became of one of them, when no other answer is on the screen.
// What is left to pay of it comes back as the basket, unless another was begun. A sale of which one wristband pays a part
// waits until none is.
export async function tellAside() {
  for (const aside of asides()) {
    const isPart = (its) => its.id !== aside.id || basket.isPartPaid(its);
    const whole = !aside.part && !(aside.basket && isPart(aside.basket));
    // A part of it may be taken back while it is asked for: then it is asked for once more.
    const isSame = () => asides().some((now) => now.id === aside.id && now.basket?.id === aside.basket?.id);
    const mayTell = () => !busy && !answers.isAnswering() && (whole || basket.isEmpty()) && isSame();
    if (!mayTell()) continue;
    const become = await askAside(aside);
    if (!become || !mayTell()) continue;
    const outcome = become();
    const charged = outcome.kind === 'accepted';
    const comesBack = aside.basket && basket.isEmpty() && !(charged && whole);
    // Where a part was taken back meanwhile it has another id than the sale.
    if (comesBack) basket.restore(charged ? { ...aside.basket, id: aside.id } : aside.basket);
    const amount = euros(aside.amount_cents);
    if (charged && whole && !outcome.sale.voided) {
      // Not the green of a sale: another customer may stand there now, who has not paid.
      answers.say('known', 'info', t('known'), t('known_more', { amount, serial: outcome.sale.serial.slice(-4) }));
    } else if (!charged && !comesBack) {
      answers.say('not-charged', 'bad', t('refused'), t('aside_not_charged', { amount }));
    } else settled(outcome);
    changed();
    return;
  }
}

// The amounts of sales of which nobody knows yet.
export const amountsOf = (sales) => sales.map((sale) => euros(sale.amount_cents)).join(' + ');

// Judged here, with the balance of now; nothing is sent but the question for it.
async function train(text) {
  const outcome = await shown(t('looking'), lookUp(text));
  if (outcome.kind !== 'balance') return tell(outcome, text);
  const { found } = outcome;
  const amount = basket.total();
  if (found.status !== 'active') return answers.balance(found, true);
  if (!found.can_spend) {
    return answers.say('refused', 'bad', t('refused'), t('why top-up-code-cannot-pay'), { serial: found.serial, training: true, onward: backToScan(text) });
  }
  if (found.balance_cents < amount) {
    return answers.short({ balance_cents: found.balance_cents, total_cents: amount, training: true }, {});
  }
  const { id, lines } = basket.current();
  const sale = { id, amount_cents: amount, serial: found.serial, at: Date.now(), lines, voided: false };
  rememberTrained(sale);
  // Who switches it off meanwhile has trained all the same.
  basket.keepAsLast(true);
  basket.empty();
  return answers.paid({ sale, old_cents: found.balance_cents, balance_cents: found.balance_cents - amount }, true);
}

function tooLittle({ balance_cents }, text) {
  const total_cents = basket.total();
  const { charge_min_cents } = kept('setup', { charge_min_cents: 1 });
  let timer = null;
  let gone = false;
  const view = answers.short({ balance_cents, total_cents, part_min_cents: charge_min_cents }, {
    qr: (missing_cents) => topUpCode(text, missing_cents),
    pay: () => whileBusy(() => sell(text)),
    split: (part_cents) => whileBusy(() => payPart(text, part_cents)),
    whenGone: () => {
      gone = true;
      clearTimeout(timer);
    },
  });
  const look = async () => {
    const outcome = await lookUp(text);
    if (gone) return;
    // Frozen or replaced meanwhile, it pays nothing, whatever its wallet holds.
    if (outcome.kind === 'balance' && outcome.found.status !== 'active') {
      const { serial, status } = outcome.found;
      answers.say('refused', 'bad', t('refused'), t(`why ${status}`), { serial });
      return;
    }
    view.hears(outcome.kind !== 'offline');
    const isThere = outcome.kind === 'balance' && view.balanceIs(outcome.found.balance_cents);
    if (!isThere) timer = setTimeout(look, MONEY_EVERY_MS);
  };
  timer = setTimeout(look, MONEY_EVERY_MS);
}

async function payPart(text, part_cents) {
  if (offline()) return;
  if (await isLess(text)) return;
  const content = basket.partContent(part_cents);
  const about = { part: true, of: basket.current().lines };
  settled(await shown(t('charging'), charge(content, text, doubt, about)), text);
}

// A sale that was under way when the page was closed or reloaded.
export function finishOpenSale() {
  const open = openSale();
  if (!open) return null;
  return whileBusy(async () => settled(await resolve(open, null, doubt)));
}

async function readByService(picture, size) {
  try {
    return await call('POST', `/api/v1/terminal/decode?${size}`, picture);
  } catch (error) {
    if (error instanceof Refused || error instanceof Unknown) return null;
    throw error;
  }
}

// The scan view: what is to be paid, the camera, and a field for typing.
export function openScan() {
  if (offline()) return;
  const selling = !basket.isEmpty();
  const video = h('video', { muted: true, playsinline: true, 'aria-hidden': 'true' });
  const hint = h('p', { class: 'hint', role: 'status' }, t('camera_starts'));
  const typed = field('typed', t('type_code'), '', { autocapitalize: 'characters', spellcheck: 'false', enterkeyhint: 'go', maxlength: '256' });
  const { input } = typed;
  const form = h('form', { class: 'typed', novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    const text = input.value;
    // A scanner types the next one behind it.
    input.value = '';
    typed.says(text.trim() ? '' : t('needed'));
    // Who touches the button means it: a touch ends the scan before.
    handle(text, () => (hint.textContent = t('same_code')));
  } }, typed.label, h('div', {}, input, button(t('go'), () => form.requestSubmit(), { class: 'main' })), typed.mistake);
  const title = selling ? (basket.isPartPaid() ? t('scan_rest') : t('scan_pay')) : t('scan_balance');
  const close = closer(t('cancel'), { 'data-first': true });
  const element = h('div', { class: 'scan', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'scan-title', tabindex: '-1', 'data-view': 'scan' },
    training() && h('p', { class: 'stripes' }, t('training')),
    h('h1', { id: 'scan-title' }, title),
    h('p', { class: 'due' }, selling ? euros(basket.total()) : '\u00a0'),
    h('div', { class: 'finder' }, video, h('span', { class: 'corners', 'aria-hidden': 'true' }), hint),
    h('p', { class: 'chip' }, t('hold_chip')),
    form,
    h('div', { class: 'actions' }, close));
  let stop = null;
  let gone = false;
  if (readsChips()) beginChips(handle).then((reads) => element.classList.toggle('chips', reads));
  cover(element, { whenGone: () => {
    gone = true;
    stop?.();
  } });
  // What works without one is the field. Whoever is elsewhere by now, or a scanner in the middle of a code, is left alone.
  const blind = (is, why = 'no_camera') => {
    const was = element.classList.contains('blind');
    element.classList.toggle('blind', is);
    if (was || !is) return;
    hint.textContent = t(why);
    if (document.activeElement === close && !isTyping()) input.focus({ preventScroll: true });
  };
  if (!hasCamera()) {
    blind(true);
    return;
  }
  const saySeveral = (several) => {
    hint.textContent = t(several ? 'several' : 'hold');
  };
  const begin = () => !gone && watch(video, handle, saySeveral, readByService).then(
    (stopped) => {
      if (gone) return stopped();
      stop = stopped;
      blind(false);
      element.classList.add('seeing');
      hint.textContent = t('hold');
      return undefined;
    },
    (error) => {
      if (gone) return;
      blind(true, error.name === 'NotAllowedError' ? 'camera_refused' : 'no_camera');
      // One that is busy elsewhere, or slow to start, may be there in a moment; one that isn't, or isn't allowed, not.
      if (['NotAllowedError', 'NotFoundError', 'SecurityError'].includes(error.name)) return;
      console.warn(error);
      setTimeout(begin, CAMERA_AGAIN_MS);
    },
  );
  begin();
}
