// @ts-check
// A box for numbers, and the file that may stand in its place: what is typed is kept meanwhile.

import { place, size } from "./batchtext.js";
import { make, write } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Fault} from "./batchtypes.js" */

const KINDS = ".csv,.tsv,.txt,.npy,.npz,.safetensors";

/**
 * @typedef {object} Labels
 * @property {string} name of the box
 * @property {string} hint
 * @property {string} key of the elements
 */

export class Source {
  /** @type {File | null} */
  file = null;
  #typed = false; // whether the last change was a key's
  /** @type {Fault | null} */
  #fault = null;

  /**
   * @param {Labels} labels
   * @param {Record<string, string>} words
   * @param {number} most bytes
   * @param {() => void} changed
   */
  constructor({ name, hint, key }, words, most, changed) {
    this.words = words;
    this.most = most;
    this.changed = changed;
    const id = `ce-${key}`;
    this.box = make("textarea", {
      id,
      class: "ce-box",
      spellcheck: "false",
      autocomplete: "off",
      autocapitalize: "off",
      wrap: "off",
      placeholder: hint,
      "aria-describedby": `${id}-fault`,
    });
    this.label = make("label", { for: id, text: name });
    this.choose = make("button", { type: "button", text: words.choose });
    const picker = make("input", { type: "file", accept: KINDS, hidden: true });
    this.choose.addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      if (picker.files?.length) this.take(picker.files[0]);
      picker.value = ""; // the same file may be chosen again
    });
    this.chip = make("p", { class: "ce-file", hidden: true });
    this.told = make("p", { id: `${id}-fault`, class: "ce-fault", role: "alert" });
    this.show = make("button", { type: "button", class: "ce-goto", hidden: true });
    this.show.addEventListener("click", () => this.go(true));
    this.picker = picker;
    this.box.addEventListener("input", (event) => {
      const { inputType } = /** @type {InputEvent} */ (event);
      this.#typed = !inputType?.startsWith("insertFrom"); // pasted, or dropped
      if (!this.#refused(words.pasted, this.blob.size)) changed();
    });
  }

  /** @param {string} text */
  set(text) {
    this.box.value = text;
    this.#typed = false;
  }

  get text() {
    return this.box.value;
  }

  get blob() {
    return this.file ?? new Blob([this.text]);
  }

  get name() {
    return this.file?.name ?? "";
  }

  get empty() {
    return !this.file && !this.text.trim();
  }

  /** @param {File} file that was chosen or dropped */
  take(file) {
    if (this.#refused(file.name, file.size)) return;
    this.hold(file);
    this.changed();
  }

  /**
   * Refuse what is more than can be sent.
   *
   * @param {string} name
   * @param {number} bytes
   */
  #refused(name, bytes) {
    if (bytes <= this.most) return false;
    const text = say(this.words.too_large, ["name", name], ["size", size(bytes)], ["most", size(this.most)]);
    this.fault({ text, line: 0, column: 0 });
    return true;
  }

  /** @param {File | null} file that stands in the box's place */
  hold(file) {
    this.file = file;
    this.chip.hidden = !file;
    this.box.readOnly = file !== null;
    if (!file) return;
    const text = say(this.words.file, ["name", file.name], ["size", size(file.size)]);
    const label = say(this.words.remove, ["name", file.name]);
    const remove = make("button", { type: "button", class: "ce-close", "aria-label": label, text: "×" });
    remove.addEventListener("click", () => {
      this.hold(null);
      this.box.focus();
      this.changed();
    });
    this.chip.replaceChildren(make("span", { text }), remove);
  }

  /**
   * Say what is wrong, and mark the place, unless somebody is typing there.
   *
   * @param {Pick<Fault, "text" | "line" | "column"> | null} fault
   */
  fault(fault) {
    this.#fault = /** @type {Fault | null} */ (fault);
    write(this.told, fault?.text ?? "");
    if (fault) this.box.setAttribute("aria-invalid", "true");
    else this.box.removeAttribute("aria-invalid");
    const placed = fault !== null && fault.line > 0 && !this.file;
    this.show.hidden = !placed;
    if (!placed) return;
    const { line, column } = fault;
    const { show_place: both, show_line: one } = this.words;
    write(this.show, say(column ? both : one, ["line", String(line)], ["column", String(column)]));
    if (!this.#typed || document.activeElement !== this.box) this.go(false);
  }

  /** @param {boolean} focus whether the keys are to go there, too */
  go(focus) {
    const { box } = this;
    if (!this.#fault) return;
    const { line, column } = this.#fault;
    const [start, end] = place(this.text, line, column);
    if (focus) box.focus();
    box.setSelectionRange(start, end);
    const lines = this.text.split("\n");
    const longest = Math.max(...lines.map(({ length }) => length), 1);
    box.scrollTop = (box.scrollHeight * (line - 0.5)) / lines.length - box.clientHeight / 2;
    box.scrollLeft = (box.scrollWidth * column) / longest - box.clientWidth / 2;
  }
}
