// @ts-check
// What became of the numbers: a sentence, what the batch is reduced to, and what stands below.

import { card } from "./cards.js";
import { Cells } from "./cells.js";
import { listing } from "./code.js";
import { make, write } from "./dom.js";
import { memory } from "./editor.js";
import { Picture } from "./figures.js";
import { Instrument } from "./instrument.js";
import { Links } from "./links.js";
import { load } from "./plot.js";
import { Rows } from "./batchrows.js";
import { saveFigure } from "./saving.js";
import { say } from "./sentences.js";
import { Tabs } from "./tabs.js";

/** @import {Report, Result} from "./batchtypes.js" */
/** @import {Column} from "./types.js" */

const STILL = { seen: () => null, slider: () => null, begin: () => {}, move: () => {}, end: () => {} };

/**
 * @typedef {object} Means
 * @property {any} words
 * @property {any} given
 * @property {string} base
 * @property {string} plotly
 * @property {(href: string) => void} go
 */

export class Results {
  #layout = ""; // what the parts below were made for
  /** @type {{cells: Cells, cards: string} | null} */
  #reduced = null;
  /** @type {Rows | null} */
  #rows = null;
  /** @type {Instrument[]} */
  #instruments = [];
  /** @type {Picture[]} */
  #pictures = [];
  /** @type {Result["figures"]} what the pictures show */
  #figures = [];
  /** @type {Result["opens"]} */
  #opens = { page: "", queries: [], note: "" };
  #row = NaN; // the row of the batch that somebody has chosen
  /** @type {Column[]} */
  #columns = [];
  #resized = new ResizeObserver(() => this.#fit());

  /**
   * @param {Means} means
   * @param {HTMLElement} take
   */
  constructor(means, take) {
    this.means = means;
    const { words, base, go } = means;
    this.summary = make("p", { class: "ce-summary", role: "status", "data-readout": "summary" });
    this.cards = make("div", { class: "ce-cards ce-reduced" });
    this.rows = make("div", { class: "ce-worst" });
    this.links = new Links(base, go);
    this.open = make("p", { class: "ce-open" });
    this.one = make("div", { class: "ce-one-row" });
    this.spread = make("div", { class: "ce-figures ce-spread" });
    this.advice = make("div", { class: "ce-advice" });
    this.tabs = new Tabs();
    this.tabs.add(words.tab_rows, [this.rows, this.open, this.one, this.#saving(this.one)]);
    this.tabs.add(words.tab_spread, [this.spread, this.#saving(this.spread)]);
    this.tabs.add(words.tab_advice, [this.advice]);
    this.tabs.add(words.tab_take, [take]);
    this.report = make("section", { class: "ce-report", hidden: true });
    this.found = make("div", { class: "ce-found", hidden: true }, this.cards, this.tabs.node);
    const may = [words.may_table, words.may_print, words.may_file, words.may_report];
    this.may = make("ul", { class: "ce-may" }, ...may.map((text) => make("li", { text })));
    this.node = make("div", { class: "ce-results-of" }, this.summary, this.may, this.report, this.found);
    this.empty();
  }

  empty() {
    const { words } = this.means;
    write(this.summary, words.empty_line);
    this.#show(this.may);
  }

  /** What stands here is all that comes. */
  rest() {
    this.node.setAttribute("aria-busy", "false");
  }

  /** @param {HTMLElement} part that stands below the sentence, alone */
  #show(part) {
    for (const other of [this.may, this.report, this.found]) other.hidden = other !== part;
  }

  /** @param {HTMLElement} part whose pictures may be saved */
  #saving(part) {
    const { words } = this.means;
    const kinds = /** @type {const} */ (["png", "svg"]).map((kind) => {
      const button = make("button", { type: "button", text: words[`save_${kind}`] });
      button.addEventListener("click", () => {
        const title = this.summary.textContent ?? "";
        void saveFigure([...part.querySelectorAll("figure")], "numbers", kind, title);
      });
      return button;
    });
    return make("div", { class: "ce-tools" }, ...kinds);
  }

  // ---------------------------------------------------------------- an answer

  /**
   * @param {Result} result
   * @param {Column[]} columns
   */
  result(result, columns) {
    this.#show(this.found);
    this.#columns = columns;
    this.#figures = result.figures;
    // What is not all is not read aloud: in half a second there is more of it.
    this.node.setAttribute("aria-busy", String(result.done < result.of));
    write(this.summary, result.summary);
    this.#reduce(result, columns);
    const layout = JSON.stringify(result.layout);
    if (layout !== this.#layout) this.#build(result);
    this.#layout = layout;
    this.#opens = result.opens;
    this.#rows?.update(columns, result.instruments[0].sliders[0].count);
    this.#instruments.forEach((instrument, i) => instrument.update(result.instruments[i], columns));
    this.#again();
    this.#histograms();
    this.#advise(result.advice);
  }

  /**
   * @param {Result} result
   * @param {Column[]} columns
   */
  #reduce({ reduced, denominator }, columns) {
    const all = denominator ? [...reduced, denominator] : reduced;
    const said = JSON.stringify(all);
    if (said !== this.#reduced?.cards) {
      const cells = new Cells(() => {});
      this.#reduced = { cells, cards: said };
      this.cards.replaceChildren(...all.map((spec) => card(spec, cells, "h2")));
    }
    this.#reduced.cells.show(columns, [0, 0]);
  }

  /** @param {Result} result */
  #build({ layout }) {
    const { words } = this.means;
    this.#drop();
    this.#rows = new Rows(layout.rows, words, (k) => this.#choose(k));
    this.rows.replaceChildren(this.#rows.node);
    this.#instruments = layout.instruments.map(
      (spec, i) =>
        new Instrument(spec, words, i, memory(), {
          commit: () => this.#chose(),
          rest: () => {},
          released: () => {},
          changes: () => [],
          led: false,
          locked: () => false,
          fixed: () => false,
          painted: () => this.#painted(),
          drawn: () => {},
          alone: () => true,
        }),
    );
    this.one.replaceChildren(...this.#instruments.map(({ node }) => node));
    const cells = new Cells(() => {});
    this.#pictures = layout.figures.map((figure) => new Picture(figure, cells, words, STILL));
    this.spread.replaceChildren(...this.#pictures.map(({ node }) => node));
    for (const { plot } of this.#pictures) this.#resized.observe(plot);
    this.draw();
  }

  /** @param {Result["advice"]} advice */
  #advise(advice) {
    const { copy, copied } = this.means.given;
    const said = JSON.stringify(advice);
    if (this.advice.dataset.said === said) return;
    this.advice.dataset.said = said;
    this.advice.replaceChildren(
      ...advice.map(({ title, lead, text }) => {
        const { node, show } = listing({ title, lead, copy, copied, beside: false });
        show(text);
        return node;
      }),
    );
  }

  // ---------------------------------------------------------------- one row of it

  /** @param {number} k */
  #choose(k) {
    const [slider] = this.#instruments[0].sliders;
    slider.hand.pause();
    slider.move(k);
    slider.hand.release();
    this.#chose();
  }

  /** Somebody has chosen the row that shows now: it stays, wherever it is among later ones. */
  #chose() {
    this.#row = this.#rows?.row(this.#instruments[0].sliders[0].k) ?? NaN;
    this.#painted();
  }

  /** Go to the row that was chosen, in numbers that are new. */
  #again() {
    const rows = this.#rows;
    const k = rows?.place(this.#row) ?? 0;
    if (k !== this.#instruments[0].sliders[0].k && this.#instruments[0].held === null) this.#choose(k);
    else this.#painted();
  }

  #painted() {
    const rows = this.#rows;
    const [instrument] = this.#instruments;
    if (!rows || !instrument) return;
    const { k } = instrument.sliders[0];
    rows.mark(k);
    const { words } = this.means;
    const { page, queries, note } = this.#opens;
    const query = queries[k] ?? "";
    const to = `${rows.row(k)} ${query}`;
    if (this.open.dataset.to === to) return;
    this.open.dataset.to = to;
    this.links.clear();
    const text = say(words.open_row, ["row", String(rows.row(k))]);
    this.open.replaceChildren(...(query ? [this.links.make(page, "ce-way", text), " ", note] : []));
    this.links.update(query);
  }

  // ---------------------------------------------------------------- a report

  /** @param {Report} report */
  tell({ title, text, first, link }) {
    const { links } = this;
    this.#show(this.report);
    write(this.summary, first);
    links.clear();
    this.report.replaceChildren(
      make("h2", { text: title }),
      ...text.map((line) => make("p", { text: line })),
      ...(link ? [links.make(link.page, "ce-way", link.label)] : []),
    );
    if (link) links.update(link.query);
  }

  // ---------------------------------------------------------------- how it stands

  /** Draw the charts in the colours that the page has now. */
  draw() {
    const { plotly } = this.means;
    for (const instrument of this.#instruments) void instrument.draw(plotly);
    void load(plotly).then(() => this.#fit(), () => {});
  }

  /** Draw the histograms where they are seen: with each answer Plotly would hold up all else. */
  #histograms() {
    if (!this.spread.clientWidth) return;
    const columns = this.#columns;
    this.#pictures.forEach((picture, i) => {
      const { plot, alt } = this.#figures[i];
      // The first answer may be there before Plotly is.
      void load(this.means.plotly).then(
        () => picture.draw(plot, alt, columns).then(() => picture.show(columns, [0, 0], null, false)),
        () => {},
      );
    });
  }

  /** Give the histograms the room that they have now. */
  #fit() {
    this.#histograms();
    for (const picture of this.#pictures) {
      void picture.resize().then((anew) => anew && picture.show(this.#columns, [0, 0], null, false));
    }
  }

  #drop() {
    for (const instrument of this.#instruments) instrument.leave();
    this.#resized.disconnect();
    for (const picture of this.#pictures) picture.leave();
  }

  leave() {
    this.#drop();
  }
}
