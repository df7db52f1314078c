// The menu: the last sales, training, sound, language, and the end of this terminal.

import * as answers from './answer.js';
import { button, closer, cover, h } from './dom.js';
import { forgetAll, keep, kept } from './kept.js';
import { VOID_MS_MAX, asides, leftToDesk, sales, trainedSales } from './sale.js';
import { amountsOf, takeSaleBack, takeTrainedBack, trainingWaits } from './scan.js';
import { LANGUAGES, choose, chosen, clock, euros, named, t } from './words.js';

const what = (lines) => lines.map((line) => `${line.quantity}× ${named(line.product)}`).join(', ');

function askBack(sale, training) {
  const more = training ? null : t('take_back_more', { serial: sale.serial.slice(-4) });
  const yes = () => (training ? takeTrainedBack(sale) : takeSaleBack(sale));
  answers.sure(t('take_back_sure', { amount: euros(sale.amount_cents) }), more, yes, t('take_back'), training);
}

const line = (sale, text, end) => h('li', { 'data-sale': sale.id },
  h('div', {}, h('b', {}, euros(sale.amount_cents)), ' ', h('span', { class: 'which' }, `…${sale.serial.slice(-4)} · ${clock(sale)}`), h('p', { class: 'quiet' }, text)),
  end);

const saleLine = (sale, training) => line(sale, what(sale.lines), sale.voided
  ? h('span', { class: 'quiet' }, t('voided'))
  : button(t('take_back'), () => askBack(sale, training)));

// The last sales, and those that were left to the help desk; in training those of training only.
function lastSales(training) {
  const left = training ? [] : leftToDesk();
  const isRecent = (sale) => Date.now() - sale.at < VOID_MS_MAX && !left.some(({ id }) => id === sale.id);
  const recent = (training ? trainedSales() : sales()).filter(isRecent);
  const lines = [...left.map((sale) => line(sale, t('desk_gives_back'))), ...recent.map((sale) => saleLine(sale, training))];
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
    const more = open.length ? `${t('leave_more')} ${t('revoked_open', { amount: amountsOf(open) })}` : t('leave_more');
    answers.sure(t('leave_sure'), more, () => {
      forgetAll();
      location.reload();
    }, t('leave'));
  };
  cover(h('div', { class: 'menu', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'menu-title', tabindex: '-1', 'data-view': 'menu' },
    h('header', {}, h('h1', { id: 'menu-title' }, t('menu')), closer(t('close'), { 'data-first': true })),
    h('section', {}, h('h2', {}, t(training ? 'trained_sales' : 'last_sales')), lastSales(training)),
    h('section', {}, h('h2', {}, t('settings')),
      trainingToggle(training, anew),
      toggle('sound', t('sound'), true, change),
      h('label', { class: 'toggle', for: 'language' }, t('language'), language),
      button(t('leave'), leave, { class: 'quiet-button' }))));
}
