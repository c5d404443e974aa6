// @ts-check
// Answers that are fetched before they are needed, by their question.

/** @import {Answer} from "./types.js" */
/** @typedef {{promise: Promise<Answer>, answer: Answer | null, controller: AbortController}} Early */

const KEPT = 6;

export class Prepared {
  /** @type {Map<string, Early>} */
  #known = new Map();

  /** @param {(query: string, signal: AbortSignal) => Promise<Answer>} ask */
  constructor(ask) {
    this.ask = ask;
  }

  /**
   * The answer to this question, here or under way; whatever else is under way is given up.
   *
   * @param {string} query
   * @returns {Early}
   */
  get(query) {
    for (const [other, { answer, controller }] of this.#known) {
      if (answer || other === query) continue;
      controller.abort();
      this.#known.delete(other);
    }
    return this.#known.get(query) ?? this.#begin(query);
  }

  /** @param {string} query */
  #begin(query) {
    const controller = new AbortController();
    const promise = this.ask(query, controller.signal);
    /** @type {Early} */
    const early = { promise, answer: null, controller };
    this.#known.set(query, early);
    promise.then(
      (answer) => {
        early.answer = answer;
        const [oldest] = this.#known.keys();
        if (this.#known.size > KEPT) this.#known.delete(oldest);
      },
      () => {
        if (this.#known.get(query) === early) this.#known.delete(query);
      },
    );
    return early;
  }

  /**
   * Give up what is under way, and forget it.
   *
   * @param {string} query
   */
  forget(query) {
    this.#known.get(query)?.controller.abort();
    this.#known.delete(query);
  }

  leave() {
    for (const query of [...this.#known.keys()]) this.forget(query);
  }
}
