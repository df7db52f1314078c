// The basket: lines, their sum, and the id under which it will be charged.

import { keep, kept } from './kept.js';
import { BY_ANOTHER, REST, euros, t } from './words.js';

// A time-ordered UUID (version 7).
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const LINES_MAX = 40;
const QUANTITY_MAX = 99;

export const sum = (lines) => lines.reduce((total, line) => total + line.unit_cents * line.quantity, 0);

// The parts that wallets have paid are a list. Older apps kept none as null, and one as it is.
const read = (was) => ({ ...was, paid: [was.paid ?? []].flat() });

// A basket keeps its id until it is charged or emptied: a refusal fixes nothing, so the same id goes again.
let basket = read(kept('basket') || { id: newId(), lines: [] });

function changed(next) {
  basket = next;
  keep('basket', basket);
}

export const current = () => basket;
export const isEmpty = () => basket.lines.length === 0;
export const parts = (of = basket) => read(of).paid;
export const isPartPaid = (of = basket) => parts(of).length > 0;
export const total = () => basket.paid.reduce((rest, part) => rest - part.amount_cents, sum(basket.lines));

// Why what is to be paid now can't be charged at once; null where it can.
export function amountProblem() {
  const { charge_min_cents, charge_max_cents } = kept('setup', { charge_min_cents: 1, charge_max_cents: 50000 });
  if (total() < charge_min_cents) return t('nothing_to_pay', { amount: euros(charge_min_cents) });
  if (total() > charge_max_cents) return t('too_much', { amount: euros(charge_max_cents) });
  return null;
}

export function add(product, unit_cents) {
  if (isPartPaid()) return false;
  const lines = basket.lines.map((line) => ({ ...line }));
  const same = lines.find((line) => line.product === product && line.unit_cents === unit_cents);
  if (same ? same.quantity >= QUANTITY_MAX : lines.length >= LINES_MAX) return false;
  if (same) same.quantity += 1;
  else lines.push({ product, quantity: 1, unit_cents });
  changed({ ...basket, lines });
  return true;
}

export function takeOne(index) {
  if (isPartPaid()) return;
  const lines = basket.lines.map((line) => ({ ...line }));
  lines[index].quantity -= 1;
  changed({ ...basket, lines: lines.filter((line) => line.quantity > 0) });
}

// The next sale has a new id.
export function empty() {
  changed({ id: newId(), lines: [], paid: [] });
}

export function fill(lines) {
  changed({ id: newId(), lines: lines.map((line) => ({ ...line })), paid: [] });
}

// What is sold again at a touch: the last basket that was paid, by however many, and in training the last of training.
const lastName = (training) => (training ? 'trained-last' : 'last');
export const lastLines = () => kept(lastName(kept('training', false)), []);
export const keepAsLast = (training = false) => keep(lastName(training), basket.lines);

// One that was set aside comes back, under its own id.
export function restore(aside) {
  changed(read(aside));
}

// One more wallet has paid a part. Each sale of a part, and what is left after it, is a sale of its own.
export function partPaid({ id, amount_cents, serial, sold_at }) {
  changed({ ...basket, id: newId(), paid: [...basket.paid, { id, amount_cents, serial, sold_at }] });
}

// A basket without a sale that was taken back: as a part it is to be paid again, and so is what was left.
export function without(was, { id }) {
  const { paid } = read(was);
  if (was.id !== id && !paid.some((part) => part.id === id)) return was;
  return { ...was, id: newId(), paid: paid.filter((part) => part.id !== id) };
}

export const takenBack = (sale) => changed(without(basket, sale));

// What is sent: always lines that add up to the amount.
export function content() {
  const amount_cents = total();
  const lines = isPartPaid()
    ? [{ product: REST, quantity: 1, unit_cents: amount_cents }]
    : basket.lines;
  return { id: basket.id, amount_cents, lines };
}

// The part that one wallet can pay now.
export function partContent(part_cents) {
  const rest = total() - part_cents;
  const lines = [...content().lines, { product: BY_ANOTHER, quantity: 1, unit_cents: -rest }];
  return { id: basket.id, amount_cents: part_cents, lines };
}
