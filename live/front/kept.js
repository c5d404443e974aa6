// @ts-check
// What the tab keeps of the visit: answers, what is done, and what was seen. Anybody may have
// written into the storage, so all that is not of its form is left out.

import { read, store } from "./stored.js";

/** @import {Stored} from "./stored.js" */
/** @import {Question} from "./types.js" */
/** @typedef {{question: Question, chosen: number}} Answered */

const KEY = "ce-progress";
const BREAK = "break";
const FINISHED = "finished";
const STEP = "step-"; // before the key of a step
const MOST = 60; // keys that are seen, which stand in addresses
const NAME = /^[\w-]{1,40}$/;
const PART = /^[\w-]{1,40}\/[\w-]{1,40}$/;

export class Kept {
  /** @type {Map<string, Map<string, Answered>>} */
  #answers = new Map();
  /** @type {Set<string>} */
  #done = new Set();
  /** @type {Map<string, Set<string>>} */
  #seen = new Map();

  /** @param {Stored | null} storage */
  constructor(storage) {
    this.storage = storage;
    const { answers, done, seen } = object(read(storage, KEY));
    for (const [page, parts] of entries(answers)) {
      for (const [key, value] of entries(parts)) {
        const answer = answered(key, value);
        if (answer) this.#of(page).set(key, answer);
      }
    }
    this.#done = new Set(texts(done).filter((part) => PART.test(part)));
    for (const [page, keys] of entries(seen)) {
      const names = texts(keys).filter((key) => NAME.test(key));
      this.#seen.set(page, new Set(names.slice(0, MOST)));
    }
  }

  #write() {
    const kept = {
      answers: Object.fromEntries(
        [...this.#answers].map(([page, parts]) => [page, Object.fromEntries(parts)]),
      ),
      done: [...this.#done],
      seen: Object.fromEntries([...this.#seen].map(([page, keys]) => [page, [...keys]])),
    };
    store(this.storage, KEY, JSON.stringify(kept));
  }

  /** @param {string} page */
  #of(page) {
    const parts = this.#answers.get(page) ?? new Map();
    this.#answers.set(page, parts);
    return parts;
  }

  /**
   * @param {string} page
   * @param {string} key
   * @returns {Answered | undefined}
   */
  answer(page, key) {
    return this.#answers.get(page)?.get(key);
  }

  /**
   * @param {string} page
   * @param {Question} question
   * @param {number} chosen
   */
  take(page, question, chosen) {
    this.#of(page).set(question.key, { question, chosen });
    this.#write();
  }

  /**
   * @param {string} page
   * @param {string} key
   */
  forget(page, key) {
    this.#of(page).delete(key);
    this.#write();
  }

  /**
   * @param {string} page
   * @param {string[]} keys
   * @returns {boolean} whether there is a new one among them
   */
  see(page, keys) {
    const seen = this.#seen.get(page) ?? new Set();
    const before = seen.size;
    for (const key of keys) seen.add(key);
    if (seen.size === before) return false;
    this.#seen.set(page, seen);
    this.#write();
    return true;
  }

  /** @param {string} page */
  seen(page) {
    return [...(this.#seen.get(page) ?? [])];
  }

  /** @param {string} page */
  breaks(page) {
    this.#add(`${page}/${BREAK}`);
  }

  /**
   * Say that a step is done.
   *
   * @param {string} page
   * @param {string} step
   */
  does(page, step) {
    this.#add(`${page}/${STEP}${step}`);
  }

  /**
   * @param {string} page
   * @param {string} step
   */
  did(page, step) {
    return this.#done.has(`${page}/${STEP}${step}`);
  }

  /**
   * A page with steps is finished when all of them are done.
   *
   * @param {string} page
   * @param {string[]} steps
   */
  finishSteps(page, steps) {
    if (steps.length && steps.every((step) => this.did(page, step))) this.#add(`${page}/${FINISHED}`);
  }

  /**
   * A page is finished when its break was opened and its questions are answered.
   *
   * @param {string} page
   * @param {string[]} keys of the questions that it asks
   */
  finish(page, keys) {
    const all = keys.length > 0 && keys.every((key) => this.answer(page, key));
    if (all && this.#done.has(`${page}/${BREAK}`)) this.#add(`${page}/${FINISHED}`);
  }

  get finished() {
    const end = `/${FINISHED}`;
    return [...this.#done].filter((part) => part.endsWith(end)).map((part) => part.slice(0, -end.length));
  }

  /** @param {string} part */
  #add(part) {
    if (this.#done.has(part)) return;
    this.#done.add(part);
    this.#write();
  }
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function object(value) {
  const is = typeof value === "object" && value !== null && !Array.isArray(value);
  return is ? /** @type {Record<string, unknown>} */ (value) : {};
}

/** @param {unknown} value */
const entries = (value) => Object.entries(object(value));

/**
 * @param {unknown} value
 * @returns {string[]}
 */
const texts = (value) =>
  Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];

/**
 * @param {unknown} value
 * @param {number} length
 */
const index = (value, length) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < length;

/**
 * @param {string} key
 * @param {unknown} value
 * @returns {Answered | null}
 */
function answered(key, value) {
  const { question, chosen } = object(value);
  const { text, right, shown, ...rest } = object(question);
  const options = texts(rest.options);
  const reasons = texts(rest.reasons);
  const whole = rest.key === key && typeof text === "string" && typeof shown === "string";
  const fits = reasons.length === options.length;
  if (!whole || !fits || !index(right, options.length) || !index(chosen, options.length)) return null;
  return {
    question: { key, text, options, right: Number(right), reasons, shown },
    chosen: Number(chosen),
  };
}
