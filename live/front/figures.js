// @ts-check
// One figure: its caption, Plotly's picture with the parts that move, and its numbers below.

import { make, swatch } from "./dom.js";
import { dragged } from "./drag.js";
import { Drawing } from "./drawing.js";
import { filled, plotly, themed } from "./plot.js";
import { head, row } from "./tables.js";

/** @import {Cells} from "./cells.js" */
/** @import {Grips} from "./drag.js" */
/** @import {Column, Figure, Plot, Row, Words} from "./types.js" */

export class Picture {
  /** @type {Drawing | null} */
  #drawing = null;
  #background = "";
  /** @type {{plot: Plot, columns: Column[]} | null} */
  #given = null;
  #left = false;

  /**
   * @param {Figure} figure
   * @param {Cells} cells
   * @param {Words} words
   * @param {Grips} grips
   */
  constructor(figure, cells, words, grips) {
    this.figure = figure;
    this.words = words;
    this.plot = make("div", { class: "ce-plot", role: "img" });
    this.node = make(
      "figure",
      {
        class: kind(figure),
        "data-part": figure.part,
      },
      caption(figure),
      this.plot,
      ...values(figure, cells),
    );
    dragged(this.plot, () => this.#drawing, grips);
  }

  /**
   * Draw the background, where it has changed.
   *
   * @param {Plot} plot
   * @param {string} alt
   * @param {Column[]} columns
   * @returns {Promise<boolean>} whether there is something new to show
   */
  async draw(plot, alt, columns) {
    this.plot.setAttribute("aria-label", alt);
    this.#given = { plot, columns };
    return this.#draw();
  }

  async #draw() {
    if (this.#left || !plotly() || !this.#given) return false;
    const spec = themed(filled(this.#given.plot, this.#given.columns), this.plot);
    const background = JSON.stringify(spec);
    if (background === this.#background) return false;
    this.#background = background;
    await plotly().react(this.plot, spec);
    return this.#redraw();
  }

  // Plotly resizes only what is on the screen; a page that is left has no size any more.
  async resize() {
    if (!this.#drawing || !this.plot.clientWidth) return false;
    await this.#draw(); // where the letters have grown too
    await plotly().Plots.resize(this.plot);
    return this.#redraw();
  }

  #redraw() {
    if (this.#left) return false; // taken off the page while it was drawn
    this.#drawing?.leave();
    this.#drawing = new Drawing(this.plot, this.figure, this.words);
    return true;
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   * @param {string | null} moved the slider that stands elsewhere than it was released
   * @param {boolean} moves whether bars are seen to go to where they stand now
   */
  show(columns, row, moved, moves) {
    this.#drawing?.show(columns, row, moves);
    const { of } = this.figure;
    this.node.classList.toggle("ce-dim", Boolean(of && moved && !of.includes(moved)));
  }

  leave() {
    this.#left = true;
    this.#drawing?.leave();
    this.#drawing = null;
    plotly()?.purge(this.plot);
  }
}

/** @param {Figure} figure */
function caption(figure) {
  // With many classes the names of the rows leave the numbers no room, and stand above instead.
  const rows = figure.dense ? figure.rows.filter(({ swatch: name }) => name).map(({ label, swatch: name }) => [name, label]) : [];
  const key = [...figure.key, ...rows].map(([name, text]) => make("span", {}, ...(name ? [swatch(name)] : []), text));
  const node = make("figcaption", { text: figure.title });
  if (key.length) node.append(make("span", { class: "ce-key", "aria-hidden": "true" }, ...key));
  return node;
}

/**
 * @param {Figure} figure
 * @param {Cells} cells
 */
function values(figure, cells) {
  if (!figure.rows.length) return [];
  const body = make("tbody", {}, ...figure.rows.map((line) => row(line, cells)));
  const attributes = { class: "ce-under", "aria-label": figure.title };
  return [make("table", attributes, head("", figure.names), body)];
}

/** @param {Figure} figure */
function kind({ tall, wide, dense, spare }) {
  return tall ? "ce-tall" : wide ? "ce-wide" : dense ? "ce-dense" : spare ? "ce-spare" : "";
}
