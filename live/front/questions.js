// @ts-check
// Questions that are answered before the picture answers them.

import { make } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Answered} from "./kept.js" */
/** @import {Question, Words} from "./types.js" */

/**
 * @typedef {object} Lesson what the questions tell and ask
 * @property {(key: string) => Answered | undefined} answer
 * @property {(question: Question, chosen: number) => void} take
 * @property {(key: string) => void} forget
 * @property {(question: Question) => void} show
 */

/**
 * Two questions are equal that a learner cannot tell apart before the picture is shown.
 *
 * @param {Question} one
 * @param {Question} other
 */
export function equal(one, other) {
  const told = (/** @type {Question} */ { key, text, options, right, reasons }) =>
    JSON.stringify([key, text, options, right, reasons]);
  return told(one) === told(other);
}

/**
 * The link that shows the answer with the learner's numbers, where the question is still the same.
 *
 * @param {Question} question as it was asked
 * @param {Question[]} now
 */
export function shown(question, now) {
  return (now.find((other) => equal(other, question)) ?? question).shown;
}

/**
 * @param {Answered} answer
 * @param {Pick<Words, "right" | "wrong">} words
 */
export function verdict({ question: { options, right, reasons }, chosen }, words) {
  return say(
    chosen === right ? words.right : words.wrong,
    ["answer", options[right]],
    ["chosen", options[chosen]],
    ["reason", reasons[chosen]],
  );
}

export class Questions {
  /** @type {Map<string, {said: string, node: HTMLElement}>} */
  #shown = new Map();
  /** @type {Question[]} */
  #asked = [];

  /**
   * @param {Words} words
   * @param {Lesson} lesson
   */
  constructor(words, lesson) {
    this.words = words;
    this.lesson = lesson;
    this.node = make("div", { class: "ce-questions" });
  }

  /** The keys of what the page asks now. */
  get keys() {
    return this.#asked.map(({ key }) => key);
  }

  /** @param {Question[]} questions */
  ask(questions) {
    this.#asked = questions;
    this.#render();
  }

  #render() {
    const before = this.#shown;
    this.#shown = new Map();
    const nodes = this.#asked.map((question) => {
      const answer = this.lesson.answer(question.key);
      const said = JSON.stringify(answer ?? question);
      const old = before.get(question.key);
      const node = old?.said === said ? old.node : this.#make(question, answer);
      this.#shown.set(question.key, { said, node });
      return node;
    });
    const focused = [...before].find(([, { node }]) => node.contains(document.activeElement));
    // Those that stay are not moved: an element that is moved loses the focus.
    for (const child of [...this.node.children]) {
      if (!nodes.includes(/** @type {HTMLElement} */ (child))) child.remove();
    }
    nodes.forEach((node, i) => {
      if (this.node.children[i] !== node) this.node.insertBefore(node, this.node.children[i] ?? null);
    });
    if (focused && !focused[1].node.isConnected) this.#focus(focused[0]);
  }

  /**
   * @param {Question} question
   * @param {Answered | undefined} answer
   */
  #make(question, answer) {
    return answer ? this.#answered(answer) : this.#open(question);
  }

  /** @param {Question} question */
  #open(question) {
    const { key, text, options } = question;
    const labels = options.map((option, i) => {
      const radio = make("input", { type: "radio", name: `ce-question-${key}`, "data-focus": `question-${key}-${i}` });
      radio.addEventListener("change", () => this.#take(question, i));
      return make("label", {}, radio, make("span", { text: option }));
    });
    const row = make("div", { class: "ce-options" }, ...labels);
    return make("fieldset", { class: "ce-question" }, make("legend", { text }), row);
  }

  /** @param {Answered} answer */
  #answered(answer) {
    const { question, chosen } = answer;
    const { words, lesson } = this;
    const right = chosen === question.right;
    const show = make("button", { type: "button", text: words.show });
    const again = make("button", { type: "button", text: words.again });
    show.addEventListener("click", () => lesson.show(question));
    again.addEventListener("click", () => this.#forget(question.key));
    return make(
      "div",
      { class: "ce-question" },
      make("p", { text: question.text }),
      make("div", {
        class: "ce-verdict",
        role: "status",
        tabindex: "-1",
        "data-focus": `verdict-${question.key}`,
        "data-right": String(right),
        text: verdict(answer, words),
      }),
      make("div", { class: "ce-buttons" }, show, again),
    );
  }

  /**
   * @param {Question} question
   * @param {number} chosen
   */
  #take(question, chosen) {
    this.lesson.take(question, chosen);
    this.#render();
    this.#focus(question.key);
  }

  /** @param {string} key */
  #forget(key) {
    this.lesson.forget(key);
    this.#render();
    this.#focus(key);
  }

  /**
   * Go to what is new of a question: its verdict, or its options.
   *
   * @param {string} key
   */
  #focus(key) {
    const node = this.#shown.get(key)?.node.querySelector(".ce-verdict, input");
    if (node) /** @type {HTMLElement} */ (node).focus();
  }
}
