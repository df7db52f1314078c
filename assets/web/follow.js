// Follows a payment to its end: looks from time to time, and loads the page again when its heading is another. Without
// this the browser loads it again and again by itself. Phones of 2018 read it as well, so it keeps to the language of then.

const AGAIN_SECONDS = 10;

// At once when somebody comes back to the page: the bank's app was before it.
function pause(seconds) {
  return new Promise((resolve) => {
    const done = () => {
      document.removeEventListener('visibilitychange', back);
      clearTimeout(timer);
      resolve();
    };
    const back = () => { if (!document.hidden) done(); };
    const timer = setTimeout(done, seconds * 1000);
    document.addEventListener('visibilitychange', back);
  });
}

// The page as it is now; nothing while it can't be had, and how long to wait then at the least.
async function look(address) {
  try {
    const answer = await fetch(address, { cache: 'no-store' });
    if (!answer.ok) return { wait: Number(answer.headers.get('retry-after')) || AGAIN_SECONDS };
    return { page: new DOMParser().parseFromString(await answer.text(), 'text/html') };
  } catch (gone) {
    return { wait: AGAIN_SECONDS };
  }
}

async function follow({ next, wait, here }) {
  const heading = document.querySelector('h1').textContent;
  let atLeast = 0;
  while (next) {
    await pause(Math.max(wait, atLeast));
    const came = await look(next);
    atLeast = came.wait || 0;
    if (!came.page) continue;
    const title = came.page.querySelector('h1');
    if (!title || title.textContent !== heading) return location.replace(here);
    const followed = came.page.querySelector('[data-next]');
    ({ next, wait } = followed ? followed.dataset : {});
  }
}

follow(document.querySelector('[data-next]').dataset);
