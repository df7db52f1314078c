// Full-screen answers: a colour, a shape, words, a sound and a buzz, so that nobody needs all of them.

import { button, closer, cover, h, picture, uncover } from './dom.js';
import { isEmpty } from './basket.js';
import { signal } from './signal.js';
import { clock, euros, t, why } from './words.js';

const GREEN_MS = 6000;
const SHAPES = { good: '✓', bad: '✕', waiting: '…', info: 'i' };
// In place of the tick where nothing was paid.
const TRAINED = '▲';

const lastFour = (serial) => serial.slice(-4);

function rows(...pairs) {
  const lines = pairs.filter(Boolean).map(([name, value, kind]) =>
    h('div', { class: kind || '' }, h('dt', {}, name), h('dd', {}, value)));
  return h('dl', { class: 'figures' }, lines);
}

// Shows an answer; `kind` is what it is called in the page, for styles and tests. Its button leads back to the products, or
// `onward`.
export function answer(kind, tone, title, { more, figures, serial, extra, actions, training, closes, whenGone, onward }) {
  const first = { class: 'main', 'data-first': true };
  const way = onward ? button(t('ok'), onward, { ...first, 'data-closes': true }) : closer(isEmpty() ? t('next') : t('ok'), first);
  const buttons = actions || [way];
  const element = h(
    'div',
    { class: `answer ${tone}${training ? ' training' : ''}`, role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'answer-title', tabindex: '-1', 'data-answer': kind },
    h('div', { class: 'sheet' },
      training && h('p', { class: 'stripes' }, t('nothing_charged')),
      h('div', { class: 'headline' },
        h('span', { class: 'shape', 'aria-hidden': 'true' }, training && tone === 'good' ? TRAINED : SHAPES[tone]),
        h('h1', { id: 'answer-title' }, title)),
      more && h('p', { class: 'more' }, more),
      figures,
      extra,
      serial && h('p', { class: 'serial' }, `${t('wristband')} `, h('b', {}, `…${lastFour(serial)}`)),
      h('div', { class: 'actions' }, buttons)),
  );
  const timer = closes ? setTimeout(() => element.isConnected && uncover(), closes) : null;
  cover(element, { focus: element.querySelector('[data-first]') || element, whenGone: () => { clearTimeout(timer); whenGone?.(); } });
  signal(tone);
  return element;
}

// The same answer in another tone, under another title.
function dress(element, tone, title) {
  element.className = `answer ${tone}`;
  element.querySelector('.shape').textContent = SHAPES[tone];
  element.querySelector('#answer-title').textContent = title;
  signal(tone);
}

export const isAnswering = () => document.querySelector('#over [data-answer]') !== null;

export function working(text) {
  cover(h('div', { class: 'answer working', role: 'alertdialog', 'aria-modal': 'true', tabindex: '-1', 'data-answer': 'working' },
    h('div', { class: 'sheet' }, h('div', { class: 'headline' }, h('span', { class: 'turning', 'aria-hidden': 'true' }), h('h1', {}, text)))));
}

// `parts` are what others paid of the same basket before.
export function paid({ sale, old_cents, balance_cents, parts = [] }, training = false) {
  const amounts = [...parts, sale].map((part) => part.amount_cents);
  const total = amounts.reduce((sum, cents) => sum + cents, 0);
  const inAll = t('in_all', { total: euros(total), parts: amounts.map(euros).join(' + ') });
  answer(training ? 'trained' : 'paid', 'good', training ? t('trained') : t('paid'), {
    figures: rows(
      [t('before'), euros(old_cents)],
      [t('amount'), euros(-sale.amount_cents)],
      [t(training ? 'would_hold' : 'now'), euros(balance_cents), 'big'],
    ),
    extra: parts.length > 0 && h('p', { class: 'more' }, inAll),
    serial: sale.serial,
    training,
    closes: GREEN_MS,
  });
}

export function balance(found, training) {
  const problem = found.status === 'active' ? null : t(`why ${found.status}`);
  // What the wallet holds is its successor's now.
  const isReplaced = found.status === 'replaced';
  answer('balance', problem ? 'bad' : 'info', t(isReplaced ? 'replaced' : 'balance'), {
    figures: isReplaced ? null : h('p', { class: 'alone' }, euros(found.balance_cents)),
    more: problem,
    serial: found.serial,
    training,
  });
}

// `open` is the sale, where one was meant.
export function notPaid(kind, error, open, onward) {
  const figures = open && rows([t('amount'), euros(open.amount_cents)]);
  answer(kind, 'bad', t('refused'), { more: why(error), figures, onward });
}

export function say(kind, tone, title, more, options = {}) {
  answer(kind, tone, title, { more, ...options });
}

// `leave` sets the sale aside: the screen is free, and it is asked for all the same.
export function unknown(open, leave) {
  answer('unknown', 'waiting', t('unknown'), {
    more: t('unknown_more', { amount: euros(open.amount_cents) }),
    extra: h('div', { class: 'turning large', 'aria-hidden': 'true' }),
    actions: [button(t('set_aside'), leave)],
  });
}

export function voided({ sale, old_cents, balance_cents }) {
  answer('voided', 'info', t('voided'), {
    figures: rows(
      [t('before'), euros(old_cents)],
      [t('amount'), `+${euros(sale.amount_cents)}`],
      [t('now'), euros(balance_cents), 'big'],
    ),
    serial: sale.serial,
  });
}

// Parts of one sale that went back, each to its own wristband.
const wentBack = (outcomes, name) =>
  outcomes.map(({ sale }) => [`${t(name)} …${lastFour(sale.serial)}`, `+${euros(sale.amount_cents)}`]);

// Of several parts, those that went back where another one did not; none says nothing.
export const others = (outcomes) => (outcomes.length ? rows(...wentBack(outcomes, 'voided')) : null);

export function partsVoided(outcomes, training = false) {
  const lines = wentBack(outcomes, 'wristband');
  answer(training ? 'trained-back' : 'voided', 'info', t(training ? 'trained_back' : 'voided'), { figures: rows(...lines), training });
}

// Parts of one sale that can't go back at the bar any more: too old, or of a festival that is closed. Who settles them, and
// the way on. `back` went back.
export function stays(parts, back, closed, leave) {
  const lines = parts.map((part) => [`${t('wristband')} …${lastFour(part.serial)} · ${clock(part)}`, euros(part.amount_cents)]);
  answer(closed ? 'closed' : 'too-late', 'bad', t('not_done'), {
    more: t(closed ? 'closed_more' : 'too_late_more'),
    figures: rows(...lines, ...wentBack(back, 'voided')),
    actions: [
      button(t(closed ? 'leave_to_organiser' : 'leave_basket'), leave, { class: 'main' }),
      closer(t('cancel'), { 'data-first': true }),
    ],
  });
}

// Not enough money: what is missing, the code to pay it with, and the ways on. The figures follow the balance, and where
// the money is there nothing on the screen says otherwise. Not in the green of a sale: nobody has paid yet.
export function short({ balance_cents, total_cents, part_min_cents, training }, { pay, split, qr, whenGone }) {
  let balance_now = balance_cents;
  const missing = () => total_cents - balance_now;
  const figures = h('dl', { class: 'figures', 'aria-live': 'polite' });
  const place = h('div', { class: 'qr', 'data-qr': 'loading' });
  const how = h('p');
  const state = h('p', { class: 'state', role: 'status' }, t('waiting_money'));
  const ways = h('div', { class: 'ways' }, place, how, state);
  const again = button(t('pay', { amount: euros(total_cents) }), pay, { class: 'main', disabled: true });
  const part = button('', () => split(balance_now));
  const cancel = closer(t('cancel'), { 'data-first': true });

  const draw = () => {
    const lines = [[t('balance'), euros(balance_now)], [t('missing'), euros(missing()), 'big']];
    figures.replaceChildren(...rows(...lines).children);
    part.textContent = t('split', { amount: euros(balance_now) });
    part.hidden = balance_now < part_min_cents;
  };
  // What is in the code, or has to be typed, is what is missing now.
  const drawCode = async () => {
    const wanted = missing();
    const code = await qr(wanted).catch(() => null);
    if (wanted !== missing()) return;
    place.dataset.qr = code ? 'there' : 'none';
    place.replaceChildren(code ? picture(code.svg, t('qr_label')) : t('qr_none'));
    const amount = euros(code?.amount_cents ?? wanted);
    how.textContent = code ? t(code.amount_cents === null ? 'qr_typed' : 'qr_exact', { amount }) : '';
  };

  draw();
  const actions = training ? [cancel] : [again, part, cancel];
  const element = answer('short', 'bad', t('short'), { figures, extra: training ? null : ways, actions, training, whenGone });
  if (training) return null;
  drawCode();
  return {
    // Without a connection money may come, and nobody here learns of it.
    hears(isOnline) {
      const text = t(isOnline ? 'waiting_money' : 'waiting_offline');
      if (state.textContent !== text) state.textContent = text;
    },
    // Answers whether the money is there.
    balanceIs(cents) {
      if (cents === balance_now) return false;
      balance_now = cents;
      if (missing() > 0) {
        draw();
        drawCode();
        return false;
      }
      dress(element, 'info', t('money_came'));
      figures.replaceChildren(...rows([t('balance'), euros(balance_now), 'big']).children);
      ways.remove();
      part.remove();
      again.disabled = false;
      again.focus();
      return true;
    },
  };
}

export function sure(title, more, yes, word, training = false) {
  answer('sure', 'info', title, {
    more,
    training,
    actions: [
      button(word, yes, { class: 'main' }),
      closer(t('cancel'), { 'data-first': true }),
    ],
  });
}
