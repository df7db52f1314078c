// What the device keeps over a reload. Never a pay code: whoever finds the device must not find money on it.

const PREFIX = 'polsband.terminal.';

export function kept(name, otherwise = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

// Throws where the browser keeps nothing: no charge is sent whose id would be forgotten.
export function keep(name, value) {
  localStorage.setItem(PREFIX + name, JSON.stringify(value));
}

export function forget(...names) {
  for (const name of names) localStorage.removeItem(PREFIX + name);
}

export function forgetAll() {
  forget('token', 'setup', 'basket', 'open', 'aside', 'last', 'sales', 'left', 'doubts', 'training', 'trained-last', 'trained-sales', 'notice');
}
