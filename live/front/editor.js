// @ts-check
// The class editor: a button that opens a panel in which classes are named, masked and removed.

import { make } from "./dom.js";
import { field } from "./field.js";

/** @import {Field} from "./field.js" */
/** @import {EditorLayout} from "./types.js" */

/**
 * @typedef {object} Memory what outlives the elements, as every change of the classes makes new ones
 * @property {boolean} open
 * @property {Map<string, string>} unmasked the logits of masked classes by name, for when they are unmasked
 */

/**
 * @typedef {object} Classes
 * @property {(i: number) => string} logit what the slider of a class says
 * @property {(id: string, value: string, step?: boolean) => void} commit
 * @property {(id: string) => boolean} waits
 */

/** @returns {Memory} */
export const memory = () => ({ open: false, unmasked: new Map() });

export class Editor {
  #outside = new AbortController();

  /**
   * @param {EditorLayout} layout
   * @param {Memory} kept
   * @param {Classes} classes
   */
  constructor(layout, kept, classes) {
    this.layout = layout;
    this.kept = kept;
    this.classes = classes;
    /** @type {Field[]} */
    this.fields = [];
    /** @type {HTMLInputElement[]} */
    this.boxes = [];
    this.panel = make("div", {
      class: "ce-panel",
      role: "group",
      "aria-label": layout.label,
      "data-otherwise": "editor",
    });
    this.panel.append(...layout.names.map((name, i) => this.#line(name, i)));
    this.panel.append(this.#button(layout.add, "add", !layout.can_add, "ce-add"));
    this.panel.append(...layout.notes.map((text) => make("p", { class: "ce-hint", text })));
    this.button = make("button", { type: "button", text: layout.label, "data-focus": "editor" });
    this.button.addEventListener("click", () => this.#open(!kept.open));
    this.node = make("div", { class: "ce-editor" }, this.button, this.panel);
    this.node.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !kept.open) return;
      this.#open(false);
      this.button.focus();
    });
    document.addEventListener(
      "pointerdown",
      ({ target }) => {
        if (kept.open && !this.node.contains(/** @type {Node} */ (target))) this.#open(false);
      },
      { signal: this.#outside.signal },
    );
    this.#open(kept.open);
  }

  /** @param {boolean} open */
  #open(open) {
    this.kept.open = open;
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  /**
   * @param {string} name
   * @param {number} i
   */
  #line(name, i) {
    const { name_labels, mask_labels, remove_labels, can_remove } = this.layout;
    const text = make("input", {
      type: "text",
      autocomplete: "off",
      maxlength: this.layout.longest,
      "aria-label": name_labels[i],
      "data-focus": `name-${i}`,
    });
    this.fields[i] = field(text, (value) => this.#rename(i, value));
    const box = (this.boxes[i] = make("input", { type: "checkbox", "data-focus": `mask-${i}` }));
    box.addEventListener("change", () => this.#mask(i, box.checked));
    const mask = make("label", {}, box, make("span", { text: mask_labels[i] }));
    const remove = this.#button(remove_labels[i], `remove.${i}`, !can_remove, "ce-remove");
    return make("div", { class: "ce-class" }, text, mask, remove);
  }

  /**
   * @param {string} text
   * @param {string} id
   * @param {boolean} disabled
   * @param {string} name
   */
  #button(text, id, disabled, name) {
    const button = make("button", { type: "button", class: name, text, disabled, "data-focus": id });
    button.addEventListener("click", () => this.classes.commit(id, "", true));
    return button;
  }

  /**
   * @param {number} i
   * @param {string} value
   */
  #rename(i, value) {
    const logit = this.kept.unmasked.get(this.layout.names[i]);
    if (logit !== undefined) this.kept.unmasked.set(value, logit);
    this.classes.commit(`names.${i}`, value);
  }

  /**
   * @param {number} i
   * @param {boolean} masked
   */
  #mask(i, masked) {
    const { unmasked } = this.kept;
    const name = this.layout.names[i];
    const logit = this.classes.logit(i);
    if (masked && logit !== "-inf") unmasked.set(name, logit);
    this.classes.commit(`logits.${i}`, masked ? "-inf" : (unmasked.get(name) ?? "0"));
  }

  /** Show what an answer says, but for what it has not answered. */
  update() {
    const { names, masked } = this.layout;
    const { waits } = this.classes;
    names.forEach((name, i) => {
      if (!waits(`names.${i}`)) this.fields[i].answer(name);
      if (!waits(`logits.${i}`)) this.boxes[i].checked = masked[i];
    });
  }

  leave() {
    this.#outside.abort();
  }
}
