// The start: one tab only, a token or an enrolment, what was left open, and then the selling.

import * as answers from './answer.js';
import { paidOfOpen, unknownOf } from './back.js';
import * as basket from './basket.js';
import { Refused, Unknown, call, isOnline, whenConnectionChanges, whenRevoked } from './api.js';
import { beginWithLeave } from './chips.js';
import { h, show } from './dom.js';
import { codeOfLink, enrolment, sayWhy } from './enrol.js';
import { listen } from './keys.js';
import { forget, forgetAll, keep, kept } from './kept.js';
import { asides, endTerminal, isClosed, lateOnes, unknownSales } from './sale.js';
import { amountsOf, endScan, finishOpenSale, handle, tellAside, trainingWaits, whenSold } from './scan.js';
import { build, draw, keepSetup } from './sell.js';
import { prepareSound } from './signal.js';
import { choose, euros, t } from './words.js';

const REFRESH_MS = 20000;
const REFRESH_OFFLINE_MS = 2500;

// Until the time is over, or something happened that makes it worth asking now.
let wake = () => {};
const pause = (ms) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  wake = () => {
    clearTimeout(timer);
    done();
  };
});

function stop(text) {
  show(document.getElementById('app'), h('main', { class: 'enrol', 'data-view': 'stopped' }, h('p', { class: 'message', role: 'alert' }, text)));
}

function keepsSomething() {
  try {
    keep('probe', 1);
    forget('probe');
    return true;
  } catch {
    return false;
  }
}

// `id` is the sale's whose request was refused. Where that was the only one it was never taken.
async function revoked(id) {
  const open = unknownSales();
  const refused = open.filter((sale) => sale.id === id && sale.unsure === false);
  const unknown = open.filter((sale) => !refused.includes(sale));
  const parts = [t('revoked')];
  // Of one that others have paid a part of more is to be said than that nothing was charged.
  if (refused.length && !basket.isPartPaid()) parts.push(t('revoked_refused', { amount: amountsOf(refused) }));
  parts.push(...unknownOf(unknown));
  const [givenBack, stays] = [paidOfOpen(false), paidOfOpen(true)];
  const token = kept('token');
  const closed = isClosed();
  forgetAll();
  keep('notice', [...parts, ...(closed ? stays : givenBack)].join(' '));
  // A code that somebody is about to use stays where it is.
  enrolment({ code: history.state?.code });
  // Who gives back what was paid turns on whether the festival is open, and it may have been closed unheard.
  if (closed || !givenBack.length || (await endTerminal(token)) !== false) return;
  // Meanwhile the device may be another terminal.
  if (kept('token')) return;
  keep('notice', [...parts, ...stays].join(' '));
  sayWhy();
}

// A device that sells becomes another terminal only where all that it sold is known and paid.
const takesLink = () => !kept('token') || (unknownSales().length === 0 && !basket.isPartPaid());

async function refresh() {
  while (kept('token')) {
    try {
      keepSetup(await call('GET', '/api/v1/terminal'));
      for (const { sale } of await lateOnes(basket.current().id)) {
        if (!sale.voided) {
          const more = t('late_more', { amount: euros(sale.amount_cents), serial: sale.serial.slice(-4) });
          answers.say('late', 'waiting', t('late'), more);
        }
      }
      await tellAside();
    } catch (error) {
      if (!(error instanceof Unknown || error instanceof Refused)) throw error;
    }
    await pause(isOnline() && asides().length === 0 ? REFRESH_MS : REFRESH_OFFLINE_MS);
  }
}

async function sell() {
  // Older apps let training begin in the middle of a sale: the sale is real.
  if (trainingWaits()) keep('training', false);
  build();
  refresh();
  await finishOpenSale();
}

async function start() {
  choose();
  if (!keepsSomething()) return stop(t('keeps_nothing'));
  whenRevoked(revoked);
  // Without a connection nothing is sold, so a lost request has the app ask at once whether there is one. So has what the
  // device says of its network, which proves nothing by itself: the service may be reached all the same, or not.
  whenConnectionChanges((online) => {
    draw();
    if (!online) wake();
  });
  window.addEventListener('offline', () => wake());
  window.addEventListener('online', () => wake());
  // A device that slept asked nothing meanwhile.
  document.addEventListener('visibilitychange', () => !document.hidden && wake());
  whenSold(draw);
  document.addEventListener('pointerup', prepareSound);
  document.addEventListener('keydown', prepareSound);
  // Before what is touched does its work: that may begin a scan.
  document.addEventListener('click', endScan, true);
  const code = codeOfLink();
  window.addEventListener('hashchange', () => {
    const linked = codeOfLink();
    if (linked && takesLink()) enrolment({ code: linked, done: () => location.reload() });
  });
  listen(handle);
  if (kept('token')) beginWithLeave(handle);
  if (kept('token')) await sell();
  if (!kept('token') || (code && takesLink())) enrolment({ code, done: () => location.reload() });
}

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/terminal/worker.js', { scope: '/terminal' }).catch((error) => console.warn(error));
}

// Two tabs would share a basket and its id: one sells. A page that was just reloaded lets go within moments.
const LOCK_MS_MAX = 2000;

if (navigator.locks) {
  let selling = false;
  navigator.locks
    .request('polsband-terminal', { signal: AbortSignal.timeout(LOCK_MS_MAX) }, async () => {
      selling = true;
      await start();
      return new Promise(() => {});
    })
    .catch((error) => {
      if (selling) throw error;
      choose();
      stop(t('another_tab'));
    });
} else {
  start();
}
