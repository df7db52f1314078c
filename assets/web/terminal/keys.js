// A scanner that types: keys in quick succession, ended by Enter, wherever the focus is. What is typed into a field stays
// there: the field's form handles it.

// Longer than any scanner waits between two keys, also one on a poor radio link and a busy device.
const PAUSE_MS_MAX = 500;
const CODE_CHARS_MIN = 8;
const CODE_CHARS_MAX = 256;

let typed = '';
let last = 0;

// A code is on its way.
export const isTyping = () => typed !== '' && performance.now() - last < PAUSE_MS_MAX;

export function listen(onCode) {
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches?.('input, select')) {
        typed = '';
        return;
      }
      if (event.timeStamp - last > PAUSE_MS_MAX) typed = '';
      last = event.timeStamp;
      if (event.key === 'Enter' && typed.length >= CODE_CHARS_MIN) {
        // Else it would press the button that has the focus.
        event.preventDefault();
        event.stopPropagation();
        const code = typed;
        typed = '';
        onCode(code);
      } else if (event.key.length === 1) {
        // Blanks before anything else are no code: they are somebody's who presses a button again and again.
        typed = (typed + event.key).trimStart().slice(-CODE_CHARS_MAX);
        // A blank, typed by a scanner, would press it too.
        if (typed.length > 1) event.preventDefault();
      }
    },
    true,
  );
}
