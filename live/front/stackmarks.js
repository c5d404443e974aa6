// @ts-check
// What is drawn over the bars of a stack: an arrow from the end of each, and a line across it.

import { at } from "./numbers.js";
import { level } from "./stackshape.js";
import { draw, put } from "./svg.js";

/** @import {Strip} from "./stackshape.js" */
/** @import {Band, Column, Look, Row} from "./types.js" */

/** @typedef {{arrows: SVGElement[], marks: SVGElement[]}} Marks */

const HEAD = 7; // px of an arrow's head
const ASIDE = 0.3; // of a bar's width: an arrow stands beside the handle

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
  return { marks: all("marks", "line"), arrows: all("arrows", "path") };
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
    const half = 0.56 * width;
    put(node, Number.isNaN(y) ? { visibility: "hidden" } : { x1: x - half, x2: x + half, y1: y, y2: y, visibility: "visible" });
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
  const back = to - Math.sign(to - from) * Math.min(HEAD, length);
  return `M${x},${from}V${to}M${x - HEAD},${back}L${x},${to}L${x + HEAD},${back}`;
}
