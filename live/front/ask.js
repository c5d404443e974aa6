// @ts-check
// The link and what it becomes: changes are committed, asked about, and answered.

import { Prepared } from "./early.js";
import { Refused } from "./fetching.js";
import { cut, fitting, framed, query, settings } from "./query.js";

/** @import {Answer, Change} from "./types.js" */

const LATE = 2000; // ms until an answer is missed
const PATIENCE = 8000; // ms until it is asked for anew; a slow network is given ever more
const RETRIES = [1000, 2000, 4000]; // ms between attempts at a server that is away
const LIST = /\S[\s,;]+\S/; // a value that may have set others too
const REST = 120; // ms that a held slider stands still until its release is prepared

/**
 * @typedef {object} Handlers
 * @property {(answer: Answer) => void} answered
 * @property {() => void} changed what is unanswered, or whether the server is away or late
 * @property {() => string[]} seen the keys that a question tells
 */

/**
 * @typedef {object} Means
 * @property {(query: string, signal: AbortSignal) => Promise<Answer>} answer
 * @property {Pick<History, "pushState" | "replaceState" | "state">} history
 * @property {Pick<Location, "pathname" | "search">} location
 */

/** @typedef {{query: string, carried: number, committed: boolean}} Asked */

export class Ask {
  link = ""; // what was answered last, or is to be opened
  /** @type {Change[]} */
  changes = []; // committed and not answered
  away = false;
  late = false;
  #good = ""; // what was answered last
  #due = false; // whether there is something to ask though nothing was changed
  #committed = false;
  /** @type {Asked | null} */
  #asked = null;
  #failures = 0;
  #patience = PATIENCE;
  /** @type {Record<"late" | "retry" | "rest", ReturnType<typeof setTimeout> | undefined>} */
  #timers = { late: undefined, retry: undefined, rest: undefined };
  #left = false;

  /**
   * @param {Means} means
   * @param {Handlers} handlers
   */
  constructor(means, handlers) {
    this.means = means;
    this.handlers = handlers;
    this.path = means.location.pathname;
    this.prepared = new Prepared(means.answer);
  }

  // ---------------------------------------------------------------- what the page says

  /**
   * Open a link that the address bar shows already.
   *
   * @param {string} link
   * @param {Change[]} [changes] that a page before this one has left unanswered
   */
  open(link, changes = []) {
    this.#start(link, changes, false);
  }

  /**
   * Go to a link, as a step of its own in the history.
   *
   * @param {string} link
   */
  go(link) {
    this.#start(link, [], true);
  }

  /** Ask for the same once more, as what was seen has changed. */
  again() {
    this.#due = true;
    this.#next();
  }

  /**
   * @param {string} id
   * @param {string} text
   * @param {boolean} [step] whether it counts from what is before it, so that two are more than one
   */
  commit(id, text, step = false) {
    const value = cut(text);
    const last = this.changes.length - 1;
    const asked = this.#asked ? this.#asked.carried : 0;
    const same = last >= asked && this.changes[last].id === id;
    if (!step && same && !LIST.test(this.changes[last].value)) this.changes.pop();
    this.changes.push({ id, value });
    this.stop();
    this.#committed = true;
    this.#next();
    this.handlers.changed();
  }

  /** The learner went back or forward, or to another place on the page. */
  popped() {
    const { pathname, search } = this.means.location;
    const link = settings(search);
    if (pathname === this.path && link !== this.link) this.open(link);
  }

  /** There may be a network again. */
  retry() {
    if (this.#timers.retry === undefined) return;
    this.#clear("retry");
    this.#next();
  }

  /**
   * A held slider stands here now. When it rests, the answer to its release is fetched.
   *
   * @param {string} id
   * @param {string} value
   */
  rest(id, value) {
    this.stop();
    this.#timers.rest = setTimeout(() => {
      if (!this.#busy) this.prepared.get(this.#query([{ id, value }]));
    }, REST);
  }

  /** It moves on, or is released. */
  stop() {
    this.#clear("rest");
  }

  leave() {
    this.#left = true;
    this.#drop();
    this.prepared.leave();
  }

  /** The link with all that is committed, as questions other than for numbers name it. */
  get query() {
    return this.#query(this.changes);
  }

  // ---------------------------------------------------------------- one question at a time

  get #busy() {
    return this.#asked !== null || this.#timers.retry !== undefined || this.changes.length > 0;
  }

  /**
   * @param {string} link
   * @param {Change[]} changes
   * @param {boolean} committed
   */
  #start(link, changes, committed) {
    this.#drop();
    this.link = link;
    this.changes = [...changes];
    this.#committed = committed;
    this.#due = true;
    this.#next();
    this.handlers.changed();
  }

  /** Ask no more for what was asked. */
  #drop() {
    if (this.#asked) this.prepared.forget(this.#asked.query);
    this.#asked = null;
    this.#clear("late");
    this.#clear("retry");
    this.#clear("rest");
  }

  #next() {
    if (this.#left || this.#asked || this.#timers.retry !== undefined) return;
    const carried = fitting(this.changes);
    if (!this.#due && carried.length === 0) return;
    this.#due = false;
    this.#timers.late ??= setTimeout(() => {
      this.late = true;
      this.handlers.changed();
    }, LATE);
    const text = this.#query(carried);
    const asked = { query: text, carried: carried.length, committed: this.#committed };
    this.#asked = asked;
    this.#committed = false;
    const { answer, promise } = this.prepared.get(text);
    if (answer) this.#answered(asked, answer);
    else void this.#wait(asked, promise);
  }

  /**
   * @param {Asked} asked
   * @param {Promise<Answer>} promise
   */
  async #wait(asked, promise) {
    let impatient = false;
    const timer = setTimeout(() => {
      impatient = true;
      this.prepared.forget(asked.query);
    }, this.#patience);
    let answer;
    try {
      answer = await promise;
    } catch (error) {
      if (asked === this.#asked) this.#failed(asked, error, impatient);
      return;
    } finally {
      clearTimeout(timer);
    }
    if (asked === this.#asked) this.#answered(asked, answer);
  }

  /**
   * @param {Asked} asked
   * @param {Answer} answer
   */
  #answered(asked, answer) {
    this.#asked = null;
    this.changes.splice(0, asked.carried);
    this.#committed ||= this.changes.length > 0;
    this.link = this.#good = answer.head.link;
    this.away = this.late = false;
    this.#failures = 0;
    this.#patience = PATIENCE;
    this.#clear("late");
    this.#write(asked.committed);
    try {
      this.handlers.answered(answer);
    } finally {
      this.#next(); // a fault in the picture keeps no change from the server
    }
  }

  /**
   * @param {Asked} asked
   * @param {unknown} error
   * @param {boolean} impatient
   */
  #failed(asked, error, impatient) {
    this.#asked = null;
    this.#committed ||= asked.committed;
    this.#due = true;
    if (impatient) {
      this.#patience *= 2;
    } else if (error instanceof Refused && (asked.carried || this.link)) {
      // Without what is refused: first the changes, then what was opened.
      this.changes.splice(0, asked.carried);
      if (!asked.carried) this.link = this.link === this.#good ? "" : this.#good;
    } else {
      const wait = /** @type {{wait?: number}} */ (error).wait ?? 0;
      const pause = RETRIES[Math.min(this.#failures, RETRIES.length - 1)];
      this.#failures += 1;
      this.away = true;
      this.#timers.retry = setTimeout(() => this.retry(), Math.max(pause, wait));
    }
    this.handlers.changed();
    this.#next();
  }

  /** @param {boolean} committed */
  #write(committed) {
    const { history, location } = this.means;
    const address = framed(this.link, location.search);
    const search = address ? `?${address}` : "";
    if (location.pathname !== this.path || location.search === search) return;
    if (committed) history.pushState({}, "", this.path + search);
    else history.replaceState(history.state, "", this.path + search);
  }

  /** @param {Change[]} changes */
  #query(changes) {
    return query(this.link, changes, this.handlers.seen());
  }

  /** @param {"late" | "retry" | "rest"} name */
  #clear(name) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = undefined;
  }
}
