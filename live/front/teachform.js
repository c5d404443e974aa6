// @ts-check
// The form of one step of a lesson that is prepared.

import { make } from "./dom.js";
import { say } from "./sentences.js";
import { choice, number, state } from "./teachasks.js";
import { entry, list } from "./teachfields.js";
import { at, doing, done } from "./teachlesson.js";

/** @import {LabPage, LessonStep} from "./teachlesson.js" */

/**
 * @typedef {object} Given
 * @property {Record<string, number>} letters how many a text may have
 * @property {number} most_options
 * @property {string} text_hint what a text may name
 * @property {[name: string, title: string][]} forms of the loss
 * @property {[name: string, title: string][]} losses what one may be
 * @property {Record<string, LabPage>} pages
 */

export class Form {
  node = make("section", { class: "ce-form" });
  #hidden = make("div", { class: "ce-checks" });
  /** @type {((cards: [string, string][]) => void) | null} */
  #offer = null; // the cards of which a number can be guessed
  /** @type {LessonStep | null} */
  step = null;

  /**
   * @param {Record<string, string>} words
   * @param {Given} given
   * @param {(step: LessonStep, other: boolean) => void} changed whether there is something else to do
   * @param {(step: LessonStep) => string} address where its picture is seen
   */
  constructor(words, given, changed, address) {
    this.words = words;
    this.given = given;
    this.changed = changed;
    this.address = address;
  }

  /**
   * @param {LessonStep | null} step
   * @param {number} n counted from 1
   */
  show(step, n) {
    this.step = step;
    this.node.hidden = !step;
    if (!step) return;
    const { words, given } = this;
    const { letters } = given;
    const page = given.pages[step.page];
    const { title, steps } = page;
    this.node.replaceChildren(
      make("h3", { text: say(words.step, ["n", String(n)], ["page", `${title} · ${steps[at(step) - 1]?.title ?? ""}`]) }),
      make("a", { class: "ce-look", href: this.address(step), target: "_blank", rel: "noopener", text: words.picture }),
      entry("title", words.step_title, { value: step.title ?? "", longest: letters.title }, (title) => this.#set({ title })),
      entry("text", words.text, { value: step.text ?? "", longest: letters.text, rows: 3 }, (text) => this.#set({ text })),
      make("p", { class: "ce-hint", text: given.text_hint }),
      list("kind", words.kind, this.#kinds(step, page), done(step), (kind) => this.step && this.#set(doing(this.step, kind, page), true)),
      ...this.#asks(step),
      group(words.hidden, words.hidden_hint, this.#hidden),
      group(words.locked, words.locked_hint, make("div", { class: "ce-checks" }, ...this.#checks("locked", page.locks))),
    );
    this.#hidden.replaceChildren();
  }

  /**
   * Offer the parts of its picture; those that it hides and does not have now stay hidden.
   *
   * @param {[string, string][]} parts
   * @param {[string, string][]} cards with a number that can be guessed
   */
  parts(parts, cards) {
    this.#hidden.replaceChildren(...this.#checks("hidden", parts));
    this.#offer?.(cards);
  }

  /** @param {Partial<LessonStep>} change */
  #set(change, other = false) {
    if (!this.step) return;
    this.step = { ...this.step, ...change };
    this.changed(this.step, other);
  }

  /**
   * @param {LessonStep} step
   * @param {LabPage} page
   */
  #kinds(step, { steps }) {
    const { words } = this;
    const own = ["see", "explore", "own", "guess", ...(steps[at(step) - 1]?.goals ? ["goal"] : [])];
    const tasks = steps.filter(({ kind }) => kind === "predict" || kind === "reach");
    return [
      ...own.map((kind) => /** @type {[string, string]} */ ([kind, words[`kind_${kind}`]])),
      ...tasks.map(({ key, kind, title }) => /** @type {[string, string]} */ ([`key.${key}`, say(words[`kind_${kind}`], ["title", title])])),
    ];
  }

  /** @param {LessonStep} step */
  #asks({ own, guess, goal }) {
    const { words, given } = this;
    this.#offer = null;
    if (own) return choice(own, words, given, (own) => this.#set({ own }));
    if (goal) return state(goal, words, given, (goal) => this.#set({ goal }));
    if (!guess) return [];
    const { nodes, offer } = number(guess, words, given, (guess) => this.#set({ guess }));
    this.#offer = offer;
    return nodes;
  }

  /**
   * @param {"hidden" | "locked"} field
   * @param {[string, string][]} names
   */
  #checks(field, names) {
    return names.map(([name, label]) => {
      const box = make("input", { type: "checkbox", checked: this.step?.[field]?.includes(name) });
      box.addEventListener("change", () => {
        const others = (this.step?.[field] ?? []).filter((other) => other !== name);
        this.#set({ [field]: box.checked ? [...others, name] : others });
      });
      return make("label", {}, box, make("span", { text: label }));
    });
  }
}

/**
 * @param {string} title
 * @param {string} hint
 * @param {HTMLElement} checks
 */
const group = (title, hint, checks) =>
  make("fieldset", {}, make("legend", { text: title }), make("p", { class: "ce-hint", text: hint }), checks);
