// @ts-check
// The worst rows as a table, of which one is chosen: by its button, the arrow keys, or a click.

import { Cells } from "./cells.js";
import { make, write } from "./dom.js";
import { at } from "./numbers.js";
import { say } from "./sentences.js";

/** @import {RowsLayout} from "./batchtypes.js" */
/** @import {Column} from "./types.js" */

const AT_ONCE = 20; // rows, and as many more

/** @typedef {{cells: Cells, node: HTMLTableRowElement, radio: HTMLInputElement}} Line */

export class Rows {
  /** @type {Line[]} */
  #lines = [];
  /** @type {Column[]} */
  #columns = [];
  #count = 0;
  #most = AT_ONCE;
  chosen = 0; // the position that is marked

  /**
   * @param {RowsLayout["rows"]} layout
   * @param {Record<string, string>} words
   * @param {(k: number) => void} choose
   */
  constructor(layout, words, choose) {
    this.layout = layout;
    this.words = words;
    this.choose = choose;
    this.body = make("tbody");
    const head = layout.head.map((text) => make("th", { scope: "col", text }));
    const table = make("table", { "aria-label": words.rows }, make("thead", {}, make("tr", {}, ...head)), this.body);
    this.more = make("button", { type: "button", class: "ce-more" });
    this.more.addEventListener("click", () => {
      const first = this.#lines.length;
      this.#most += AT_ONCE;
      this.#show();
      this.#lines[first]?.radio.focus(); // the button may be gone
    });
    const scroll = make("div", { class: "ce-scroll ce-rows", tabindex: "0", role: "region", "aria-label": words.rows }, table, this.more);
    this.node = scroll;
  }

  /** What is at this position: the number of a row of the batch. */
  row(/** @type {number} */ k) {
    const [first] = this.layout.cells;
    return at(this.#columns[first.column], [0, k], "item" in first ? first.item : 0);
  }

  /** Where a row of the batch is; the first position where it is none of the worst any more. */
  place(/** @type {number} */ row) {
    for (let k = 0; k < this.#count; k += 1) if (this.row(k) === row) return k;
    return 0;
  }

  /**
   * @param {Column[]} columns
   * @param {number} count of positions
   */
  update(columns, count) {
    this.#columns = columns;
    this.#count = count;
    this.#show();
  }

  #show() {
    const count = Math.min(this.#count, this.#most);
    while (this.#lines.length < count) this.#lines.push(this.#line(this.#lines.length));
    for (const { node } of this.#lines.splice(count)) node.remove();
    this.#lines.forEach(({ cells }, k) => cells.show(this.#columns, [0, k]));
    const left = this.#count - count;
    this.more.hidden = left === 0;
    write(this.more, say(this.words.more, ["count", String(Math.min(left, AT_ONCE))]));
    this.mark(this.chosen);
  }

  /** @param {number} k */
  #line(k) {
    const cells = new Cells(() => {});
    const [first, ...rest] = this.layout.cells.map((cell) => ("pieces" in cell ? cells.sentence(cell) : cells.make(cell)));
    const radio = make("input", { type: "radio", name: "ce-row" });
    radio.addEventListener("change", () => this.choose(k));
    const name = make("th", { scope: "row" }, make("label", {}, radio, first));
    const node = make("tr", {}, name, ...rest.map((cell) => make("td", {}, cell)));
    node.addEventListener("click", ({ target }) => {
      if (target instanceof Element && !target.closest("label, button, a")) radio.click();
    });
    this.body.append(node);
    return { cells, node, radio };
  }

  /** @param {number} chosen */
  mark(chosen) {
    this.chosen = chosen;
    this.#lines.forEach(({ node, radio }, k) => {
      radio.checked = k === chosen;
      node.classList.toggle("ce-chosen", k === chosen);
    });
  }
}
