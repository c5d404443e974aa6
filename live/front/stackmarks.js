// @ts-check
// What is drawn over the bars of a stack: an arrow from the end of each, and a line across it that
// leaves out the middle, where numbers stand.

import { at } from "./numbers.js";
import { level } from "./stackshape.js";
import { draw, put } from "./svg.js";

/** @import {Strip} from "./stackshape.js" */
/** @import {Band, Column, Look, Row} from "./types.js" */

/** @typedef {{arrows: SVGElement[], marks: SVGElement[]}} Marks */

const HEAD = 7; // px of an arrow's head
const ASIDE = 0.3; // of a bar's width: an arrow stands beside the handle
const OUTER = 0.56; // of a bar's width to each side of its middle, where a line ends
const INNER = 0.32; // and where it begins

/**
 * @param {Element} svg
 * @param {Band} band
 * @param {number} count
 * @returns {Marks}
 */
export function marks(svg, band, count) {
  /** @type {(kind: "arrows" | "marks", tag: string) => SVGElement[]} */
  const all = (kind, tag) => {
    if (band[kind] === null) return [];
    const group = draw(svg, "g", { "data-part": `${band.part}-${kind}` });
    return Array.from({ length: count }, () => draw(group, tag, { class: `ce-stack-${kind}` }));
  };
  return { marks: all("marks", "path"), arrows: all("arrows", "path") };
}

/**
 * How high they end, in px: those of the arrows, and then those of the lines.
 *
 * @param {Band} band
 * @param {Strip} strip
 * @param {Look} look
 * @param {Column[]} columns
 * @param {Row} row
 * @param {number} count
 */
export function ends(band, { top, height }, look, columns, row, count) {
  return [band.arrows, band.marks].flatMap((column) =>
    column === null
      ? []
      : Array.from({ length: count }, (_, i) => {
          const value = at(columns[column], row, i);
          return Number.isNaN(value) ? NaN : top + height * (1 - level(look, band.log, value));
        }),
  );
}

/**
 * @param {Marks} parts
 * @param {number[]} shown as `ends`
 * @param {(i: number) => {x: number, width: number, end: number}} bar
 */
export function placed({ arrows, marks: lines }, shown, bar) {
  arrows.forEach((node, i) => {
    const { x, width, end } = bar(i);
    put(node, { d: arrow(x + ASIDE * width, end, shown[i]) });
  });
  lines.forEach((node, i) => {
    const { x, width } = bar(i);
    const y = shown[arrows.length + i];
    const side = (OUTER - INNER) * width;
    put(node, { d: Number.isNaN(y) ? "M0,0" : `M${x - OUTER * width},${y}h${side}M${x + INNER * width},${y}h${side}` });
  });
}

/**
 * An upright arrow; none where it has no length.
 *
 * @param {number} x
 * @param {number} from
 * @param {number} to
 */
export function arrow(x, from, to) {
  const length = Math.abs(to - from);
  if (!(length >= 1)) return "M0,0";
  const head = Math.min(HEAD, 0.6 * length);
  const back = to - Math.sign(to - from) * head;
  return `M${x},${from}V${to}M${x - head},${back}L${x},${to}L${x + head},${back}`;
}
