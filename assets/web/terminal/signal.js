// Sound and vibration. Made of tones, so that no file has to be there when the network is not.

import { kept } from './kept.js';

const TONES = {
  good: [[880, 0, 0.09], [1320, 0.1, 0.16]],
  bad: [[220, 0, 0.22], [180, 0.26, 0.3]],
  waiting: [[520, 0, 0.1]],
  info: [[700, 0, 0.08]],
};
const BUZZ = { good: [60], bad: [200, 80, 200], waiting: [40], info: [30] };

let audio = null;

// Browsers allow sound once somebody has touched the page, and complain before.
export function prepareSound() {
  if (navigator.userActivation?.hasBeenActive === false) return;
  audio ??= window.AudioContext ? new AudioContext() : null;
  if (audio && audio.state === 'suspended') audio.resume().catch(() => {});
}

export function signal(tone) {
  if (navigator.userActivation?.hasBeenActive && navigator.vibrate) navigator.vibrate(BUZZ[tone]);
  if (!audio || !kept('sound', true)) return;
  for (const [pitch, from, length] of TONES[tone]) {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + from;
    oscillator.frequency.value = pitch;
    oscillator.type = tone === 'bad' ? 'square' : 'sine';
    volume.gain.setValueAtTime(0.25, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + length);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(at);
    oscillator.stop(at + length);
  }
}
