// A device becomes a terminal: with the code of a link or a typed one.

import { Refused, Unknown, call } from './api.js';
import { button, h, show, uncover } from './dom.js';
import { forgetAll, keep, kept } from './kept.js';
import { t, why } from './words.js';

function guessedName() {
  const agent = navigator.userAgent;
  const kinds = [['iPad', 'iPad'], ['iPhone', 'iPhone'], ['Android', /Mobile/.test(agent) ? 'Android phone' : 'Android tablet']];
  return kinds.find(([sign]) => agent.includes(sign))?.[1] || 'Computer';
}

// The code of a link stands behind a `#`; it is taken out of the address, which may be shown, kept and shared.
export function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (location.hash) history.replaceState(null, '', location.pathname);
  return code;
}

export function enrolment({ code, message, done }) {
  uncover();
  const mistake = h('p', { class: 'mistake', role: 'alert' });
  const field = (id, label, value, extra) => {
    const input = h('input', { id, required: true, autocomplete: 'off', ...extra });
    input.value = value;
    return [h('label', { for: id }, label), input];
  };
  const codeField = field('code', t('code'), code || '', { autocapitalize: 'characters', spellcheck: 'false', maxlength: '20', inputmode: 'text' });
  const nameField = field('name', t('device_name'), guessedName(), { maxlength: '60' });
  const go = h('button', { type: 'submit', class: 'main' }, t('start'));
  const submit = async (event) => {
    event.preventDefault();
    mistake.textContent = '';
    go.disabled = true;
    go.textContent = t('starting');
    try {
      const body = { code: codeField[1].value.trim(), device_name: nameField[1].value.trim() };
      const enrolled = await call('POST', '/api/v1/terminals/enrol', body, { anonymous: true });
      forgetAll();
      keep('token', enrolled.token);
      location.reload();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error;
      mistake.textContent = error instanceof Refused ? why(error) : t('offline_more');
      go.disabled = false;
      go.textContent = t('start');
      codeField[1].focus();
    }
  };
  show(document.getElementById('app'), h('main', { class: 'enrol', 'data-view': 'enrol' },
    h('img', { src: '/assets/icon.svg', alt: '', width: '56', height: '56' }),
    message && h('p', { class: 'message', role: 'alert' }, message),
    h('h1', {}, t('enrol')),
    h('p', { class: 'quiet' }, t('enrol_more')),
    h('form', { onsubmit: submit }, codeField, nameField, mistake, go,
      kept('token') && button(t('cancel'), done))));
  (code ? go : codeField[1]).focus();
}
