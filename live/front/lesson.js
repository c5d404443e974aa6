// @ts-check
// What stands below the instruments: the break, the questions, the words to take home, the way on.

import { make, write } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Links} from "./links.js" */
/** @import {Layout, LessonItem, Words} from "./types.js" */

/**
 * @typedef {object} Parts
 * @property {Words} words
 * @property {HTMLElement} questions
 * @property {Links} links
 * @property {() => void} onBreak
 */

export class Lesson {
  #said = "";
  /** @type {{item: LessonItem, title: HTMLElement}[]} */
  #marks = [];

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.node = make("div", { class: "ce-lesson" });
  }

  /**
   * Build it anew where its words have changed.
   *
   * @param {Layout} layout
   */
  update({ break: broken, questions, closing, links, lessons }) {
    const said = JSON.stringify([broken, questions, closing, links, lessons]);
    if (said === this.#said) return;
    this.#said = said;
    this.parts.links.clear();
    this.#marks = [];
    this.node.replaceChildren(
      ...(broken ? [this.#break(broken)] : []),
      ...(questions ? [this.#questions(questions)] : []),
      ...(closing ? [section("ce-closing", closing.title, closing.text)] : []),
      ...links.map(({ page, label }) => this.parts.links.make(page, "ce-next", label)),
      ...(lessons ? [this.#lessons(lessons)] : []),
    );
  }

  /** @param {NonNullable<Layout["break"]>} broken */
  #break({ title, lead, button: text }) {
    const button = make("button", { type: "button", text, "data-focus": "break" });
    button.addEventListener("click", () => this.parts.onBreak());
    return section("ce-break", title, lead, button);
  }

  /** @param {NonNullable<Layout["questions"]>} questions */
  #questions({ title, hint }) {
    return section("ce-predict", title, hint, this.parts.questions);
  }

  /** @param {NonNullable<Layout["lessons"]>} lessons */
  #lessons({ title, items, note }) {
    const cards = items.map((item) => this.#card(item));
    const grid = make("ul", { class: "ce-lessons" }, ...cards);
    return make("section", {}, make("h2", { text: title }), grid, make("p", { class: "ce-hint", text: note }));
  }

  /** @param {LessonItem} item */
  #card(item) {
    const { page, line, picture, alt } = item;
    const src = `data:image/svg+xml,${encodeURIComponent(picture)}`;
    const title = make("span");
    this.#marks.push({ item, title });
    const link = this.parts.links.make(page, "ce-way", title);
    return make("li", {}, make("img", { src, alt }), link, make("p", { text: line }));
  }

  /** @param {string[]} finished pages */
  mark(finished) {
    const { done, open } = this.parts.words;
    for (const { item, title } of this.#marks) {
      write(title, say(finished.includes(item.page) ? done : open, ["title", item.label]));
    }
  }
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} text
 * @param {Node[]} rest
 */
function section(name, title, text, ...rest) {
  return make("section", { class: name }, make("h2", { text: title }), make("p", { text }), ...rest);
}
