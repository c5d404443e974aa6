// @ts-check
// Where the bars of a stack stand, in pixels.

import { state } from "./geometry.js";

/** @import {State} from "./geometry.js" */
/** @import {Look} from "./types.js" */

/** @typedef {{top: number, height: number}} Strip of the picture that one row of bars has */
/** @typedef {{y: number, height: number, state: State | "over"}} Bar "over": above the ceiling */

const LEAST = 2; // px of a bar that is drawn at all
const OVER = 0.1; // of the strip: how far a broken bar stands above the ceiling

/**
 * Divide a height among rows, each with its gap above it.
 *
 * @param {number} height
 * @param {number[]} shares
 * @param {number[]} gaps
 * @returns {Strip[]}
 */
export function strips(height, shares, gaps) {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const room = Math.max(height - gaps.reduce((sum, gap) => sum + gap, 0), 0);
  let top = 0;
  return shares.map((share, i) => {
    top += gaps[i];
    const strip = { top, height: (room * share) / whole };
    top += strip.height;
    return strip;
  });
}

/**
 * How high a value stands on the axis: 0 at its low end, 1 at its high one.
 *
 * @param {Pick<Look, "low" | "high">} look
 * @param {boolean} log
 * @param {number} value
 */
export function level({ low, high }, log, value) {
  const on = log ? Math.log10(value) : value;
  return Math.min(Math.max((on - low) / (high - low), 0), 1);
}

/**
 * @param {Strip} strip
 * @param {Look} look
 * @param {boolean} log
 * @param {number} value
 * @returns {Bar}
 */
export function bar({ top, height }, look, log, value) {
  const bottom = top + height;
  const kind = state(value);
  if (kind === "nan") return { y: top, height, state: kind };
  const over = look.limit !== null && value > look.limit;
  if (kind === "inf" && value > 0) return { y: top - OVER * height, height: (1 + OVER) * height, state: over ? "over" : "inf" };
  const share = kind === "zero" ? (log ? 0 : level(look, false, 0)) : level(look, log, value);
  const base = bottom - height * (log ? 0 : level(look, false, 0));
  const end = bottom - height * share;
  const length = Math.max(Math.abs(base - end), LEAST);
  return { y: end <= base ? base - length : base, height: length, state: kind };
}

/**
 * The value that a drag leads to.
 *
 * @param {Strip} strip
 * @param {Pick<Look, "low" | "high">} look
 * @param {number} start the value where the drag began
 * @param {number} down how far the pointer went down since then, in px
 */
export function dragged({ height }, { low, high }, start, down) {
  return start - (down / height) * (high - low);
}
