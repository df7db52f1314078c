// The menu: the last sales, training, sound, language, and the end of this terminal.

import * as answers from './answer.js';
import { button, closer, cover, h } from './dom.js';
import { forgetAll, keep, kept } from './kept.js';
import { VOID_MS_MAX, asides, sales } from './sale.js';
import { amountsOf, takeSaleBack } from './scan.js';
import { LANGUAGES, choose, chosen, euros, named, t } from './words.js';

const what = (lines) => lines.map((line) => `${line.quantity}× ${named(line.product)}`).join(', ');

function saleLine(sale) {
  const back = sale.voided
    ? h('span', { class: 'quiet' }, t('voided'))
    : button(t('take_back'), () => {
        const more = t('take_back_more', { serial: sale.serial.slice(-4) });
        answers.sure(t('take_back_sure', { amount: euros(sale.amount_cents) }), more, () => takeSaleBack(sale), t('take_back'));
      });
  const time = new Date(sale.at).toLocaleTimeString('nl-BE', { timeZone: 'Europe/Brussels', hour: '2-digit', minute: '2-digit' });
  return h('li', { 'data-sale': sale.id },
    h('div', {}, h('b', {}, euros(sale.amount_cents)), ` …${sale.serial.slice(-4)} · ${time}`, h('p', { class: 'quiet' }, what(sale.lines))),
    back);
}

function toggle(name, label, otherwise, change) {
  const box = h('input', { type: 'checkbox', role: 'switch', id: name });
  box.checked = kept(name, otherwise);
  box.addEventListener('change', () => {
    keep(name, box.checked);
    change();
  });
  return h('label', { class: 'toggle', for: name }, label, box);
}

export function openMenu(change) {
  const recent = sales().filter((sale) => Date.now() - sale.at < VOID_MS_MAX);
  const language = h('select', { id: 'language' }, LANGUAGES.map(([code, name]) => h('option', { value: code, selected: code === chosen() }, name)));
  language.addEventListener('change', () => {
    choose(language.value);
    change();
    openMenu(change);
    document.getElementById('language').focus();
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
    h('section', {}, h('h2', {}, t('last_sales')),
      recent.length ? h('ul', { class: 'sales' }, recent.map(saleLine)) : h('p', { class: 'quiet' }, t('no_sales'))),
    h('section', {}, h('h2', {}, t('settings')),
      toggle('training', t('training_switch'), false, change),
      toggle('sound', t('sound'), true, change),
      h('label', { class: 'toggle', for: 'language' }, t('language'), language),
      button(t('leave'), leave, { class: 'quiet-button' }))));
}
