// Files of a batch, with how far they are. Without this the browser takes them itself, and shows how many bytes came.

// What stands in a file once for each of its things. No mark has its first letter a second time: one that breaks off can
// only begin anew.
const MARKS = {
  page: '/Contents ',
  row: '\n"',
  picture: 'PK\x03\x04',
  piece: '{"sequence":',
};
// What is held in memory before it goes to where browsers keep large things.
const HELD_BYTES_MAX = 8 * 1024 * 1024;
// A browser that has a file to ask about still finds it.
const KEPT_MS = 60_000;

const list = Object.assign(document.createElement('section'), { className: 'downloads' });
list.setAttribute('aria-label', 'Downloads');
const underWay = new Set();

// Counts a mark in what comes in chunks, the border of which may cut one.
function counter(mark) {
  const wanted = [...mark].map((letter) => letter.charCodeAt(0));
  let matched = 0;
  let found = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; at += 1) {
      if (chunk[at] === wanted[matched]) matched += 1;
      else matched = chunk[at] === wanted[0] ? 1 : 0;
      if (matched === wanted.length) {
        found += 1;
        matched = 0;
      }
    }
    return found;
  };
}

// The whole file; fails when it ends too early.
async function read(answer, heard) {
  const reader = answer.body.getReader();
  const parts = [];
  let held = [];
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    heard(next.value);
    held.push(next.value);
    bytes += next.value.length;
    if (bytes > HELD_BYTES_MAX) {
      parts.push(new Blob(held));
      held = [];
      bytes = 0;
    }
  }
  return new Blob([...parts, ...held], { type: answer.headers.get('content-type') });
}

function save(file, name) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

// A line of the list. A quarter is said aloud, and not each page.
function line(what, total) {
  const element = Object.assign(document.createElement('div'), { className: 'download' });
  const words = document.createElement('p');
  words.setAttribute('aria-hidden', 'true');
  const bar = Object.assign(document.createElement('progress'), { max: total });
  bar.setAttribute('aria-label', what);
  const aloud = Object.assign(document.createElement('p'), { className: 'unseen' });
  aloud.setAttribute('role', 'status');
  element.append(words, bar, aloud);
  list.append(element);
  document.body.append(list);
  const says = (text, isAloud) => {
    words.textContent = `${what}: ${text}`;
    if (isAloud) aloud.textContent = words.textContent;
  };
  return { element, bar, says };
}

async function download(link) {
  list.querySelectorAll('[data-over]').forEach((before) => before.remove());
  const { thing, total } = link.dataset;
  const { element, bar, says } = line(link.textContent, Number(total));
  const count = counter(MARKS[thing]);
  let done = 0;
  let quarter = 0;
  const heard = (chunk) => {
    // By chance a picture may hold the mark of one.
    done = Math.min(count(chunk), bar.max);
    bar.value = done;
    const now = Math.floor((4 * done) / bar.max);
    says(`${thing} ${done} of ${total}`, now > quarter);
    quarter = now;
  };
  says('being prepared', true);
  try {
    const answer = await fetch(link.href, { cache: 'no-store' });
    const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition'))?.[1];
    if (!answer.ok || !name) {
      element.remove();
      return link.href;
    }
    save(await read(answer, heard), name);
    bar.value = bar.max;
    element.dataset.over = 'complete';
    says(`complete, ${done} ${thing}${done === 1 ? '' : 's'}`, true);
  } catch (error) {
    console.warn(error);
    bar.remove();
    element.dataset.over = 'lost';
    says(`the connection was lost${done ? ` at ${thing} ${done} of ${total}` : ''}, and nothing is saved. Try again.`, true);
  }
  return null;
}

for (const link of document.querySelectorAll('a[data-total]')) {
  link.addEventListener('click', async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (underWay.has(link)) return;
    underWay.add(link);
    const elsewhere = await download(link);
    underWay.delete(link);
    // What is no file is a page: it says why, or asks who is there.
    if (elsewhere) location.assign(elsewhere);
  });
}

// Whoever leaves the page loses what came so far, and is asked first.
addEventListener('beforeunload', (event) => {
  if (underWay.size > 0) event.preventDefault();
});
