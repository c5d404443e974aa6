// @ts-check
// The form of one step of a lesson that is prepared.

import { make } from "./dom.js";
import { say } from "./sentences.js";
import { at, doing, done } from "./teachlesson.js";

/** @import {LabPage, LessonStep, Own} from "./teachlesson.js" */

/**
 * @typedef {object} Given
 * @property {Record<string, number>} letters how many a text may have
 * @property {number} most_options
 * @property {Record<string, LabPage>} pages
 */

export class Form {
  node = make("section", { class: "ce-form" });
  #hidden = make("div", { class: "ce-checks" });
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
    const page = given.pages[step.page];
    const { title, steps } = page;
    this.node.replaceChildren(
      make("h3", { text: say(words.step, ["n", String(n)], ["page", `${title}: ${steps[at(step) - 1]?.title ?? ""}`]) }),
      make("a", { class: "ce-look", href: this.address(step), target: "_blank", rel: "noopener", text: words.picture }),
      this.#text("step_title", "title", step.title ?? "", (title) => this.#set({ title })),
      this.#text("text", "text", step.text ?? "", (text) => this.#set({ text }), 3),
      this.#kind(step, page),
      ...(step.own ? this.#question(step.own) : []),
      group(words.hidden, words.hidden_hint, this.#hidden),
      group(words.locked, words.locked_hint, make("div", { class: "ce-checks" }, ...this.#checks("locked", page.locks))),
    );
    this.parts([]);
  }

  /**
   * Offer the parts of its picture; those that it hides and does not have now stay hidden.
   *
   * @param {[string, string][]} parts
   */
  parts(parts) {
    this.#hidden.replaceChildren(...this.#checks("hidden", parts));
  }

  /** @param {Partial<LessonStep>} change */
  #set(change, other = false) {
    if (!this.step) return;
    this.step = { ...this.step, ...change };
    this.changed(this.step, other);
  }

  /**
   * @param {string} word
   * @param {string} letters
   * @param {string} value
   * @param {(value: string) => void} set
   */
  #text(word, letters, value, set, rows = 1) {
    const limits = { id: `ce-teach-${word}`, maxlength: this.given.letters[letters], autocomplete: "off" };
    const field = rows > 1 ? make("textarea", { ...limits, rows }) : make("input", { ...limits, type: "text" });
    field.value = value;
    field.addEventListener("input", () => set(field.value));
    return make("div", { class: "ce-entry-of" }, make("label", { for: limits.id, text: this.words[word] }), field);
  }

  /**
   * @param {LessonStep} step
   * @param {LabPage} page
   */
  #kind(step, page) {
    const { words } = this;
    const select = make("select", { id: "ce-teach-kind" });
    for (const kind of ["see", "explore", "own"]) select.append(new Option(words[`kind_${kind}`], kind));
    for (const { key, kind, title } of page.steps) {
      if (kind !== "predict" && kind !== "reach") continue;
      select.append(new Option(say(words[`kind_${kind}`], ["title", title]), `key.${key}`));
    }
    select.value = done(step);
    select.addEventListener("change", () => this.step && this.#set(doing(this.step, select.value, page), true));
    return make("div", { class: "ce-entry-of" }, make("label", { for: select.id, text: words.kind }), select);
  }

  /** @param {Own} own */
  #question(own) {
    const { words, given } = this;
    const now = () => this.step?.own ?? own;
    const set = (/** @type {Partial<Own>} */ change) => this.#set({ own: { ...now(), ...change } });
    const options = Array.from({ length: given.most_options }, (_, i) => {
      const n = /** @type {[string, string]} */ (["n", String(i + 1)]);
      const right = make("input", { type: "radio", name: "ce-teach-right", "aria-label": say(words.right, n), checked: i === own.right });
      const text = make("input", { type: "text", maxlength: given.letters.option, autocomplete: "off", "aria-label": say(words.option, n), placeholder: say(words.option, n) });
      text.value = own.options[i] ?? "";
      right.addEventListener("change", () => set({ right: i }));
      text.addEventListener("input", () => {
        const texts = Array.from({ length: given.most_options }, (_, j) => (i === j ? text.value : (now().options[j] ?? "")));
        set({ options: texts });
      });
      return make("div", { class: "ce-option" }, right, text);
    });
    return [this.#text("question", "question", own.text, (text) => set({ text })), ...options];
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
