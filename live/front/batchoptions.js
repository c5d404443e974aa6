// @ts-check
// What torch's loss is told, and the format: fields whose refusal stands beside them.

import { make, write } from "./dom.js";

/** @typedef {{node: HTMLElement, input: HTMLInputElement | HTMLSelectElement, told: HTMLElement}} Field */

// Which fields the two losses have; the others are not sent.
const OF = /** @type {Record<string, string[]>} */ ({
  classes: ["weight", "ignore_index", "label_smoothing"],
  binary: ["weight", "pos_weight"],
});
const FIRST = /** @type {Record<string, string>} */ ({ weight: "each_class", pos_weight: "each_class", ignore_index: "-100", label_smoothing: "0.0" });

export class Options {
  /** @type {Map<string, Field>} */
  #fields = new Map();

  /**
   * @param {Record<string, string>} words
   * @param {string[]} formats
   * @param {() => void} changed
   */
  constructor(words, formats, changed) {
    this.words = words;
    this.changed = changed;
    this.#choose("format", [["", words.format_auto], ...formats.map((name) => /** @type {[string, string]} */ ([name, name]))]);
    this.#choose("kind", ["classes", "binary"].map((name) => [name, words[`kind_${name}`]]));
    this.#choose("reduction", ["mean", "sum", "none"].map((name) => [name, words[`reduction_${name}`]]));
    for (const key of Object.keys(FIRST)) this.#type(key);
    const fields = [...this.#fields.values()].map(({ node }) => node);
    this.said = make("span", { class: "ce-set" });
    this.node = make(
      "details",
      { class: "ce-options-of" },
      make("summary", {}, make("span", { text: words.options }), this.said),
      make("div", { class: "ce-fields" }, ...fields),
    );
    this.node.addEventListener("toggle", () => this.node.open && this.node.scrollIntoView({ block: "nearest" }));
    this.#fit();
  }

  /**
   * @param {string} key
   * @param {string[][]} choices value and text
   */
  #choose(key, choices) {
    const select = make("select");
    for (const [value, text] of choices) select.append(new Option(text, value));
    select.addEventListener("change", () => {
      this.#fit();
      this.changed();
    });
    this.#add(key, select);
  }

  /** @param {string} key */
  #type(key) {
    const first = FIRST[key];
    const input = make("input", { type: "text", autocomplete: "off", placeholder: this.words[first] ?? first });
    input.addEventListener("input", () => {
      this.#tell();
      this.changed();
    });
    this.#add(key, input);
  }

  /**
   * @param {string} key
   * @param {HTMLInputElement | HTMLSelectElement} input
   */
  #add(key, input) {
    const id = `ce-option-${key}`;
    const told = make("p", { id: `${id}-fault`, class: "ce-fault", role: "alert" });
    input.id = id;
    input.setAttribute("aria-describedby", told.id);
    const node = make("div", {}, make("label", { for: id, text: this.words[`option_${key}`] }), input, told);
    this.#fields.set(key, { node, input, told });
  }

  /** Only what the loss has is seen and sent. */
  #fit() {
    const of = OF[this.#fields.get("kind")?.input.value ?? ""];
    for (const key of Object.keys(FIRST)) {
      const field = this.#fields.get(key);
      if (field) field.node.hidden = !of.includes(key);
    }
    this.#tell();
  }

  /** What is set is said while the fields are folded away. */
  #tell() {
    const said = [...this.#fields.values()].flatMap(({ node, input }, i) => {
      if (node.hidden || !input.value.trim()) return [];
      if (input instanceof HTMLSelectElement) return i === 0 || input.selectedIndex ? [input.selectedOptions[0].text] : [];
      return [`${node.querySelector("label")?.textContent}: ${input.value}`];
    });
    write(this.said, said.join(" · "));
  }

  /** What is set, as it was typed. */
  get values() {
    return Object.fromEntries(
      [...this.#fields].map(([key, { node, input }]) => [key, node.hidden ? "" : input.value]),
    );
  }

  /** @param {Record<string, string>} values all others are as at first */
  set(values) {
    for (const [key, { input }] of this.#fields) {
      if (input instanceof HTMLInputElement) input.value = values[key] ?? "";
      else input.selectedIndex = Math.max([...input.options].findIndex(({ value }) => value === values[key]), 0);
    }
    this.#fit();
  }

  /**
   * @param {string} key of a field, if it is one of these
   * @param {string} text
   */
  fault(key, text) {
    for (const [name, { input, told }] of this.#fields) {
      const here = name === key && text !== "";
      write(told, here ? text : "");
      input.setAttribute("aria-invalid", String(here));
      if (here) this.node.open = true;
    }
    return this.#fields.has(key);
  }
}
