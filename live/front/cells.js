// @ts-check
// Numbers and words in the page that follow the drag.

import { make } from "./dom.js";
import { at, bits, format, power } from "./numbers.js";
import { fill } from "./sentences.js";
import { termed } from "./terms.js";

/** @import {Cell, Column, Row, Sentence, Shown} from "./types.js" */

const SHORTEST = /** @type {const} */ ({ kind: "shortest", digits: 6 });
const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

export class Cells {
  /** @type {{cell: Cell, node: HTMLElement | MathMLElement | SVGElement}[]} */
  #shown = [];
  /** @type {{sentence: Sentence, node: HTMLElement}[]} */
  #told = [];

  /** @param {(id: string, value: string) => void} pick */
  constructor(pick) {
    this.pick = pick;
  }

  /**
   * @param {Cell} cell
   * @returns {HTMLElement}
   */
  make(cell) {
    const node = make("span", { "data-readout": cell.readout });
    this.#shown.push({ cell, node });
    if (cell.shade) node.classList.add("ce-shade");
    const under = cell.under ? [this.#below(cell.under)] : [];
    for (const lower of under) lower.classList.add("ce-below");
    if (!cell.pick) return under.length ? make("span", {}, node, ...under) : node;
    const [id, value] = cell.pick;
    const button = make(
      "button",
      {
        type: "button",
        class: "ce-pick",
        "aria-pressed": String(cell.picked),
        "data-focus": `pick-${value}`,
      },
      // What is seen is part of the name, so that it can be said to a machine that listens.
      ...(cell.label ? [make("span", { class: "ce-hidden", text: `${cell.label}: ` })] : []),
      node,
      ...under,
    );
    button.addEventListener("click", () => this.pick(id, value));
    return button;
  }

  /** @param {Cell | Sentence} lower */
  #below(lower) {
    return "pieces" in lower ? this.sentence(lower) : this.make(lower);
  }

  /**
   * A sentence that is always the one piece of its number.
   *
   * @param {Sentence} sentence
   */
  sentence(sentence) {
    const node = make("span", { "data-readout": sentence.readout });
    this.#told.push({ sentence, node });
    return node;
  }

  /**
   * A number inside a formula.
   *
   * @param {Cell} cell
   */
  inFormula(cell) {
    const node = /** @type {MathMLElement} */ (document.createElementNS(MATHML, "mn"));
    if (cell.readout) node.dataset.readout = cell.readout;
    this.#shown.push({ cell, node });
    return node;
  }

  /**
   * A number inside a picture.
   *
   * @param {Cell} cell
   */
  inPicture(cell) {
    const node = /** @type {SVGElement} */ (document.createElementNS(SVG, "tspan"));
    if (cell.readout) node.dataset.readout = cell.readout;
    this.#shown.push({ cell, node });
    return node;
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   */
  show(columns, row) {
    for (const { sentence, node } of this.#told) {
      const said = fill(sentence, null, columns, row);
      termed(node, said);
      const tone = sentence.tones[at(columns[sentence.column], row)];
      if (tone) node.dataset.tone = tone;
    }
    for (const { cell, node } of this.#shown) {
      const value = at(columns[cell.column], row, cell.item);
      const said = text(cell, value, columns, row);
      if (node.textContent === said) continue;
      node.textContent = said;
      node.classList.toggle("ce-odd", !cell.words?.length && !Number.isFinite(value));
      if (cell.tones?.length) node.dataset.tone = cell.tones[value] ?? "";
      if (cell.shade) {
        node.style.setProperty("--shade", String(Number.isFinite(value) ? value : 0));
      }
    }
  }
}

/**
 * What a cell shows: its number, and how that is written. One with a power of ten may be beyond
 * every float64.
 *
 * @param {Cell} cell
 * @param {Column[]} columns
 * @param {Row} row
 * @returns {Shown}
 */
export function shown(cell, columns, row) {
  const value = at(columns[cell.column], row, cell.item);
  const ten = typeof cell.exponent === "number" && Number.isFinite(value) ? at(columns[cell.exponent], row) : null;
  return { value: ten === null ? value : Number(`${value}e${ten}`), text: text(cell, value, columns, row) };
}

/**
 * @param {Cell} cell
 * @param {number} value
 * @param {Column[]} columns
 * @param {Row} row
 */
function text({ words, style, zero, column, exponent }, value, columns, row) {
  if (words?.length) return words[value] ?? "";
  if (typeof exponent === "number") {
    return power(value, at(columns[exponent], row), style ?? SHORTEST);
  }
  if (style?.kind === "bits") return bits(columns[column], row, style.digits, style.width);
  if (value === 0 && zero) return zero;
  return format(value, style ?? SHORTEST);
}
