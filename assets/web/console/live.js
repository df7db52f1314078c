// The figures as they change. Without this, or without a connection, the page shows those of when it was opened.

const AGAIN_MS = 30_000;

// Why the service sends nothing more, and where to go on from there: the page, asked for anew, leads to signing in.
const OVER = {
  'signed-out': ['You were signed out: these figures stand still.', 'Sign in'],
  'not-allowed': ['Your role may not see these figures any more.', 'Open the page again'],
};

const figures = document.querySelector('[data-live]');
const state = document.querySelector('[data-live-state]');

// Makes what is there like what came, in its place: whoever stands on a link stays on it, and what is open stays open.
function become(there, came) {
  const old = [...there.childNodes];
  const fresh = [...came.childNodes];
  fresh.forEach((node, at) => {
    const own = old[at];
    if (!own) there.append(node);
    else if (own.nodeName !== node.nodeName) own.replaceWith(node);
    else if (node.nodeType !== Node.ELEMENT_NODE) {
      if (own.data !== node.data) own.data = node.data;
    } else {
      likeAttributes(own, node);
      become(own, node);
    }
  });
  old.slice(fresh.length).forEach((node) => node.remove());
}

function likeAttributes(own, node) {
  for (const name of node.getAttributeNames()) {
    if (own.getAttribute(name) !== node.getAttribute(name)) own.setAttribute(name, node.getAttribute(name));
  }
  // Who has opened a list keeps it open.
  const gone = own.getAttributeNames().filter((name) => name !== 'open' && !node.hasAttribute(name));
  gone.forEach((name) => own.removeAttribute(name));
}

function watch() {
  const source = new EventSource(figures.dataset.live);
  source.onopen = () => { state.textContent = 'Kept up to date'; };
  source.onmessage = (event) => {
    const came = document.createElement('template');
    came.innerHTML = event.data;
    become(figures, came.content);
  };
  source.addEventListener('over', (event) => {
    source.close();
    const [said, onward] = OVER[event.data];
    state.replaceChildren(`${said} `, Object.assign(document.createElement('a'), { href: location.href, textContent: onward }));
    state.className = 'notice';
  });
  source.onerror = () => {
    state.textContent = 'Not kept up to date: looking for the connection';
    // The browser comes again by itself, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, AGAIN_MS);
  };
  // A page that rests in the background would keep its place for nothing.
  addEventListener('pagehide', () => source.close(), { once: true });
  addEventListener('pageshow', (event) => { if (event.persisted) watch(); }, { once: true });
}

watch();
