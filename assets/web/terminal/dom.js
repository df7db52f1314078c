// Small helpers to make elements: texts are always set as text, never as markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (name in element && typeof value === 'boolean') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const button = (text, onclick, attributes = {}) =>
  h('button', { type: 'button', onclick, ...attributes }, text);

// The way out of what lies over the app. Escape takes it too; a sale that is under way has none.
export const closer = (text, attributes = {}) => button(text, uncover, { 'data-closes': true, ...attributes });

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') document.querySelector('#over [data-closes]')?.click();
});

// The server's picture of a code: parsed as XML, so that nothing in it runs.
export function picture(svg, label) {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  const element = document.importNode(parsed, true);
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  return element;
}

export function show(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}

let before = null;
let ended = null;

// One thing at a time lies over the app; what is beneath can be neither touched nor reached by keyboard.
export function cover(element, { focus, whenGone } = {}) {
  const [app, over] = [document.getElementById('app'), document.getElementById('over')];
  if (!over.firstChild) before = document.activeElement;
  ended?.();
  ended = whenGone || null;
  app.inert = true;
  over.replaceChildren(element);
  (focus || element.querySelector('[data-first]') || element).focus({ preventScroll: true });
}

export function uncover() {
  const [app, over] = [document.getElementById('app'), document.getElementById('over')];
  if (!over.firstChild) return;
  ended?.();
  ended = null;
  over.replaceChildren();
  app.inert = false;
  // What had the focus may be gone: a basket's line is, once it was paid. And without a connection nobody can pay.
  const takes = before?.isConnected && !before.disabled && before !== document.body;
  const back = takes ? before : app.querySelector('[data-rest]:enabled') || app.querySelector('button:enabled');
  back?.focus({ preventScroll: true });
  before = null;
}

// A field, its label, and what is wrong with it, which leads there; what was typed stays.
export function field(id, label, value, extra) {
  const mistake = h('p', { id: `${id}-mistake`, class: 'mistake', role: 'alert' });
  const input = h('input', { id, required: true, autocomplete: 'off', ...extra });
  input.value = value;
  return {
    input,
    label: h('label', { for: id }, label),
    mistake,
    text: () => input.value.trim(),
    says(text) {
      mistake.textContent = text;
      if (text) {
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', mistake.id);
        input.focus();
      } else {
        input.removeAttribute('aria-invalid');
        input.removeAttribute('aria-describedby');
      }
    },
  };
}
