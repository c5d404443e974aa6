// @ts-check
// A small table of fields, by which a text of few rows can be edited.

import { cell } from "./batchtext.js";
import { make } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Sheet} from "./batchtext.js" */

export const MOST = /** @type {const} */ ({ rows: 20, columns: 12 });

/** @type {Record<string, [down: number, right: number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] };

export class Grid {
  /** @type {Sheet} */
  sheet = { names: [], rows: [] };
  /** @type {HTMLInputElement[][]} */
  #fields = [];

  /**
   * @param {Record<string, string>} words
   * @param {() => void} changed
   */
  constructor(words, changed) {
    this.words = words;
    this.changed = changed;
    this.table = make("table", { "aria-label": words.table });
    this.more = make("button", { type: "button", text: words.add_row });
    this.less = make("button", { type: "button", text: words.remove_row });
    this.more.addEventListener("click", () => this.#add());
    this.less.addEventListener("click", () => this.#remove());
    const scroll = make("div", { class: "ce-scroll", tabindex: "0", role: "region", "aria-label": words.table }, this.table);
    this.node = make("div", { class: "ce-grid" }, scroll);
    this.table.addEventListener("keydown", (event) => this.#key(event));
    this.open = false;
  }

  get open() {
    return this.node.hidden === false;
  }

  set open(open) {
    this.node.hidden = this.more.hidden = this.less.hidden = !open;
  }

  /** @param {Sheet} sheet */
  show(sheet) {
    this.sheet = { names: sheet.names, rows: sheet.rows.map((row) => [...row]) };
    this.#build();
  }

  #build() {
    const { names, rows } = this.sheet;
    const count = Math.max(...rows.map(({ length }) => length));
    const columns = Array.from({ length: count }, (_, j) => names[j] ?? say(this.words.class, ["number", String(j)]));
    const head = columns.map((text) => make("th", { scope: "col", text }));
    this.#fields = rows.map((row, i) => columns.map((column, j) => this.#field(row, i, j, column)));
    const lines = this.#fields.map((fields, i) =>
      make("tr", {}, make("th", { scope: "row", text: String(i + 1) }), ...fields.map((field) => make("td", {}, field))),
    );
    this.table.replaceChildren(
      make("thead", {}, make("tr", {}, make("td"), ...head)),
      make("tbody", {}, ...lines),
    );
    this.more.disabled = rows.length >= MOST.rows;
    this.less.disabled = rows.length <= 1;
  }

  /**
   * @param {string[]} row
   * @param {number} i
   * @param {number} j
   * @param {string} column
   */
  #field(row, i, j, column) {
    const label = say(this.words.cell, ["row", String(i + 1)], ["column", column]);
    const field = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": label });
    field.value = row[j] ?? "";
    field.addEventListener("input", () => {
      row[j] = field.value;
      this.changed();
    });
    return field;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, target } = event;
    if (!(target instanceof HTMLInputElement) || !Object.hasOwn(ARROWS, key)) return;
    const [down, right] = ARROWS[key];
    // Within a text the keys to the sides are the caret's.
    const { selectionStart, selectionEnd, value } = target;
    const all = selectionStart === 0 && selectionEnd === value.length;
    const edge = right < 0 ? selectionEnd === 0 : selectionStart === value.length;
    if (right && !all && !edge) return;
    event.preventDefault();
    const i = this.#fields.findIndex((fields) => fields.includes(target));
    const j = this.#fields[i].indexOf(target);
    if (key === "Enter" && i === this.#fields.length - 1 && !this.more.disabled) this.#add();
    this.focus(i + down, j + right);
  }

  /**
   * @param {number} i
   * @param {number} j
   */
  focus(i, j) {
    const field = this.#fields[i]?.[j];
    field?.focus();
    field?.select();
  }

  #add() {
    const { rows } = this.sheet;
    rows.push(rows[0].map(() => ""));
    this.#build();
    this.focus(rows.length - 1, 0);
  }

  #remove() {
    this.sheet.rows.pop();
    this.#build();
    this.changed();
  }

  /**
   * Mark the field of a place in the written text; none where there is no such place.
   *
   * @param {number} line
   * @param {number} column
   */
  mark(line, column) {
    const [row, at] = cell(this.sheet, line, column);
    this.#fields.forEach((fields, i) =>
      fields.forEach((field, j) => {
        field.setAttribute("aria-invalid", String(line > 0 && i === row && j === at));
      }),
    );
  }
}
