// Help for the fields that take what is printed on a wristband or card: a camera, and what a scanner that types put
// elsewhere. Without this they take what a scanner or a person types.

import { PAY_CODE, hasCamera, watch } from './camera.js';

const festival = location.pathname.split('/')[2];
const HOLD = 'Hold the code before the camera';

async function readByService(picture, size) {
  const headers = { 'content-type': 'application/octet-stream' };
  const path = `/console/${festival}/media/camera?${size}`;
  const answer = await fetch(path, { method: 'POST', headers, body: picture }).catch(() => null);
  if (answer?.redirected) return signIn();
  return answer?.ok ? answer.json().catch(() => null) : null;
}

// How many pieces these codes are of: both codes of one may come before the camera. None where that is not to be learned now.
async function piecesOf(codes) {
  const path = `/console/${festival}/media/pieces`;
  const answer = await fetch(path, { method: 'POST', body: new URLSearchParams({ codes }) }).catch(() => null);
  const read = answer?.ok ? await answer.json().catch(() => null) : null;
  return read?.pieces;
}

// The session has ended: the page, asked for anew, leads to signing in and from there back to itself. Nothing more is read
// until it does.
function signIn() {
  location.assign(location.pathname + location.search);
  return new Promise(() => {});
}

function equip(input) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'plain', textContent: 'Use the camera' });
  const said = Object.assign(document.createElement('p'), { className: 'quiet', role: 'status' });
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true, hidden: true });
  video.setAttribute('aria-hidden', 'true');
  video.className = 'camera';
  input.closest('.field').querySelector('.seen').append(button, said, video);

  let stop = null;
  let starts = false;
  const close = (words = '') => {
    stop?.();
    stop = null;
    video.hidden = true;
    button.textContent = 'Use the camera';
    said.textContent = words;
  };
  const take = (text) => {
    if (input.matches('textarea')) return addLine(text);
    close();
    puts(input, text);
    const missing = [...input.form.elements].find((field) => field.willValidate && !field.checkValidity());
    if (missing) missing.focus();
    else input.form.requestSubmit();
    return undefined;
  };
  // A list takes one code after another, each once, and is sent by hand. It tells how many pieces they are of, or how many
  // codes there are where that is not to be learned, and of no list that has grown meanwhile.
  const addLine = async (text) => {
    const lines = input.value.split('\n').map((line) => line.trim()).filter(Boolean);
    if (lines.includes(text.trim())) return;
    lines.push(text.trim());
    input.value = `${lines.join('\n')}\n`;
    input.scrollTop = input.scrollHeight;
    const list = input.value;
    const pieces = await piecesOf(list) ?? (lines.length === 1 ? '1 code' : `${lines.length} codes`);
    if (stop && input.value === list) said.textContent = `${pieces} in the list: hold the next one before the camera`;
  };
  const saySeveral = (several) => {
    said.textContent = several ? 'More than one wristband or card is in the picture: hold only one before the camera' : HOLD;
  };
  button.addEventListener('click', async () => {
    if (stop) return close();
    // Disabled it would lose the focus of whoever pressed it by keyboard.
    if (starts) return undefined;
    starts = true;
    video.hidden = false;
    said.textContent = HOLD;
    try {
      stop = await watch(video, take, saySeveral, readByService);
      button.textContent = 'Stop the camera';
    } catch (error) {
      console.warn(error);
      close(error.name === 'NotAllowedError' ? 'The browser does not let this page use the camera' : 'There is no camera to be had');
    } finally {
      starts = false;
    }
    return undefined;
  });
}

// What is scanned takes the place of what stands in the field, when that has the focus again.
function selects(input) {
  if (document.activeElement === input) input.select();
  input.addEventListener('focus', () => input.select());
}

// Puts what was scanned into a field, as if it had been typed.
function puts(input, text) {
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}

// A pay code among the words of a reason was scanned: it goes where it belongs, and so does the Enter that ends it.
function handsOn(reason) {
  const fields = [...reason.form.querySelectorAll('input[data-scan]')];
  if (fields.length === 0) return;
  reason.addEventListener('input', () => {
    const [code] = PAY_CODE.exec(reason.value) || [];
    if (!code) return;
    const field = fields.find((input) => !input.value || input.matches('[aria-invalid]')) || fields.at(-1);
    reason.value = reason.value.replace(code, '');
    puts(field, code);
    field.focus();
  });
}

document.querySelectorAll('input[data-scan]').forEach(selects);
document.querySelectorAll('form textarea:not([data-scan])').forEach(handsOn);
if (hasCamera()) document.querySelectorAll('[data-scan]').forEach(equip);
