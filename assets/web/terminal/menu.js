// The menu: the last sales, training, sound, language, and the end of this terminal.

import * as answers from './answer.js';
import { isOnline } from './api.js';
import { paidOfOpen, takeSaleBack, takeTrainedBack, unknownOf } from './back.js';
import { isPartPaid, sum } from './basket.js';
import { button, closer, cover, h } from './dom.js';
import { forgetAll, keep, kept } from './kept.js';
import { VOID_MS_MAX, asides, endTerminal, isClosed, leftToDesk, sales, trainedSales } from './sale.js';
import { shown, trainingWaits, whileBusy } from './scan.js';
import { BY_ANOTHER, LANGUAGES, choose, chosen, clock, counted, euros, t } from './words.js';

// Lines of a sale that are in sight at once; one more is as soon read as the word that there is one.
const LINES_SHOWN = 3;

// All lines of what was sold, without regard to who pays the rest, or whether anybody does. Older apps kept them of a sale's
// first part only, as what it sold.
const soldBy = (sale) => sale.of ?? sale.lines.filter(({ product }) => product !== BY_ANOTHER);
const isPart = (sale) => Boolean(sale.of) || soldBy(sale).length < sale.lines.length;

function askBack(sale, training) {
  const part = isPart(sale) ? `${t('take_back_part', { amount: euros(sum(soldBy(sale))) })} ` : '';
  const more = training ? null : part + t('take_back_more', { serial: sale.serial.slice(-4) });
  const yes = () => (training ? takeTrainedBack(sale) : takeSaleBack(sale));
  answers.sure(t('take_back_sure', { amount: euros(sale.amount_cents) }), more, yes, t('take_back'), training);
}

// What was sold stands below, whatever its length; `end` stands beside the amount.
const line = (sale, end, ...below) => h('li', { 'data-sale': sale.id },
  h('p', {}, h('b', {}, euros(sale.amount_cents)), ' ', h('span', { class: 'which' }, `…${sale.serial.slice(-4)} · ${clock(sale)}`)),
  end,
  ...below);

function saleLine(sale, training) {
  const sold = soldBy(sale);
  const shown = sold.length > LINES_SHOWN + 1 ? LINES_SHOWN : sold.length;
  const rest = sold.slice(shown);
  const texts = (lines) => lines.map(counted).join(', ');
  // Of a festival that is closed nothing goes back at the bar.
  const back = !isClosed() || training ? button(t('take_back'), () => askBack(sale, training)) : null;
  const end = sale.voided ? h('span', { class: 'quiet' }, t(isPart(sale) ? 'given_back' : 'voided')) : back;
  return line(sale, end,
    h('p', { class: 'quiet' }, isPart(sale) && `${t('part_of', { amount: euros(sum(sold)) })} `, texts(sold.slice(0, shown))),
    rest.length > 0 && h('details', {}, h('summary', {}, t('and_more', { count: rest.length })), h('p', { class: 'quiet' }, texts(rest))));
}

// The last sales, and those that were left to whoever settles them; in training those of training only.
function lastSales(training) {
  const left = training ? [] : leftToDesk();
  const isRecent = (sale) => Date.now() - sale.at < VOID_MS_MAX && !left.some(({ id }) => id === sale.id);
  const recent = (training ? trainedSales() : sales()).filter(isRecent);
  const settles = t(isClosed() ? 'organiser_settles' : 'desk_gives_back');
  const lines = [...left.map((sale) => line(sale, null, h('p', { class: 'quiet' }, settles))), ...recent.map((sale) => saleLine(sale, training))];
  return lines.length ? h('ul', { class: 'sales' }, lines) : h('p', { class: 'quiet' }, t('no_sales'));
}

function toggle(name, label, otherwise, change, attributes = {}) {
  const box = h('input', { type: 'checkbox', role: 'switch', id: name, ...attributes });
  box.checked = kept(name, otherwise);
  box.addEventListener('change', () => {
    keep(name, box.checked);
    change();
  });
  return h('label', { class: 'toggle', for: name }, label, box);
}

// Training can't begin in the middle of a real sale. Where one began since the menu was opened, nothing is switched.
function trainingToggle(training, anew) {
  const waits = training ? null : trainingWaits();
  const change = () => {
    if (!training && trainingWaits()) keep('training', false);
    anew('training');
  };
  const attributes = waits ? { disabled: true, 'aria-describedby': 'training-waits' } : {};
  return [toggle('training', t('training_switch'), false, change, attributes), waits && h('p', { id: 'training-waits' }, waits)];
}

// Here it ends whatever happens; the service hears of it where there is a connection.
async function end() {
  const token = kept('token');
  forgetAll();
  if (isOnline()) await shown(t('starting'), endTerminal(token));
  location.reload();
}

export function openMenu(change) {
  const training = kept('training', false);
  const anew = (focused) => {
    change();
    openMenu(change);
    document.getElementById(focused).focus();
  };
  const language = h('select', { id: 'language' }, LANGUAGES.map(([code, name]) => h('option', { value: code, selected: code === chosen() }, name)));
  language.addEventListener('change', () => {
    choose(language.value);
    anew('language');
  });
  const leave = () => {
    const open = asides();
    const unknown = open.length ? [...unknownOf(open), ...paidOfOpen()] : [];
    answers.sure(t('leave_sure'), [t('leave_more'), ...unknown].join(' '), () => whileBusy(end), t('leave'));
  };
  // The parts that were paid would stay so, for nothing.
  const stays = isPartPaid();
  const settings = h('h2', { tabindex: '-1' }, t('settings'));
  // A touch leads to them past all sales.
  const toSettings = button(t('settings'), () => {
    settings.scrollIntoView();
    settings.focus({ preventScroll: true });
  });
  cover(h('div', { class: 'menu', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'menu-title', tabindex: '-1', 'data-view': 'menu' },
    h('header', {}, h('h1', { id: 'menu-title' }, t('menu')), toSettings, closer(t('close'), { 'data-first': true })),
    h('section', {}, h('h2', {}, t(training ? 'trained_sales' : 'last_sales')), lastSales(training)),
    h('section', {}, settings,
      trainingToggle(training, anew),
      toggle('sound', t('sound'), true, change),
      h('label', { class: 'toggle', for: 'language' }, t('language'), language),
      button(t('leave'), leave, { class: 'quiet-button', disabled: stays, 'aria-describedby': stays && 'leave-waits' }),
      stays && h('p', { id: 'leave-waits' }, t(isClosed() ? 'leave_part_paid_closed' : 'leave_part_paid')))));
}
