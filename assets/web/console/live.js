// The figures as they change. Without this, or without a connection, the page shows those of when it was opened.

const AGAIN_MS = 30_000;

const figures = document.querySelector('[data-live]');
const state = document.querySelector('[data-live-state]');

function watch() {
  const source = new EventSource(figures.dataset.live);
  source.onopen = () => { state.textContent = 'Live'; };
  source.onmessage = (event) => {
    // Who has opened a list keeps it open.
    const open = figures.querySelector('details')?.open;
    figures.innerHTML = event.data;
    const details = figures.querySelector('details');
    if (open && details) details.open = true;
  };
  source.onerror = () => {
    state.textContent = 'Not live: looking for the connection';
    // The browser comes again by itself, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, AGAIN_MS);
  };
  // A page that rests in the background would keep its place for nothing.
  addEventListener('pagehide', () => source.close(), { once: true });
  addEventListener('pageshow', (event) => { if (event.persisted) watch(); }, { once: true });
}

watch();
