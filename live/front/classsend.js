// @ts-check
// Telling a room something until it knows: only the newest counts, and what is not acknowledged is
// sent again.

import { pause } from "./classstream.js";
import { Refused, get } from "./fetching.js";

const PATIENCE = 8000; // ms for an acknowledgement

/**
 * @template T
 * @typedef {object} Handlers
 * @property {(value: T, reply: any) => void} known
 * @property {(value: T, status: string) => void} refused with a status of HTTP
 * @property {() => void} away it was not taken yet, and is sent again
 */

/** @template T */
export class Sending {
  /** @type {T | null} */
  #wanted = null;
  #busy = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  #now = new AbortController();
  #left = false;

  /**
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {typeof fetch} ask
   * @param {Handlers<T>} handlers
   */
  constructor(url, headers, ask, handlers) {
    this.url = url;
    this.headers = headers;
    this.ask = ask;
    this.handlers = handlers;
  }

  /** Whether there is something that the room may not know. */
  get waits() {
    return this.#wanted !== null;
  }

  /** @param {T} value */
  put(value) {
    this.#wanted = value;
    this.again();
  }

  /** There may be a network again. */
  again() {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (!this.#busy && this.#wanted !== null) void this.#send(this.#wanted);
  }

  /** It needs to know no more. */
  leave() {
    this.#wanted = null;
    clearTimeout(this.#retry);
    this.#left = true;
    this.#now.abort();
  }

  /** @param {T} value */
  async #send(value) {
    this.#busy = true;
    let wait = 0;
    /** @type {() => void} */
    let told;
    try {
      const reply = await this.#once(value);
      told = () => this.handlers.known(value, reply);
    } catch (error) {
      if (error instanceof Refused) {
        const [status] = error.message.split(" ", 1);
        told = () => this.handlers.refused(value, status);
      } else {
        wait = pause(this.#failures, /** @type {{wait?: number}} */ (error).wait ?? 0);
        told = () => this.handlers.away();
      }
    }
    this.#busy = false;
    if (this.#left) return;
    this.#failures = wait ? this.#failures + 1 : 0;
    if (!wait && this.#wanted === value) this.#wanted = null;
    if (wait) this.#retry = setTimeout(() => this.again(), wait);
    else this.again();
    told();
  }

  /** @param {T} value */
  async #once(value) {
    const now = (this.#now = new AbortController());
    const patience = setTimeout(() => now.abort(), PATIENCE);
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json", ...this.headers },
      body: JSON.stringify(value),
      signal: now.signal,
    };
    try {
      return await get(this.ask, this.url, options, async (response) => (response.status === 204 ? null : response.json()));
    } finally {
      clearTimeout(patience);
    }
  }
}
