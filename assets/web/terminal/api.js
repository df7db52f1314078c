// The terminals' part of the API. An answer, a refusal, or nothing known: these three, and each is treated differently.

import { keep, kept } from './kept.js';

const ANSWER_MS_MAX = 6000;

// The service refused, and said why: nothing happened.
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.name_ = (problem.type || '').split(':').pop();
  }
}

// No answer, or none that says what happened.
export class Unknown extends Error {}

const watchers = new Set();
let online = true;

export const isOnline = () => online;
export function whenConnectionChanges(watcher) {
  watchers.add(watcher);
}

function connection(now) {
  if (now === online) return;
  online = now;
  for (const watcher of watchers) watcher(online);
}

let revoked = () => {};
export function whenRevoked(watcher) {
  revoked = watcher;
}

export async function call(method, path, body, { token = kept('token') } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  const pixels = body instanceof Uint8Array;
  if (body !== undefined) headers['content-type'] = pixels ? 'application/octet-stream' : 'application/json';
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined || pixels ? body : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    text = await response.text();
  } catch (error) {
    connection(false);
    throw new Unknown(error.message);
  }
  connection(true);
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Unknown(`HTTP ${response.status} without JSON`);
  }
  if (response.ok) return answer;
  if (response.status === 401 && token && token === kept('token')) revoked(body?.id);
  // Whether a request that failed in the service was carried out, nobody knows yet.
  if (response.status >= 500 || response.status === 408) throw new Unknown(answer.detail);
  const refusal = new Refused(response.status, answer);
  const setup = kept('setup');
  // Said as soon as it is heard, and not only when the app asks for its products again.
  if (setup && refusal.name_ === 'event-closed') keep('setup', { ...setup, event_open: false });
  throw refusal;
}
