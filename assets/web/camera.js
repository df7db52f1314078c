// The camera: codes are read by the browser where it can, else by the service, from small grey pictures.

const LOOK_EVERY_MS = 100;
const SEND_EVERY_MS = 250;
const SIDE_PX = 480;
const CLEAR_AFTER_MS = 1000;

// A pay code among other words, with the link around it.
export const PAY_CODE = /(?:https?:\/\/\S*\/)?PB1[0-9A-HJKMNP-TV-Z]{16}/i;

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

// Shows the camera in `video` and hands on each text it sees; answers a function that ends it. `onSeveral` hears when
// codes come before it of which nobody can tell which is meant, and when they are gone. `ask` has the service read a
// picture, of one byte a pixel, and answers what it answers, if it does.
export async function watch(video, onText, onSeveral, ask) {
  const wanted = { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  let running = true;
  const stop = () => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  video.srcObject = stream;
  try {
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  const [look, every] = await reader(video, ask);
  let [before, unclear, clearAt] = [null, false, 0];
  const take = ({ text, several }) => {
    const now = performance.now();
    // For a moment after several were seen as well: a look may miss one of them.
    if (several) clearAt = now + CLEAR_AFTER_MS;
    if (unclear !== (now < clearAt)) {
      unclear = !unclear;
      onSeveral(unclear);
    }
    if (unclear || !text) return;
    // What can't pay has to be seen twice: the pay code beside it may be read a moment later.
    if (PAY_CODE.test(text) || text === before) onText(text);
    before = text;
  };
  const step = async () => {
    if (!running) return;
    try {
      const seen = document.hidden ? null : await look();
      if (seen && running) take(seen);
    } catch (error) {
      // The next picture is another chance.
      if (!(error instanceof DOMException)) throw error;
    } finally {
      if (running) setTimeout(step, every);
    }
  };
  step();
  return stop;
}

async function reader(video, ask) {
  const formats = 'BarcodeDetector' in window ? await BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  if (formats.includes('qr_code')) {
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    return [async () => meant((await detector.detect(video)).map(({ rawValue }) => rawValue)), LOOK_EVERY_MS];
  }
  return [() => askOf(video, ask), SEND_EVERY_MS];
}

// A wristband has two codes, of which one pays. Of two wristbands none is charged by chance. The service judges the same of
// the pictures that it reads.
function meant(texts) {
  const read = texts.filter(Boolean);
  const paying = read.filter((text) => PAY_CODE.test(text));
  const different = new Set(paying.length ? paying : read);
  return different.size > 1 ? { several: true } : { text: [...different][0] };
}

async function askOf(video, ask) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  if (!side) return null;
  const canvas = new OffscreenCanvas(SIDE_PX, SIDE_PX);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, left, top, side, side, 0, 0, SIDE_PX, SIDE_PX);
  const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
  const grey = new Uint8Array(SIDE_PX * SIDE_PX);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (data[4 * at] * 77 + data[4 * at + 1] * 150 + data[4 * at + 2] * 29) >> 8;
  }
  return ask(grey, `width=${SIDE_PX}&height=${SIDE_PX}`);
}
