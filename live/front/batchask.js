// @ts-check
// Asking what becomes of the numbers: a moment after they were changed, and again while the server
// is away. A newer question gives up the one before.

import { frames } from "./batchframes.js";
import { Away, Refused, get } from "./fetching.js";
import { patiently } from "./patiently.js";

/** @import {Fault, Frame, Head} from "./batchtypes.js" */

const PAUSE = 300; // ms without a change
const MOST = 3; // answers that break off, after which the next would, too

/**
 * @typedef {object} Handlers
 * @property {() => Blob | null} body of what stands in the form now, if anything does
 * @property {() => void} nothing stands there
 * @property {() => void} begins
 * @property {(frame: Frame) => void} frame
 * @property {(away: boolean) => void} away the server was not reached, or has been
 * @property {(status: string) => void} refused with a status of HTTP
 * @property {(times: number) => void} broken so many answers broke off, and no more is asked
 * @property {() => void} ends it was answered or refused, or was given up for good
 */

export class Asking {
  /** @type {AbortController | null} */
  #now = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;
  #broken = 0; // answers to what is asked now that were none

  /**
   * @param {string} url
   * @param {typeof fetch} ask
   * @param {Handlers} handlers
   */
  constructor(url, ask, handlers) {
    this.url = url;
    this.ask = ask;
    this.handlers = handlers;
  }

  /** Ask when nothing has changed for a moment. What is asked already is of numbers before. */
  soon() {
    this.#give();
    this.#soon = setTimeout(() => this.now(), PAUSE);
  }

  now() {
    this.#give();
    const body = this.handlers.body();
    if (!body) {
      this.handlers.nothing();
      return;
    }
    this.#now = new AbortController();
    this.#broken = 0;
    this.handlers.begins();
    void this.#run(body, this.#now.signal);
  }

  /** Ask no further. */
  stop() {
    this.#give();
    this.handlers.ends();
  }

  leave() {
    this.#give();
  }

  #give() {
    clearTimeout(this.#soon);
    this.#now?.abort();
    this.#now = null;
  }

  /**
   * @param {Blob} body
   * @param {AbortSignal} signal
   */
  async #run(body, signal) {
    await patiently(() => this.#once(body, signal), signal);
    if (!signal.aborted) this.handlers.ends();
  }

  /**
   * @param {Blob} body
   * @param {AbortSignal} signal
   */
  async #once(body, signal) {
    const options = { method: "POST", body, signal };
    let answered = false; // by the server itself: another status is that of what stands before it
    try {
      await get(
        async (url, how) => {
          const response = await this.ask(url, how);
          answered = response.ok || response.status === 500;
          return response;
        },
        this.url,
        options,
        (response) => this.#read(response, signal),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) this.handlers.refused(error.message.split(" ", 1)[0]);
      else if (answered && ++this.#broken === MOST) {
        this.handlers.broken(MOST);
        throw new Refused("the answer broke off");
      } else this.handlers.away(true);
      throw error;
    }
    if (!signal.aborted) this.handlers.away(false);
  }

  /**
   * @param {Response} response
   * @param {AbortSignal} signal
   */
  async #read({ body }, signal) {
    let whole = false;
    for await (const frame of frames(/** @type {ReadableStream<Uint8Array>} */ (body))) {
      if (signal.aborted) return;
      const { head } = frame;
      whole = last(head);
      try {
        this.handlers.frame(frame);
      } catch (error) {
        reportError(error); // a fault in the picture is not one of the network
      }
    }
    if (!whole) throw new Away("the answer broke off");
  }
}

/**
 * Whether a frame ends an answer. An option that is refused does not: the usual one stands for it.
 *
 * @param {Head} head
 */
function last(head) {
  if (head.kind === "result") return head.done === head.of;
  return head.kind === "report" || (head.kind === "error" && fatal(head));
}

/** @param {Fault} fault */
export const fatal = ({ field }) => field === "numbers" || field === "targets";
