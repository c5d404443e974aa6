// @ts-check
// What the tab keeps of a class: who answers in it, and what was asked and answered. Anybody may have
// written into the storage.

import { read, storage, store } from "./stored.js";

/** @import {Stored} from "./stored.js" */
/** @import {NumberQuestion, Question} from "./types.js" */

/** @typedef {{round: number, value: number | string, known: boolean, met?: boolean | null}} Given `known` to the room */

const KEY = "ce-class";
const BYTES = 18; // 24 letters of base64
const WHO = /^[\w-]{22,43}$/;

export class ClassKept {
  /** @type {Record<string, Given>} */
  #answers = {};
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
    this.#answers = entries(found.answers, ({ round, value }) => [1, 2].includes(round) && ["number", "string"].includes(typeof value));
    this.#questions = entries(found.questions, asked);
  }

  /** @param {string} key */
  answer(key) {
    return Object.hasOwn(this.#answers, key) ? this.#answers[key] : null;
  }

  /**
   * @param {string} key
   * @param {Given} given
   */
  put(key, given) {
    this.#answers[key] = given;
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
    store(this.kept, KEY, JSON.stringify({ code, who, answers: this.#answers, questions: this.#questions }));
  }
}

/**
 * @param {any} given
 * @param {(value: any) => boolean} fits
 */
function entries(given, fits) {
  const pairs = Object.entries(typeof given === "object" && given ? given : {});
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === "object" && value && fits(value)));
}

/** @param {any} question */
const asked = ({ kind, text, of, options, reasons }) =>
  typeof text === "string" && (kind === "number" ? typeof of === "string" : texts(options) && texts(reasons));

/** @param {unknown} value */
const texts = (value) => Array.isArray(value) && value.every((text) => typeof text === "string");

function anybody() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
