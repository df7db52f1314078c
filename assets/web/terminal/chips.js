// Chips: a wristband or card whose NFC chip holds its pay link or its pay code as a text, held against the device.
// Browsers that read them ask for leave once, and only after a touch: so it begins when somebody opens the scan view, and
// from then on with the app.

const TEXTS = ['text', 'url', 'absolute-url'];

let reading = null;

export const readsChips = () => 'NDEFReader' in window;

// Hands on what each chip holds; answers whether it does. A device that has no reader, or may not, is asked once.
export function begin(onText) {
  if (!readsChips()) return Promise.resolve(false);
  reading ??= read(onText).then(
    () => true,
    (error) => {
      console.warn(error);
      return false;
    },
  );
  return reading;
}

// The same at the start of the app, where no touch came before: only with leave that was given earlier.
export async function beginWithLeave(onText) {
  if (!readsChips()) return;
  const leave = await navigator.permissions.query({ name: 'nfc' }).catch(() => null);
  if (leave?.state === 'granted') await begin(onText);
}

async function read(onText) {
  const reader = new NDEFReader();
  reader.addEventListener('reading', ({ message }) => {
    const record = message.records.find(({ recordType }) => TEXTS.includes(recordType));
    if (record) onText(new TextDecoder(record.encoding || 'utf-8').decode(record.data));
  });
  await reader.scan();
}
