// Follows a payment to its end: looks from time to time, and loads the page again when its heading is another. Without
// this the browser loads it again and again by itself.

const AGAIN_SECONDS = 10;

// At once when somebody comes back to the page: the bank's app was before it.
function pause(seconds) {
  return new Promise((resolve) => {
    const waits = new AbortController();
    const done = () => { waits.abort(); clearTimeout(timer); resolve(); };
    const timer = setTimeout(done, seconds * 1000);
    const back = () => { if (!document.hidden) done(); };
    document.addEventListener('visibilitychange', back, { signal: waits.signal });
  });
}

// The page as it is now; nothing while it can't be had, and how long to wait then.
async function look(address) {
  try {
    const answer = await fetch(address, { cache: 'no-store' });
    const wait = Number(answer.headers.get('retry-after')) || AGAIN_SECONDS;
    if (!answer.ok) return { wait };
    return { page: new DOMParser().parseFromString(await answer.text(), 'text/html'), wait };
  } catch {
    return { wait: AGAIN_SECONDS };
  }
}

async function follow({ next, wait, here }) {
  const heading = document.querySelector('h1').textContent;
  while (next) {
    await pause(wait);
    const came = await look(next);
    wait = came.wait;
    if (!came.page) continue;
    if (came.page.querySelector('h1')?.textContent !== heading) return location.replace(here);
    ({ next, wait } = came.page.querySelector('[data-next]')?.dataset ?? {});
  }
}

follow(document.querySelector('[data-next]').dataset);
