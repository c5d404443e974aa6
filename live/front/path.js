// @ts-check
// The path of a page: at which step the learner is, what of it is done, and what is covered.

/** @import {NumberQuestion, Question, Step} from "./types.js" */

const TRIES = 2; // answers to a question until the picture answers it

/**
 * @typedef {object} Done what a tab keeps of the visit
 * @property {(key: string) => boolean} did
 * @property {(key: string) => void} does
 */

export class Path {
  /** @type {Step[]} */
  steps = [];
  at = 0; // counted from 1; 0 before the first answer
  /** @type {Question | NumberQuestion | null} */
  question = null;
  /** @type {number[]} */
  tries = []; // the options that were chosen, or the number that was guessed
  told = ""; // of the number that was guessed
  drags = 0; // in which the goal was met
  met = false; // whether the goal is met where the picture stands
  #inThisDrag = false;

  /** @param {Done} done */
  constructor(done) {
    this.done = done;
  }

  /**
   * @param {Step[]} steps
   * @param {number} at
   * @param {Question | NumberQuestion | null} question
   */
  update(steps, at, question) {
    const before = this.step?.key;
    const { answered } = this;
    this.steps = steps;
    this.at = at;
    const { step } = this;
    // What was answered stays as it was asked, whatever the answer opens.
    if (step?.key !== before || !answered) this.question = question;
    if (!step || step.key === before) return;
    this.tries = [];
    this.told = "";
    this.drags = 0;
    this.met = this.#inThisDrag = false;
    if (step.kind === "see" || step.kind === "explore") this.done.does(step.key);
  }

  /** What is done belongs to the page, or, of steps on several, to this. */
  get place() {
    return this.step?.page ? "lesson" : null;
  }

  get step() {
    return this.steps[this.at - 1];
  }

  /** Whether what the step asks for is done, now or before. */
  get reached() {
    return this.step !== undefined && this.done.did(this.step.key);
  }

  /** Whether the question is answered: rightly, or as often as may be. */
  get answered() {
    const { question, tries } = this;
    const right = question !== null && question.kind !== "number" && tries.includes(question.right);
    return right || this.tries.length >= TRIES || this.reached;
  }

  /** Whether the picture stands still, as a question about it is open. */
  get locked() {
    return this.step?.kind === "predict" && this.question !== null && !this.answered;
  }

  /** Whether an answer is taken. */
  get takes() {
    return this.locked;
  }

  /** Whether an answer is told at once whether it is right. */
  get judges() {
    return true;
  }

  /**
   * Whether the step lets nobody move what a control is of.
   *
   * @param {string} id a parameter, or one value of a list: "logits.2"
   */
  fixed(id) {
    return this.step?.locks.includes(id.split(".")[0]) ?? false;
  }

  /**
   * Answer the question.
   *
   * @param {number} option
   * @returns {boolean} whether the picture answers now
   */
  choose(option) {
    if (!this.locked || !this.step || this.tries.includes(option)) return false;
    this.tries.push(option);
    if (this.locked) return false;
    this.done.does(this.step.key);
    return true;
  }

  /**
   * Guess the number, which the picture shows from now on.
   *
   * @param {number} value
   * @param {string} told what is said of it
   */
  guess(value, told) {
    if (!this.locked || !this.step) return;
    this.tries = [value];
    this.told = told;
    this.done.does(this.step.key);
  }

  /**
   * The picture stands where the goal is met, or where it is not.
   *
   * @param {boolean} met
   * @param {boolean} held whether the learner's hand moves it
   * @returns {boolean} whether the goal is reached with this
   */
  see(met, held) {
    const { step } = this;
    if (step?.kind !== "reach") return false;
    this.met = met;
    if (!met || this.reached) return false;
    if (step.times > 1) {
      if (!held || this.#inThisDrag) return false;
      this.#inThisDrag = true;
      this.drags += 1;
      if (this.drags < step.times) return false;
    }
    this.done.does(step.key);
    return true;
  }

  /** The learner's hand is off. */
  letGo() {
    this.#inThisDrag = false;
  }

  /** The parts that are covered now. */
  get covers() {
    const covered = this.step?.kind === "reach" ? this.met : this.locked;
    return covered ? (this.step?.covers ?? []) : [];
  }

  /**
   * What is said of the answer: why the last wrong one is wrong, or why the right one is right; and
   * of a number how far off it is.
   *
   * @returns {string}
   */
  get reason() {
    const { question, tries } = this;
    if (!question || this.step?.kind !== "predict") return "";
    if (question.kind === "number") return this.told;
    if (this.answered) return question.reasons[question.right];
    const last = tries.at(-1);
    return last === undefined ? "" : question.reasons[last];
  }
}

/**
 * Whether a part is shown, by its name or by that of the row that it is in.
 *
 * @param {string} part
 * @param {string[]} shows all if there are none
 */
export function shownPart(part, shows) {
  return shows.length === 0 || shows.includes(part) || shows.includes(part.split(".")[0]);
}
