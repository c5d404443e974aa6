// @ts-check
// The path of a page in a class: at the step where the class is, the lecturer decides when the
// question is open and when it is answered, and a choice is a vote.

import { Path } from "./path.js";

/** @import {Phase} from "./classask.js" */
/** @import {Done} from "./path.js" */
/** @import {NumberQuestion, Question} from "./types.js" */

/**
 * @typedef {object} Vote
 * @property {Phase} phase
 * @property {boolean} takes whether this page takes an answer now
 * @property {number | null} own the option or number that was answered
 * @property {Question | NumberQuestion | null} question as it was asked
 * @property {string} told of the number that was answered, once it may be seen
 * @property {(value: number) => void} choose
 */

export class ClassPath extends Path {
  /**
   * @param {Done} done
   * @param {(path: Path) => Vote | null} vote nothing where the class is elsewhere
   */
  constructor(done, vote) {
    super(done);
    this.vote = vote;
  }

  /** @returns {Vote | null} */
  get #now() {
    return this.step ? this.vote(this) : null;
  }

  /**
   * @override
   * @param {Parameters<Path["update"]>} args
   */
  update(...args) {
    super.update(...args);
    this.sync();
  }

  /** The class has gone on. */
  sync() {
    const now = this.#now;
    if (!now || this.step?.kind !== "predict") return;
    this.tries = now.own === null ? [] : [now.own];
    this.told = now.told;
    if (now.phase === "answered" && now.question) this.question = now.question;
  }

  /** @override */
  get answered() {
    const now = this.#now;
    return now && this.step?.kind === "predict" ? now.phase === "answered" : super.answered;
  }

  /** @override */
  get takes() {
    return this.#now?.takes ?? super.takes;
  }

  /** @override */
  get judges() {
    return this.#now === null || this.answered;
  }

  /**
   * @override
   * @param {number} option
   */
  choose(option) {
    const now = this.#now;
    if (!now) return super.choose(option);
    if (now.takes) now.choose(option);
    return false;
  }

  /**
   * @override
   * @param {number} value
   * @param {string} told
   */
  guess(value, told) {
    const now = this.#now;
    if (!now) super.guess(value, told);
    else if (now.takes) now.choose(value);
  }

  /** @override */
  get reason() {
    const { question, answered, tries } = this;
    if (!this.#now || question?.kind === "number") return super.reason;
    if (!question || this.step?.kind !== "predict" || !answered) return "";
    const told = [...tries, question.right].map((i) => question.reasons[i]);
    return [...new Set(told)].join(" ");
  }
}
