// @ts-check
// Rows of bars one above the other: a class is one vertical line. The bars of one row are dragged,
// by their handles or anywhere in their column.

import { at, format } from "./numbers.js";
import { held } from "./stackdrag.js";
import { ends, marks, placed } from "./stackmarks.js";
import { handles, names, rows } from "./stackparts.js";
import { bar, dragged, level, strips } from "./stackshape.js";
import { draw, put } from "./svg.js";
import { Tween } from "./tween.js";

/** @import {Bar, Strip} from "./stackshape.js" */
/** @import {Cells} from "./cells.js" */
/** @import {Grips} from "./drag.js" */
/** @import {Column, Look, Row, Stack as Spec} from "./types.js" */

const CROWDED = 5.5; // em a class, below which its numbers are short and small
const SHORT = /** @type {const} */ ({ kind: "significant", digits: 2 });
const NAMED = [2, 1.3, 1.55]; // em above a row: its name, on a narrow picture
const NARROW = 560; // px of a picture whose rows are named above them

export class Stack {
  /** @type {Look[]} */
  #looks = [];
  /** @type {Strip[]} */
  #strips = [];
  /** @type {(Bar & {below: boolean})[]} */
  #bars = [];
  /** @type {number[]} */
  #x = []; // the middle of each class
  #size = { width: 0, height: 0, em: 16, left: 0, slot: 0 };
  /** @type {{columns: Column[], row: Row} | null} */
  #seen = null;
  #tween = new Tween((shown) => this.#paint(shown));
  #watch = new ResizeObserver(() => this.#resize());

  /**
   * @param {Spec} spec
   * @param {Cells} cells
   * @param {Grips} grips
   */
  constructor(spec, cells, grips) {
    this.spec = spec;
    this.node = document.createElement("figure");
    this.node.className = "ce-stack";
    this.svg = draw(this.node, "svg", { role: "img" });
    this.rows = rows(this.svg, spec, cells);
    this.marks = spec.bands.map((band) => marks(this.svg, band, spec.names.length));
    this.names = names(this.svg, spec);
    this.handles = handles(this.svg, spec);
    held(this.svg, grips, {
      column: (x) => this.#x.findIndex((middle) => Math.abs(x - middle) <= this.#size.slot / 2),
      value: (start, down) => dragged(this.#strips[spec.held], this.#looks[spec.held], start, down),
      drag: spec.drag,
      handles: this.handles,
    });
    this.#watch.observe(this.svg);
  }

  /**
   * The slider of this id has the keyboard's focus, or none.
   *
   * @param {string | null} id
   */
  focus(id) {
    this.spec.drag.forEach((own, i) => this.handles[i]?.classList.toggle("ce-focused", own === id));
  }

  /**
   * Where the sliders are sat on a phone: the class that is chosen there is marked here.
   *
   * @param {number} chosen
   */
  choose(chosen) {
    this.names.forEach((node, i) => node.parentElement?.classList.toggle("ce-chosen", i === chosen));
  }

  // ---------------------------------------------------------------- the picture

  /** @param {{alt: string, looks: Look[]}} now */
  update({ alt, looks }) {
    this.svg.setAttribute("aria-label", alt);
    this.#looks = looks;
    this.rows.forEach(({ title, note, limitText }, b) => {
      title.textContent = looks[b].title;
      note.textContent = looks[b].note;
      limitText.textContent = looks[b].limit_label;
    });
    this.#place();
  }

  #resize() {
    this.#place();
    this.#show(false);
  }

  /** Put what does not move where the size of the picture has it. */
  #place() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (!width || !this.#looks.length) return;
    const em = parseFloat(getComputedStyle(this.svg).fontSize);
    const narrow = width < NARROW;
    const left = narrow ? 0 : 9.4 * em;
    const slot = (width - left) / this.spec.names.length;
    this.#size = { width, height, em, left, slot };
    this.#x = this.spec.names.map((_, i) => left + slot * (i + 0.5));
    const foot = 1.7 * em;
    // A number stands above the highest bar, and on a narrow picture the row's name above that.
    const gaps = narrow ? [3, 2.6, 2.8] : [2, 2.4, 2];
    const above = this.spec.bands.map((_, b) => gaps[Math.min(b, 2)] * em);
    this.#strips = strips(height - foot, this.spec.bands.map(({ share }) => share), above);
    this.rows.forEach((row, b) => {
      const { top, height: tall } = this.#strips[b];
      const look = this.#looks[b];
      const { log } = this.spec.bands[b];
      const bottom = top + tall;
      const middle = narrow ? top - NAMED[Math.min(b, 2)] * em : top + tall / 2 - 0.15 * em;
      put(row.title, { x: 0, y: middle });
      put(row.note, { x: narrow ? row.title.getBoundingClientRect().width + 0.5 * em : 0, y: narrow ? middle : middle + 1.25 * em });
      const base = bottom - tall * (log ? 0 : level(look, false, 0));
      put(row.base, { x1: left, x2: width, y1: base, y2: base });
      const ceiling = look.limit === null ? -1 : bottom - tall * level(look, log, look.limit);
      const seen = look.limit === null ? "hidden" : "visible";
      put(row.limit, { x1: left, x2: width, y1: ceiling, y2: ceiling, visibility: seen });
      put(row.above, { x: left, width: Math.max(width - left, 0), y: top - 0.1 * tall, height: Math.max(ceiling - top + 0.1 * tall, 0), visibility: seen });
      // Above the bars that broke, of which the last one may be one.
      put(row.limitText, { x: width, y: top - 0.1 * tall - 0.35 * em, visibility: seen });
      put(row.total, { x: width, y: bottom + 1.15 * em });
    });
    const crowded = slot < CROWDED * em;
    this.svg.classList.toggle("ce-crowded", crowded);
    const letters = Math.max(Math.floor(slot / ((crowded ? 0.55 : 0.75) * em)), 3);
    this.names.forEach((node, i) => {
      const mark = i === this.spec.marked ? "◉ " : "";
      const [name, most] = [this.spec.names[i], letters - mark.length];
      node.textContent = mark + (name.length > most ? `${name.slice(0, most - 1)}…` : name);
      put(node, { x: this.#x[i], y: height - 0.35 * em });
    });
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   * @param {boolean} moves whether the bars are seen to go to where they stand now
   */
  show(columns, row, moves) {
    this.#seen = { columns, row };
    this.#show(moves);
  }

  /** @param {boolean} moves */
  #show(moves) {
    if (!this.#seen || !this.#strips.length) return;
    const { columns, row } = this.#seen;
    const crowded = this.#size.slot < CROWDED * this.#size.em;
    this.#bars = [];
    this.spec.bands.forEach((band, b) => {
      const look = this.#looks[b];
      this.rows[b].items.forEach((part, i) => {
        const value = at(columns[band.column], row, i);
        const found = bar(this.#strips[b], look, band.log, value);
        this.#bars.push({ ...found, below: value < 0 });
        const text = value === 0 || value === 1 ? String(value) : format(value, crowded && b !== this.spec.held && band.style.kind !== "prose" ? SHORT : band.style);
        if (part.text.textContent !== text) part.text.textContent = text;
        part.bar.setAttribute("data-swatch", look.swatch);
        part.bar.setAttribute("data-state", found.state);
        part.text.setAttribute("data-state", found.state);
      });
    });
    const over = this.spec.bands.flatMap((band, b) =>
      ends(band, this.#strips[b], this.#looks[b], columns, row, this.spec.names.length),
    );
    this.#tween.go([...this.#bars.flatMap(({ y, height }) => [y, height]), ...over], moves);
  }

  /** @param {number[]} shown */
  #paint(shown) {
    const { em, slot } = this.#size;
    const width = Math.min(0.72 * slot, 15 * em);
    const count = this.spec.names.length;
    let n = 0;
    let over = 2 * this.#bars.length;
    this.rows.forEach((row, b) => {
      const strip = this.#strips[b];
      row.items.forEach(({ bar: rect, text, cover }, i) => {
        const { state, below } = this.#bars[n];
        const y = shown[2 * n];
        const height = shown[2 * n + 1];
        n += 1;
        const x = this.#x[i];
        put(rect, { x: x - width / 2, width, y, height });
        put(text, { x, y: this.#label(b, state, y, height, text) });
        put(cover, { x, y: strip.top + strip.height - 0.35 * em });
        if (b === this.spec.held) {
          const end = below ? y + height : y;
          const handle = this.handles[i];
          if (handle) put(handle, { transform: `translate(${x},${end})` });
        }
      });
      placed(this.marks[b], shown.slice(over), (i) => {
        const bar = b * count + i;
        const end = shown[2 * bar] + (this.#bars[bar].below ? shown[2 * bar + 1] : 0);
        return { x: this.#x[i], width, end };
      });
      over += this.marks[b].arrows.length + this.marks[b].marks.length;
    });
  }

  /**
   * Where the number of a bar stands: within a tall one of the middle rows, else above it.
   *
   * @param {number} b
   * @param {string} state
   * @param {number} y
   * @param {number} height
   * @param {SVGElement} text
   */
  #label(b, state, y, height, text) {
    const { em } = this.#size;
    const { top, height: tall } = this.#strips[b];
    const look = this.#looks[b];
    if (b === this.spec.held) {
      const base = top + tall * (1 - level(look, false, 0));
      if (y + height <= base + 1) return y - 0.95 * em;
      const below = y + height + 1.75 * em;
      // Where a picture is narrow the name of the next row has the room below the strip.
      return this.#size.left || below < top + tall + 0.4 * em ? below : base - 0.5 * em;
    }
    const over = state === "inf" || state === "over";
    const inside = state !== "nan" && this.spec.bands[b].log && height > 1.8 * em;
    text.classList.toggle("ce-inside", inside);
    if (state === "nan") return y + height / 2 + 0.35 * em;
    return inside ? y + (over ? Math.max(0.3 * tall, 2 * em) : 1.25 * em) : y - 0.4 * em;
  }

  leave() {
    this.#tween.leave();
    this.#watch.disconnect();
  }
}
