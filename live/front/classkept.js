// @ts-check
// What the tab keeps of a class: who answers in it, and what was asked and answered. Anybody may have
// written into the storage.

import { read, storage, store } from "./stored.js";

/** @import {Stored} from "./stored.js" */
/** @import {NumberQuestion, Question} from "./types.js" */

/** @typedef {{round: number, value: number | string, met?: boolean | null}} Given */

const KEY = "ce-class";
const BYTES = 18; // 24 letters of base64
const WHO = /^[\w-]{22,43}$/;

export class ClassKept {
  /** @type {Record<string, Given>} */
  #known = {}; // to the room
  /** @type {Record<string, Given>} */
  #waiting = {}; // until the room knows it
  /** @type {Record<string, Question | NumberQuestion>} */
  #questions = {};

  /**
   * @param {string} code
   * @param {Stored | null} [kept]
   */
  constructor(code, kept = storage()) {
    this.code = code;
    this.kept = kept;
    const found = read(kept, KEY);
    const same = found?.code === code && WHO.test(found.who);
    this.who = same ? String(found.who) : anybody(); // nobody knows a tab by it in another room
    if (!same) return;
    this.#known = entries(found.known, given);
    this.#waiting = entries(found.waiting, given);
    this.#questions = entries(found.questions, asked);
  }

  /**
   * What was answered last.
   *
   * @param {string} key
   */
  answer(key) {
    return this.waiting(key) ?? this.known(key);
  }

  /** @param {string} key */
  known(key) {
    return Object.hasOwn(this.#known, key) ? this.#known[key] : null;
  }

  /** @param {string} key */
  waiting(key) {
    return Object.hasOwn(this.#waiting, key) ? this.#waiting[key] : null;
  }

  /**
   * @param {string} key
   * @param {Given} given
   */
  put(key, given) {
    this.#waiting[key] = given;
    this.#write();
  }

  /**
   * The room has it.
   *
   * @param {string} key
   * @param {Given} given
   */
  received(key, given) {
    this.#known[key] = given;
    this.drop(key, given);
  }

  /**
   * It waits no longer; something newer may.
   *
   * @param {string} key
   * @param {Given} given
   */
  drop(key, { round, value }) {
    const waiting = this.waiting(key);
    if (waiting?.round === round && waiting.value === value) delete this.#waiting[key];
    this.#write();
  }

  /** @param {string} key */
  question(key) {
    return Object.hasOwn(this.#questions, key) ? this.#questions[key] : null;
  }

  /**
   * What it answers may open other numbers, of which it would be another question.
   *
   * @param {string} key
   * @param {Question | NumberQuestion} question
   */
  ask(key, question) {
    if (this.question(key)) return;
    this.#questions[key] = question;
    this.#write();
  }

  #write() {
    const { code, who } = this;
    store(this.kept, KEY, JSON.stringify({ code, who, known: this.#known, waiting: this.#waiting, questions: this.#questions }));
  }
}

/**
 * @param {any} found
 * @param {(value: any) => boolean} fits
 */
function entries(found, fits) {
  const pairs = Object.entries(typeof found === "object" && found ? found : {});
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === "object" && value && fits(value)));
}

/** @param {any} answer */
const given = ({ round, value }) => [1, 2].includes(round) && ["number", "string"].includes(typeof value);

/** @param {any} question */
const asked = ({ kind, text, of, options, reasons }) =>
  typeof text === "string" && (kind === "number" ? typeof of === "string" : texts(options) && texts(reasons));

/** @param {unknown} value */
const texts = (value) => Array.isArray(value) && value.every((text) => typeof text === "string");

function anybody() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
