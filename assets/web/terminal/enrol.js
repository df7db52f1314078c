// A device becomes a terminal: with the code of a link or a typed one.

import { Refused, Unknown, call } from './api.js';
import { button, field, h, show, uncover } from './dom.js';
import { forgetAll, keep, kept } from './kept.js';
import { endTerminal } from './sale.js';
import { choose, t, why } from './words.js';

function guessedName() {
  const agent = navigator.userAgent;
  const kinds = [['iPad', 'iPad'], ['iPhone', 'iPhone'], ['Android', /Mobile/.test(agent) ? 'Android phone' : 'Android tablet']];
  return kinds.find(([sign]) => agent.includes(sign))?.[1] || 'Computer';
}

// The code of a link stands behind a `#`; it is taken out of the address, which may be shown, kept and shared. While it
// waits to be used it stays with the tab, so that a reload doesn't lose it.
export function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') || history.state?.code || null;
  history.replaceState(null, '', location.pathname);
  return code;
}

const keepInTab = (code) => history.replaceState(code ? { code } : null, '');

// More may be known of it by now.
export function sayWhy() {
  document.querySelector('.enrol .message').textContent = kept('notice');
}

// Above it stands why the last terminal of this device ended, until there is another.
export function enrolment({ code, done }) {
  uncover();
  keepInTab(code);
  const cancel = () => {
    keepInTab(null);
    done();
  };
  const message = kept('notice');
  const mistake = h('p', { class: 'mistake', role: 'alert' });
  const codeField = field('code', t('code'), code || '', { autocapitalize: 'characters', spellcheck: 'false', maxlength: '20', inputmode: 'text' });
  const nameField = field('name', t('device_name'), guessedName(), { maxlength: '60' });
  const go = h('button', { type: 'submit', class: 'main' }, t('start'));
  const submit = async (event) => {
    event.preventDefault();
    mistake.textContent = '';
    // The first of them has the focus in the end.
    const empty = [nameField, codeField].filter((one) => {
      one.says('');
      return !one.text();
    });
    if (empty.length) return empty.forEach((one) => one.says(t('needed')));
    go.disabled = true;
    go.textContent = t('starting');
    try {
      const body = { code: codeField.text(), device_name: nameField.text() };
      const enrolled = await call('POST', '/api/v1/terminals/enrol', body, { token: null });
      const old = kept('token');
      forgetAll();
      keepInTab(null);
      keep('token', enrolled.token);
      if (enrolled.language) choose(enrolled.language);
      // The terminal that this device was is ended for the service as well, where there is a connection.
      if (old) await endTerminal(old);
      location.reload();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error;
      go.disabled = false;
      go.textContent = t('start');
      if (error.name_ === 'invalid-enrolment-code') {
        keepInTab(null);
        return codeField.says(why(error));
      }
      if (error.problem?.field === 'device_name') return nameField.says(t('name_wrong'));
      mistake.textContent = error instanceof Refused ? why(error) : t('offline_more');
      go.focus();
    }
    return undefined;
  };
  show(document.getElementById('app'), h('main', { class: 'enrol', 'data-view': 'enrol' },
    h('img', { src: '/assets/icon.svg', alt: '', width: '56', height: '56' }),
    message && h('p', { class: 'message', role: 'alert' }, message),
    h('h1', {}, t('enrol')),
    h('p', { class: 'quiet' }, t('enrol_more')),
    h('form', { onsubmit: submit, novalidate: true }, ...[codeField, nameField].flatMap((one) => [one.label, one.input, one.mistake]), mistake, go,
      kept('token') && button(t('cancel'), cancel))));
  (code ? go : codeField.input).focus();
}
