// Keeps the app itself: it opens without a network, in one version, and says that there is none. What is asked of the
// API is never answered from here.

const CACHE = `polsband-terminal-${VERSION}`;
const PAGE_MS_MAX = 3000;

// What has this version in its address never changes: the page that is open has fetched it, and it is not fetched again.
const asked = (path) => new Request(path, { cache: path.includes(`/${VERSION}/`) ? 'default' : 'reload' });

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(KEPT.map(asked)))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const isOld = (name) => name.startsWith('polsband-terminal-') && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate' && url.pathname === '/terminal') event.respondWith(page(event.request));
  else if (KEPT.includes(url.pathname)) event.respondWith(file(event.request, url.pathname));
});

async function page(request) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PAGE_MS_MAX) });
    if (response.ok) return response;
  } catch {
    // No network: the page that was kept.
  }
  return (await caches.match('/terminal')) || Response.error();
}

async function file(request, path) {
  return (await caches.match(path)) || fetch(request);
}
