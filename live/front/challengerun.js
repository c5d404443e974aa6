// @ts-check
// How somebody goes through a challenge, which the tab keeps for a reload. Anybody may have written
// into the storage, so what is not of its form begins anew.

import { ITEMS } from "./challengecode.js";
import { read, store } from "./stored.js";

/** @import {Outcome} from "./challengecode.js" */
/** @import {Stored} from "./stored.js" */
/** @typedef {{option: number, text: string}} Try */
/** @typedef {{tries: Try[], outcome: Outcome | ""}} Went `outcome` is "" until it is known */

const KEY = "ce-challenge";
const OUTCOMES = ["", "skipped", "first", "second", "wrong"];
const TRIES = 2;

/**
 * How an item went, in words: a goal is not right but reached.
 *
 * @param {Record<string, string>} words
 * @param {string} kind
 * @param {Outcome} outcome
 */
export const told = (words, kind, outcome) => words[kind === "reach" && outcome === "first" ? "reached" : outcome];

export class Run {
  at = 0; // the item, counted from 1; 0 before the first, and one more than there are at the end
  ended = 0; // when, in ms
  name = "";
  /** @type {Went[]} */
  went = Array.from({ length: ITEMS }, () => ({ tries: [], outcome: "" }));
  changed = () => {};

  /**
   * @param {string} seed
   * @param {Stored | null} storage
   */
  constructor(seed, storage) {
    this.seed = seed;
    this.storage = storage;
    const found = read(storage, KEY);
    if (found?.seed !== seed || !formed(found)) return;
    ({ at: this.at, ended: this.ended, name: this.name, went: this.went } = found);
  }

  get now() {
    return this.went[this.at - 1];
  }

  /** @returns {Outcome[]} */
  get outcomes() {
    return this.went.map(({ outcome }) => outcome || "skipped");
  }

  /**
   * @param {number} option
   * @param {string} text
   * @param {boolean} right
   */
  tried(option, text, right) {
    const { now } = this;
    now.tries.push({ option, text });
    if (right) now.outcome = now.tries.length === 1 ? "first" : "second";
    else if (now.tries.length === TRIES) now.outcome = "wrong";
    this.#write();
  }

  reached() {
    this.now.outcome = "first";
    this.#write();
  }

  /** Go on, for good. */
  next() {
    const { now } = this;
    if (now) now.outcome ||= now.tries.length ? "wrong" : "skipped";
    this.at += 1;
    if (this.at > ITEMS) this.ended = Date.now();
    this.#write();
  }

  /** @param {string} name */
  called(name) {
    this.name = name;
    this.#write();
  }

  #write() {
    const { seed, at, ended, name, went } = this;
    store(this.storage, KEY, JSON.stringify({ seed, at, ended, name, went }));
    this.changed();
  }
}

/** @param {any} found */
function formed({ at, ended, name, went }) {
  const stands = Number.isInteger(at) && at >= 0 && at <= ITEMS + 1;
  return stands && Number.isFinite(ended) && typeof name === "string" && Array.isArray(went) && went.length === ITEMS && went.every(wentSo);
}

/** @param {any} item */
function wentSo(item) {
  const tries = item?.tries;
  if (!OUTCOMES.includes(item?.outcome) || !Array.isArray(tries) || tries.length > TRIES) return false;
  return tries.every((one) => Number.isInteger(one?.option) && typeof one.text === "string");
}
