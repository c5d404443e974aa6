// @ts-check
// What a room tells: events in a stream that fetch reads, as it can send the lecturer's secret in a
// header. A connection that is dead without a word is known by its silence, and made anew.

import { Refused, get } from "./fetching.js";

const SILENCE = 40_000; // ms: the server says something every 15 s (server/rooms/hub.py)
const DOUBT = 20_000; // ms of silence that are too many for a page that was asleep
const PAUSES = [500, 1000, 2000, 4000, 8000]; // ms between attempts, the longest over and over

/**
 * @typedef {object} Handlers
 * @property {(name: string, data: any) => void} event
 * @property {(away: boolean) => void} away the server was not reached, or has been
 * @property {(status: string) => void} refused with a status of HTTP; it is asked no more
 */

/**
 * A pause before attempt n, after what the server has asked for; a whole class does not come back at once.
 *
 * @param {number} n from 0 on
 * @param {number} wait ms
 */
export const pause = (n, wait) => wait + PAUSES[Math.min(n, PAUSES.length - 1)] * (0.5 + Math.random());

/**
 * Read events; a comment, which only says that the server is there, has no name.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) yield event(part);
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** @param {string} part */
function event(part) {
  const fields = new Map(part.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]));
  const name = fields.get("event") ?? "";
  return { name, data: name ? JSON.parse(fields.get("data") ?? "null") : null };
}

export class Listening {
  #left = new AbortController();
  #now = new AbortController();
  #heard = 0; // when something was heard last
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  #wake = () => {}; // ends a pause

  /**
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {typeof fetch} ask
   * @param {Handlers} handlers
   */
  constructor(url, headers, ask, handlers) {
    this.url = url;
    this.headers = headers;
    this.ask = ask;
    this.handlers = handlers;
    void this.#run();
  }

  /** There may be a network again, or this page was asleep. */
  again() {
    this.#failures = 0;
    this.#wake();
    if (Date.now() - this.#heard > DOUBT) this.#now.abort();
  }

  leave() {
    this.#left.abort();
    this.#now.abort();
    this.#wake();
  }

  async #run() {
    const { signal } = this.#left;
    while (!signal.aborted) {
      let wait = 0;
      try {
        await this.#once();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refused) {
          this.handlers.refused(error.message.split(" ", 1)[0]);
          return;
        }
        wait = /** @type {{wait?: number}} */ (error).wait ?? 0;
        this.handlers.away(true);
      } finally {
        clearTimeout(this.#silence);
      }
      await this.#pause(pause(this.#failures, wait));
      this.#failures += 1;
    }
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  async #once() {
    this.#now = new AbortController();
    this.#alive();
    const options = { headers: this.headers, signal: this.#now.signal, cache: /** @type {const} */ ("no-store") };
    await get(this.ask, this.url, options, async ({ body }) => {
      for await (const { name, data } of events(/** @type {ReadableStream<Uint8Array>} */ (body))) {
        if (this.#left.signal.aborted) return;
        this.#alive();
        this.#failures = 0;
        this.handlers.away(false);
        if (name) this.#tell(name, data);
      }
    });
  }

  /**
   * @param {string} name
   * @param {any} data
   */
  #tell(name, data) {
    try {
      this.handlers.event(name, data);
    } catch (error) {
      reportError(error); // a fault in the picture is not one of the network
    }
  }

  /** Something was heard, or is about to be. */
  #alive() {
    this.#heard = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#now.abort(), SILENCE);
  }
}
