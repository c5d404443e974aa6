// @ts-check
// Lanes below a slider, over which its thumb runs: where each number is right, and what stands there
// where it is not.

import { make } from "./dom.js";
import { at, format } from "./numbers.js";

/** @import {Cells} from "./cells.js" */
/** @import {Column, Lanes as Layout, LanesNow, Row} from "./types.js" */

const TICKS = 5;
const SHORT = /** @type {const} */ ({ kind: "shortest", digits: 4 });

export class Lanes {
  #low = 0;
  #high = 1;
  #drawn = "";

  /**
   * @param {Layout} spec
   * @param {Cells} cells
   */
  constructor(spec, cells) {
    this.spec = spec;
    this.alt = make("p", { class: "ce-hidden" });
    this.bars = spec.labels.map(() => make("div", { class: "ce-lane", "aria-hidden": "true" }));
    this.ticks = make("div", { class: "ce-ticks", "aria-hidden": "true" });
    this.here = make("i", { class: "ce-here" });
    const rows = spec.labels.map((label, i) => {
      const numbers = spec.cells.length ? [cells.make(spec.cells[i])] : [];
      return [make("span", { class: "ce-lane-name", text: label, title: label }), this.bars[i], make("span", { class: "ce-lane-number" }, ...numbers)];
    });
    this.node = make(
      "div",
      { class: "ce-lanes", "data-part": spec.part },
      this.alt,
      ...rows.flat(),
      this.ticks,
      make("p", { class: "ce-lanes-title", "aria-hidden": "true", text: spec.title }),
      make("div", { class: "ce-over", "aria-hidden": "true" }, this.here),
    );
  }

  /** @param {LanesNow} now */
  update(now) {
    const said = JSON.stringify(now);
    if (said === this.#drawn) return;
    this.#drawn = said;
    const { low, high, alt, stretches } = now;
    this.#low = low;
    this.#high = high;
    this.alt.textContent = alt;
    this.bars.forEach((bar, i) => {
      let from = low;
      bar.replaceChildren(
        ...(stretches[i] ?? []).map(([end, kind, text]) => {
          const node = make("span", { "data-kind": kind, text });
          node.style.flexGrow = String((end - from) / (high - low));
          from = end;
          return node;
        }),
      );
    });
    const places = Array.from({ length: TICKS }, (_, i) => low + ((high - low) * i) / (TICKS - 1));
    this.ticks.replaceChildren(...places.map((place) => make("span", { text: format(place, SHORT) })));
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   * @param {string | null} moved the slider that stands elsewhere than it was released
   */
  show(columns, row, moved) {
    const share = (at(columns[this.spec.here], row) - this.#low) / (this.#high - this.#low);
    this.here.style.left = `${100 * Math.min(Math.max(share, 0), 1)}%`;
    this.node.classList.toggle("ce-past", moved !== null && moved !== this.spec.under);
  }
}
