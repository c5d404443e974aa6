// @ts-check
// Where things are in a figure, in pixels from the upper left corner of its axes.

/** @import {Place} from "./types.js" */

/**
 * @typedef {object} Scales
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {number} width
 * @property {number} height
 * @property {boolean} log whether the upright axis is logarithmic
 * @property {number} [base] from which value bars grow; 0, and 1 on a log axis, if not given
 */

/**
 * @typedef {object} Area
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y within the axes
 * @property {(value: number) => number} farX past the edges by less than a screen
 * @property {(value: number) => number} farY far enough for a slope, near enough for SVG
 * @property {number} width
 * @property {number} bottom
 * @property {number} base from where bars grow
 * @property {boolean} log
 */

/** @typedef {"" | "nan" | "inf" | "zero"} State of a value that has no length */

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * @param {Scales} scales
 * @returns {Area}
 */
export function area({ x, y, width, height, log, base = log ? 1 : 0 }) {
  /** @param {number} value */
  const inside = (value) => within(y(value), 0, height);
  return {
    x,
    y: inside,
    farX: (value) => within(x(value), -width, 2 * width),
    farY: (value) => within(y(value), -height, 2 * height),
    width,
    bottom: height,
    base: inside(base),
    log,
  };
}

/**
 * @param {number} value
 * @returns {State}
 */
export function state(value) {
  if (Number.isNaN(value)) return "nan";
  if (value === 0) return "zero";
  return Number.isFinite(value) ? "" : "inf";
}

/**
 * On a log axis 0 lies below every chart; inf lies above; nan has no place and takes them all.
 *
 * @param {Area} area
 * @param {number} value
 */
export function top(area, value) {
  if (Number.isNaN(value) || value === Infinity) return 0;
  if (value === -Infinity) return area.bottom;
  if (value === 0) return area.base < area.bottom - 1 ? area.bottom : area.base;
  return area.y(area.log ? Math.abs(value) : value); // a log axis has sizes alone
}

/**
 * @param {Area} area
 * @param {number} left
 * @param {number} right
 * @param {number} end in pixels: where it is on its way, or `top`
 */
export function bar(area, left, right, end) {
  return `M${left},${area.base}V${end}H${right}V${area.base}Z`;
}

/**
 * Where the label of a bar without a length stands, and whether it stands upright or lies.
 *
 * @param {Area} area
 * @param {number} left
 * @param {number} right
 * @param {State} state
 * @param {number} letters
 */
export function mark(area, left, right, state, letters) {
  const zero = state === "zero";
  const level = 8 * letters < right - left + 8;
  const x = (left + right) / 2 + (level ? 0 : 4);
  const y = zero ? Math.max(top(area, 0), area.base) - 5 : 14;
  return {
    anchor: level ? "middle" : zero ? "start" : "end",
    transform: `translate(${x},${y}) rotate(${level ? 0 : -90})`,
  };
}

/**
 * A line with a gap wherever one coordinate is nan.
 *
 * @param {Area} area
 * @param {number} count
 * @param {(i: number) => number} x
 * @param {(i: number) => number} y
 */
export function line(area, count, x, y) {
  let path = "";
  let pen = "M";
  for (let i = 0; i < count; i += 1) {
    const px = area.farX(x(i));
    const py = area.farY(y(i));
    if (Number.isNaN(px) || Number.isNaN(py)) pen = "M";
    else {
      path += `${pen}${px.toFixed(1)},${py.toFixed(1)}`;
      pen = "L";
    }
  }
  return path || "M0,0";
}

/**
 * @param {Area} area
 * @param {number} x
 * @param {number} start
 * @param {number} end
 */
export function arrow(area, x, start, end) {
  const px = area.x(x);
  const from = area.farY(start);
  const to = area.farY(end);
  if (Number.isNaN(from) || Number.isNaN(to)) return "M0,0";
  const back = to - Math.sign(to - from) * Math.min(7, Math.abs(to - from));
  return `M${px},${from}V${to}M${px - 5},${back}L${px},${to}L${px + 5},${back}`;
}

/**
 * @param {Area} area
 * @param {number} x
 * @param {number} y
 * @returns {Place | null}
 */
export function point(area, x, y) {
  const px = area.x(x);
  const py = area.y(y);
  return Number.isNaN(px) || Number.isNaN(py) ? null : [px, py];
}

/**
 * @param {Area} area
 * @param {Place} place
 * @returns {Place}
 */
export function nearest(area, [x, y]) {
  return [within(x, 0, area.width), within(y, 0, area.bottom)];
}

/**
 * The position that brings something nearest to the pointer.
 *
 * @param {number} count
 * @param {(k: number) => number} away
 * @param {number} otherwise where none has a place
 */
export function closest(count, away, otherwise) {
  let best = otherwise;
  let least = Infinity;
  for (let k = 0; k < count; k += 1) {
    const distance = away(k);
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}
