// The camera: codes are read by the browser where it can, else by the service, from small grey pictures.

const LOOK_EVERY_MS = 100;
const SEND_EVERY_MS = 250;
const SIDE_PX = 480;

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

// Shows the camera in `video` and hands on each text it sees; answers a function that ends it. `ask` has the service read
// a picture, of one byte a pixel, and answers its text, if it has one.
export async function watch(video, onText, ask) {
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
  const step = async () => {
    if (!running) return;
    try {
      const text = document.hidden ? null : await look();
      if (text && running) onText(text);
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
    return [async () => (await detector.detect(video))[0]?.rawValue, LOOK_EVERY_MS];
  }
  return [() => askOf(video, ask), SEND_EVERY_MS];
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
