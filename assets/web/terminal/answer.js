// Full-screen answers: a colour, a shape, words, a sound and a buzz, so that nobody needs all of them.

import { button, cover, h, picture, uncover } from './dom.js';
import { isEmpty } from './basket.js';
import { signal } from './signal.js';
import { euros, t, why } from './words.js';

const GREEN_MS = 6000;
const SHAPES = { good: '✓', bad: '✕', waiting: '…', info: 'i' };

const lastFour = (serial) => serial.slice(-4);

function rows(...pairs) {
  const lines = pairs.filter(Boolean).map(([name, value, kind]) =>
    h('div', { class: kind || '' }, h('dt', {}, name), h('dd', {}, value)));
  return h('dl', { class: 'figures' }, lines);
}

// Shows an answer; `kind` is what it is called in the page, for styles and tests.
export function answer(kind, tone, title, { more, figures, serial, extra, actions, training, closes, whenGone }) {
  const buttons = actions || [button(isEmpty() ? t('next') : t('ok'), uncover, { class: 'main', 'data-first': true })];
  const element = h(
    'div',
    { class: `answer ${tone}`, role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'answer-title', tabindex: '-1', 'data-answer': kind },
    h('div', { class: 'sheet' },
      training && h('p', { class: 'stripes' }, t('nothing_charged')),
      h('div', { class: 'headline' },
        h('span', { class: 'shape', 'aria-hidden': 'true' }, SHAPES[tone]),
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

export const isAnswering = () => document.querySelector('#over [data-answer]') !== null;

export function working(text) {
  cover(h('div', { class: 'answer working', role: 'alertdialog', 'aria-modal': 'true', tabindex: '-1', 'data-answer': 'working' },
    h('div', { class: 'sheet' }, h('div', { class: 'headline' }, h('span', { class: 'turning', 'aria-hidden': 'true' }), h('h1', {}, text)))));
}

export function paid({ sale, old_cents, balance_cents }, training = false) {
  answer(training ? 'trained' : 'paid', 'good', training ? t('trained') : t('paid'), {
    figures: rows(
      [t('before'), euros(old_cents)],
      [t('amount'), euros(-sale.amount_cents)],
      [t('now'), euros(balance_cents), 'big'],
    ),
    serial: sale.serial,
    training,
    closes: GREEN_MS,
  });
}

export function balance(found, training) {
  const problem = found.status === 'active' ? null : t(`why ${found.status}`);
  answer('balance', found.status === 'active' ? 'info' : 'bad', t('balance'), {
    figures: rows([t('balance'), euros(found.balance_cents), 'big']),
    more: problem,
    serial: found.serial,
    training,
  });
}

export function notPaid(kind, error) {
  answer(kind, 'bad', t('refused'), { more: why(error) });
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

// Not enough money: what is missing, the code to pay it with, and the ways on.
export function short({ balance_cents, missing_cents, total_cents, training }, { pay, split, qr, whenGone }) {
  const place = h('div', { class: 'qr', 'data-qr': 'loading' });
  const state = h('p', { class: 'state', role: 'status' }, training ? '' : t('waiting_money'));
  const again = button(t('pay', { amount: euros(total_cents) }), pay, { class: 'main', disabled: true });
  const actions = [
    !training && again,
    split && button(t('split', { amount: euros(balance_cents) }), split),
    button(t('cancel'), uncover, { 'data-first': true }),
  ];
  answer('short', 'bad', t('short'), {
    figures: rows([t('balance'), euros(balance_cents)], [t('missing'), euros(missing_cents), 'big']),
    extra: training ? null : h('div', { class: 'ways' }, place, state),
    actions: actions.filter(Boolean),
    training,
    whenGone,
  });
  if (training) return null;
  qr.then(
    ({ svg, amount_cents }) => {
      const amount = euros(amount_cents ?? missing_cents);
      place.replaceChildren(picture(svg, t('qr_label')));
      place.dataset.qr = 'there';
      place.after(h('p', {}, amount_cents === null ? t('qr_typed', { amount }) : t('qr_exact', { amount })));
    },
    () => {
      place.dataset.qr = 'none';
      place.replaceChildren(t('qr_none'));
    },
  );
  return {
    moneyCame(balance_now) {
      if (!again.disabled) return;
      again.disabled = false;
      again.classList.add('ready');
      state.textContent = `${t('money_came')}: ${euros(balance_now)}`;
      signal('info');
      again.focus();
    },
  };
}

export function sure(title, more, yes, word) {
  answer('sure', 'info', title, {
    more,
    actions: [
      button(word, yes, { class: 'main' }),
      button(t('cancel'), uncover, { 'data-first': true }),
    ],
  });
}
