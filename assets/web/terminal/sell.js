// The selling screen: products, the basket, and what state the terminal is in.

import * as basket from './basket.js';
import { isOnline } from './api.js';
import { giveBack } from './back.js';
import { button, closer, cover, h, show, uncover } from './dom.js';
import { keep, kept } from './kept.js';
import { openMenu } from './menu.js';
import { asides } from './sale.js';
import { amountsOf, openScan } from './scan.js';
import { OTHER_AMOUNT, counted, euros, named, paidBy, t } from './words.js';

const parts = {};

// Builds the screen once; what changes later is drawn into its parts.
export function build() {
  parts.where = h('div', { class: 'where' });
  parts.strip = h('p', { class: 'strip', role: 'status' });
  parts.menu = button(t('menu'), () => openMenu(draw), { class: 'menu-button' });
  parts.aside = h('p', { class: 'aside', role: 'status', hidden: true });
  parts.grid = h('div', { class: 'grid', role: 'group' });
  parts.lines = h('ul', { class: 'lines', onscroll: fade });
  parts.whole = button('', () => {
    showWhole(!isWhole());
    if (parts.whole.hidden) parts.pay.focus({ preventScroll: true });
  }, { class: 'whole-button' });
  parts.total = h('p', { class: 'total', 'aria-live': 'polite' });
  parts.left = button('', () => {}, { class: 'left' });
  parts.pay = button('', openScan, { class: 'main pay', 'data-rest': true });
  const sum = h('div', { class: 'sum-line' }, parts.whole, parts.total);
  parts.basket = h('section', { class: 'basket' }, parts.lines, sum, h('div', { class: 'do' }, parts.left, parts.pay));
  parts.main = h('main', {}, parts.aside, parts.grid);
  parts.till = h('div', { class: 'till', 'data-view': 'till' },
    h('header', { class: 'top' }, parts.where, parts.menu),
    parts.strip,
    parts.main,
    parts.basket);
  show(document.getElementById('app'), parts.till);
  new ResizeObserver(fade).observe(parts.lines);
  draw();
}

export function draw() {
  if (!parts.grid?.isConnected) return;
  const setup = kept('setup');
  drawTop(setup);
  drawAside();
  drawGrid(setup);
  drawBasket();
}

function drawTop(setup) {
  parts.where.replaceChildren(h('h1', {}, setup?.point_of_sale || '\u00a0'), h('p', {}, setup?.event_name || '\u00a0'));
  parts.menu.textContent = t('menu');
  const states = [
    [!isOnline(), 'offline'],
    [setup && !setup.event_open, 'closed'],
    [kept('training', false), 'training'],
    [true, 'ready'],
  ];
  const all = states.filter(([is]) => is).map(([, state]) => state);
  const [state] = all;
  // Training is said whatever else is to be said.
  const both = state !== 'training' && all.includes('training');
  parts.strip.textContent = both ? `${t(state)} · ${t('training')}` : t(state);
  parts.strip.className = `strip ${state}${all.includes('training') ? ' stripes' : ''}`;
}

// Sales of which nobody knows yet are said for as long as that is so.
function drawAside() {
  const open = asides();
  parts.aside.hidden = open.length === 0;
  parts.aside.textContent = open.length ? t('aside', { amount: amountsOf(open) }) : '';
}

let drawn = '';

// These are set in smaller letters, so that no word is broken that need not be.
const NAME_CHARS_MAX = 16;
const WORD_CHARS_MAX = 8;
const LONG_WORD_CHARS_MAX = 11;
function sizeOf(name) {
  const word = Math.max(...name.split(/[ -]/).map((part) => part.length));
  if (word > LONG_WORD_CHARS_MAX) return ' long longer';
  return name.length > NAME_CHARS_MAX || word > WORD_CHARS_MAX ? ' long' : '';
}

function drawGrid(setup) {
  const locked = basket.isPartPaid();
  const now = JSON.stringify([setup?.products, locked, t('other')]);
  if (now === drawn && parts.grid.firstChild) return;
  drawn = now;
  parts.grid.setAttribute('aria-label', t('products'));
  const tile = (product) => button(
    [h('span', { class: 'name' }, product.name), h('span', { class: 'price' }, euros(product.price_cents))],
    () => add(product.name, product.price_cents),
    { class: `tile ${product.colour || 'plain'}${sizeOf(product.name)}`, disabled: locked },
  );
  const other = button([h('span', { class: 'name' }, t('other')), h('span', { class: 'price' }, '€ …')], keypad, { class: 'tile other', disabled: locked });
  const note = !setup ? t('loading') : setup.products.length === 0 ? t('no_products') : null;
  show(parts.grid, (setup?.products || []).map(tile), other, note && h('p', { class: 'note' }, note));
}

function add(name, price_cents) {
  if (basket.add(name, price_cents)) drawBasket();
}

// The lines are drawn anew: whoever goes by keyboard stays where they were.
function takeOne(index) {
  basket.takeOne(index);
  drawBasket();
  const lines = parts.lines.querySelectorAll('button');
  (lines[Math.min(index, lines.length - 1)] || parts.pay).focus({ preventScroll: true });
}

// Where lines are above or below what is in sight, that edge says so, and a touch shows them all.
function fade() {
  const { scrollTop, scrollHeight, clientHeight } = parts.lines;
  parts.lines.classList.toggle('above', scrollTop > 1);
  parts.lines.classList.toggle('below', scrollTop + clientHeight < scrollHeight - 1);
  parts.whole.hidden = !isWhole() && scrollHeight <= clientHeight + 1;
}

const isWhole = () => parts.till.classList.contains('whole');

// On a phone the basket takes the products' place, at a touch only: one that grew by itself would come under a thumb that
// is about to touch a product. They come back as they were.
let gridAt = 0;

function showWhole(whole) {
  if (whole) gridAt = parts.main.scrollTop;
  parts.till.classList.toggle('whole', whole);
  if (!whole) parts.main.scrollTop = gridAt;
  drawBasket();
}

function drawBasket() {
  const { lines, paid } = basket.current();
  const locked = basket.isPartPaid();
  const lineOf = (line, index) => h('li', {}, h('button', {
    type: 'button',
    disabled: locked,
    'aria-label': t('take_one', { what: `${counted(line)} ${euros(line.quantity * line.unit_cents)}` }),
    onclick: () => takeOne(index),
  }, h('span', { class: 'quantity' }, `${line.quantity}×`), ' ', h('span', { class: 'product' }, named(line.product)), ' ', h('span', { class: 'sum' }, euros(line.quantity * line.unit_cents)), h('span', { class: 'minus', 'aria-hidden': 'true' }, '−')));
  const empty = basket.isEmpty();
  if (empty && isWhole()) return showWhole(false);
  const partOf = (part) => h('li', { class: 'note' }, paidBy([part]));
  show(parts.lines, empty ? h('li', { class: 'note' }, t('basket_empty')) : [...paid.map(partOf), ...lines.map(lineOf)]);
  // The newest line is in sight; what was paid already comes first.
  parts.lines.scrollTo({ top: locked ? 0 : parts.lines.scrollHeight });
  parts.whole.textContent = isWhole() ? t('products') : t('whole_basket');
  fade();
  parts.basket.setAttribute('aria-label', t('basket'));
  const problem = empty ? null : basket.amountProblem();
  parts.total.textContent = problem || (empty ? euros(0) : euros(basket.total()));
  parts.total.classList.toggle('problem', Boolean(problem));
  parts.pay.textContent = empty ? t('see_balance') : t('pay', { amount: euros(basket.total()) });
  parts.pay.disabled = Boolean(problem);
  parts.pay.classList.toggle('second', empty);
  const again = basket.lastLines();
  parts.left.disabled = empty && again.length === 0;
  parts.left.textContent = locked ? t('give_back') : empty ? t('again') : t('clear');
  parts.left.title = empty && again.length ? t('again_long', { what: again.map(counted).join(', ') }) : '';
  parts.left.onclick = locked ? giveBack : empty ? () => repeat(again) : () => {
    basket.empty();
    drawBasket();
    if (parts.left.disabled) parts.pay.focus({ preventScroll: true });
  };
}

// The last basket once more: one touch, and the next thing is the scan.
function repeat(lines) {
  basket.fill(lines);
  drawBasket();
  openScan();
}

// An amount on keys of its own. Nothing that types can reach it: a scanned code must not become money.
function keypad() {
  const max = kept('setup')?.charge_max_cents ?? 50000;
  let cents = 0;
  const shown = h('output', { class: 'due', 'aria-live': 'polite' });
  const done = button('', () => {
    if (cents > 0) add(OTHER_AMOUNT, cents);
    uncover();
  }, { class: 'main' });
  const set = (next) => {
    if (next <= max) cents = next;
    shown.textContent = euros(cents);
    done.textContent = t('add', { amount: euros(cents) });
    done.disabled = cents === 0;
  };
  const key = (text, next, label) => button(text, () => set(next()), { class: 'key', 'aria-label': label });
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => key(String(digit), () => cents * 10 + digit));
  cover(h('div', { class: 'scan keypad', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'keypad-title', tabindex: '-1', 'data-view': 'keypad' },
    h('h1', { id: 'keypad-title' }, t('other')),
    shown,
    h('div', { class: 'keys' }, digits, key('00', () => cents * 100), key('0', () => cents * 10), key('⌫', () => Math.floor(cents / 10), t('clear'))),
    h('div', { class: 'actions' }, done, closer(t('cancel')))));
  set(0);
}

export function keepSetup(setup) {
  keep('setup', setup);
  draw();
}
