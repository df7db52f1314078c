// A sale: sent once, and asked for by its id until it is known what became of it.

import { Refused, Unknown, call } from './api.js';
import { forget, keep, kept } from './kept.js';

const SALES_KEPT_MAX = 20;
const ASK_AGAIN_MS = [400, 800, 1500, 2500];
// A sale that never arrived is sent again by itself while the customer still stands there.
const SEND_AGAIN_MS_MAX = 20000;
const DOUBT_MS_MAX = 600000;
const LEFT_MS_MAX = 24 * 60 * 60 * 1000;
export const VOID_MS_MAX = 5 * 60 * 1000;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export const sales = () => kept('sales', []);
// Training has a list of its own: nothing of it was charged, and what was charged is not in it.
export const trainedSales = () => kept('trained-sales', []);
export const openSale = () => kept('open');
// Sales whose screen was left before it was known what became of them, each with its basket. They are asked for until it
// is known, over restarts as well, and never sent again: the customer may have paid otherwise, or gone. Each has an id of
// its own, so that the next sale neither replaces nor repeats one.
export const asides = () => kept('aside', []);
export const unknownSales = () => [...asides(), openSale()].filter(Boolean);
// Sales that never arrived, and are looked for all the same.
export const doubts = () => kept('doubts', []);

function remember(sale, list = 'sales') {
  const others = kept(list, []).filter((known) => known.id !== sale.id);
  keep(list, [sale, ...others].slice(0, SALES_KEPT_MAX));
}

// What the service last said of the festival.
export const isClosed = () => kept('setup')?.event_open === false;

export const rememberTrained = (sale) => remember(sale, 'trained-sales');

// A part of a basket is known there with less than in the list.
export const inFull = (sale) => ({ ...sales().find(({ id }) => id === sale.id), ...sale });

// One that went back. Who has sold twenty since has forgotten it.
function rememberBack(sale) {
  if (sales().some(({ id }) => id === sale.id)) remember({ ...inFull(sale), voided: true });
}

// Parts that could not go back at the bar any more: whoever asks for one is told so for the rest of the day.
export const leftToDesk = () => kept('left', []).filter((sale) => Date.now() - sale.left_at < LEFT_MS_MAX);

export function leaveToDesk(parts) {
  for (const part of parts) remember({ ...part, left_at: Date.now() }, 'left');
}

// What became of a sale is known: nothing waits for it any more.
function known({ id }) {
  if (openSale()?.id === id) forget('open');
  keep('aside', asides().filter((aside) => aside.id !== id));
}

function accepted(open, answer) {
  const sale = {
    id: open.id,
    amount_cents: answer.amount_cents,
    serial: answer.serial,
    at: Date.now(),
    // By the service's clock, as the help desk reads it.
    sold_at: answer.created_at,
    lines: open.lines,
    of: open.of,
    voided: answer.status === 'voided',
  };
  remember(sale);
  keep('doubts', doubts().filter((doubt) => doubt.id !== open.id));
  known(open);
  return {
    kind: 'accepted',
    sale,
    old_cents: answer.balance_cents + answer.amount_cents,
    balance_cents: answer.balance_cents,
  };
}

function refused(error, open) {
  // Whose token is gone can't ask: what became of the sale stays open.
  if (error.status === 401) return { kind: 'revoked' };
  forget('open');
  if (error.name_ === 'insufficient-funds') {
    const { balance_cents, missing_cents } = error.problem;
    return { kind: 'short', balance_cents, missing_cents };
  }
  return { kind: 'refused', error, open };
}

class Left extends Error {}

// Charges; `waiting` is called when it is not known for a while whether it happened, with a way to leave it at that. `about`
// is kept and not sent: whether it is meant as a `part`, and all lines of what it is a part `of`.
export async function charge(content, code, waiting, about = {}) {
  // Sent before, under the same id, and never answered: that one may be on its way still.
  const unsure = isUnsure(content.id);
  const open = { ...content, ...about, unsure, at: Date.now() };
  keep('open', open);
  try {
    return accepted(open, await call('POST', '/api/v1/charges', { ...content, code }));
  } catch (error) {
    if (error instanceof Refused) {
      return error.name_ === 'id-reused' ? resolve(open, null, waiting) : refused(error, open);
    }
    if (!(error instanceof Unknown)) throw error;
    return resolve(open, { ...content, code }, waiting);
  }
}

// It was sent, and nobody knows what came of it: sent again under its id, it happens once.
export const isUnsure = (sale) => doubts().some(({ id }) => id === sale);

// Asks for a sale by its id until it is known. `body`, while the code is still in memory, is sent again under the same
// id when the first one never arrived: whichever of the two comes first, it is charged once.
export async function resolve(open, body, waiting) {
  // Whatever is answered from now on, what was sent first may have been carried out.
  if (openSale()?.id === open.id) keep('open', { ...open, unsure: true });
  let leave;
  const left = new Promise((_, reject) => {
    leave = () => reject(new Left());
  });
  waiting(open, leave);
  try {
    return await ask(open, body, (promise) => Promise.race([promise, left]));
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    return { kind: 'left', open };
  }
}

async function ask(open, body, unlessLeft) {
  for (let tries = 0; ; tries += 1) {
    try {
      return accepted(open, await unlessLeft(call('GET', `/api/v1/charges/${open.id}`)));
    } catch (error) {
      if (error instanceof Refused) {
        const again = body && Date.now() - open.at < SEND_AGAIN_MS_MAX;
        if (error.name_ !== 'unknown-charge') return refused(error, open);
        if (!again) return notCharged(open);
        try {
          return accepted(open, await unlessLeft(call('POST', '/api/v1/charges', body)));
        } catch (second) {
          if (second instanceof Refused) return refused(second, open);
          if (!(second instanceof Unknown)) throw second;
        }
      } else if (!(error instanceof Unknown)) throw error;
    }
    await unlessLeft(wait(ASK_AGAIN_MS[Math.min(tries, ASK_AGAIN_MS.length - 1)]));
  }
}

// From here on it is asked for in the background.
export function setAside(open, basket) {
  keep('aside', [...asides().filter((aside) => aside.id !== open.id), { ...open, basket }]);
  forget('open');
}

// What was paid of a basket may be taken back while it is set aside.
export function changeAsides(change) {
  keep('aside', asides().map((aside) => (aside.basket ? { ...aside, basket: change(aside.basket) } : aside)));
}

// Asks once for a sale that was set aside. What it came to is written down when the answer is called: it may have to wait
// until there is room on the screen to say it.
export async function askAside(aside) {
  try {
    const answer = await call('GET', `/api/v1/charges/${aside.id}`);
    return () => accepted(aside, answer);
  } catch (error) {
    if (error instanceof Refused && error.name_ === 'unknown-charge') return () => notCharged(aside);
    if (error instanceof Refused || error instanceof Unknown) return null;
    throw error;
  }
}

// It never arrived. Should it be on its way all the same, it is looked for again for some minutes.
function notCharged(open) {
  keep('doubts', [...doubts().filter((doubt) => doubt.id !== open.id), open]);
  known(open);
  return { kind: 'not-charged', open };
}

// Sales that were given up and have been charged after all.
export async function lateOnes(inUse) {
  const found = [];
  for (const doubt of doubts()) {
    if (doubt.id === inUse || asides().some(({ id }) => id === doubt.id)) continue;
    try {
      found.push(accepted(doubt, await call('GET', `/api/v1/charges/${doubt.id}`)));
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unknown)) throw error;
    }
  }
  keep('doubts', doubts().filter((doubt) => Date.now() - doubt.at < DOUBT_MS_MAX));
  return found;
}

// Those of these sales that were taken back elsewhere, as far as is known.
export async function wentBack(sold) {
  const isBack = async ({ id }) => {
    try {
      return (await call('GET', `/api/v1/charges/${id}`)).status === 'voided';
    } catch (error) {
      if (error instanceof Refused || error instanceof Unknown) return false;
      throw error;
    }
  };
  const are = await Promise.all(sold.map(isBack));
  const back = sold.filter((_, at) => are[at]);
  back.forEach(rememberBack);
  return back;
}

// Takes a sale back. It can be asked for again and again: it happens once.
export async function takeBack(sale) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await call('POST', `/api/v1/charges/${sale.id}/void`, {});
      rememberBack(sale);
      return { kind: 'voided', sale, old_cents: answer.balance_cents - answer.amount_cents, balance_cents: answer.balance_cents };
    } catch (error) {
      if (error.status === 401) return { kind: 'revoked' };
      if (error instanceof Refused) return { kind: 'refused', error, sale };
      if (!(error instanceof Unknown)) throw error;
      if (tries === ASK_AGAIN_MS.length) return { kind: 'void-unknown', sale };
      await wait(ASK_AGAIN_MS[tries]);
    }
  }
}

export async function lookUp(code) {
  try {
    return { kind: 'balance', found: await call('POST', '/api/v1/media/lookup', { code }) };
  } catch (error) {
    if (error.status === 401) return { kind: 'revoked' };
    if (error instanceof Refused) return { kind: 'refused', error };
    if (error instanceof Unknown) return { kind: 'offline' };
    throw error;
  }
}

// The service hears that the terminal with this token is ended, and says whether its festival is open: null where it can't be
// asked. A terminal that was ended before stays so.
export async function endTerminal(token) {
  try {
    return (await call('POST', '/api/v1/terminal/end', undefined, { token })).event_open;
  } catch (error) {
    if (error instanceof Refused || error instanceof Unknown) return null;
    throw error;
  }
}

export const topUpCode = (code, amount_cents) => call('POST', '/api/v1/terminal/top-up-code', { code, amount_cents });
