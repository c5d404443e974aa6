// @ts-check
// The answers of a class as drawings: numbers as columns over a line, states as dots on a map.

import { format } from "./numbers.js";
import { say } from "./sentences.js";
import { draw } from "./svg.js";

/** @import {Result} from "./classask.js" */
/** @import {Told} from "./classresults.js" */

/** @typedef {{node: SVGElement, text: (words: Record<string, string>) => string}} Drawn with what it shows in words */

const WIDTH = 400;
const LINE = 170; // height of columns over a line, and of three lines of words below it
const WORDS = 16; // height of one of them
const MAP = 230;
const EDGE = { left: 44, right: 12, top: 10, bottom: 34 };
const COLUMNS = 20;
const SHORT = /** @type {const} */ ({ kind: "prose", digits: 3 });

/** @param {number} height */
function canvas(height) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  node.setAttribute("aria-hidden", "true"); // the words beside it say what it shows
  return node;
}

/**
 * @param {Element} parent
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {"start" | "middle" | "end"} anchor
 */
function write(parent, x, y, text, anchor = "middle") {
  draw(parent, "text", { x, y, "text-anchor": anchor }).textContent = text;
}

/**
 * How many values lie in each part of a line; the last part holds its end, too.
 *
 * @param {number[]} values
 * @param {number} low
 * @param {number} high
 */
export function columns(values, low, high) {
  const counts = new Array(COLUMNS).fill(0);
  for (const value of values) {
    // Half by half: the difference of two numbers may be beyond float64.
    const share = (value / 2 - low / 2) / (high / 2 - low / 2);
    counts[Math.min(Math.floor(share * COLUMNS), COLUMNS - 1)] += 1;
  }
  return counts;
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : sorted[half - 1] / 2 + sorted[half] / 2;
}

/**
 * @param {Told} told
 * @param {Result[]} rounds
 * @param {number} round from 0 on
 * @param {Record<string, string>} words
 * @returns {Drawn}
 */
export function numbers({ ask, answered, own, shown }, rounds, round, words) {
  const { low = 0, high = 1 } = ask;
  const all = rounds.map(({ values = [] }) => columns(values, low, high));
  const most = Math.max(1, ...all.flat());
  const values = rounds[round].values ?? [];
  const svg = canvas(LINE);
  const room = WIDTH - EDGE.left - EDGE.right;
  const floor = LINE - 3 * WORDS - 4;
  const x = (/** @type {number} */ value) => EDGE.left + room * Math.min(Math.max((value / 2 - low / 2) / (high / 2 - low / 2), 0), 1);
  all[round].forEach((count, i) => {
    const height = ((floor - EDGE.top) * count) / most;
    const part = { x: EDGE.left + (room * i) / COLUMNS + 1, y: floor - height, width: room / COLUMNS - 2, height };
    if (count) draw(svg, "rect", { ...part, class: "ce-column", "data-round": round + 1 });
  });
  draw(svg, "line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: floor, y2: floor, class: "ce-axis" });
  write(svg, EDGE.left, floor + WORDS, format(low, SHORT), "start");
  write(svg, WIDTH - EDGE.right, floor + WORDS, format(high, SHORT), "end");
  write(svg, EDGE.left - 6, EDGE.top + 10, String(most), "end");
  if (own !== null && round === rounds.length - 1) {
    draw(svg, "line", { x1: x(own), x2: x(own), y1: EDGE.top, y2: floor, class: "ce-own-mark" });
    write(svg, x(own), floor + 2 * WORDS, words.own_mark);
  }
  const truth = answered && shown !== null ? shown : null;
  if (truth !== null && Number.isFinite(truth)) {
    draw(svg, "line", { x1: x(truth), x2: x(truth), y1: EDGE.top, y2: floor, class: "ce-true-mark" });
    write(svg, x(truth), floor + 3 * WORDS, say(words.true_mark, ["value", format(truth, SHORT)]));
  }
  return {
    node: svg,
    text: (words) =>
      values.length
        ? say(words.numbers, ["count", String(values.length)], ["median", format(median(values), SHORT)])
        : words.of_none,
  };
}

/**
 * States on a map, a dot for each; both rounds have the same axes.
 *
 * @param {Result[]} rounds
 * @param {number} round from 0 on
 * @param {string[]} axes
 * @returns {Drawn}
 */
export function states(rounds, round, axes) {
  const dots = rounds[round].dots ?? [];
  const all = rounds.flatMap(({ dots = [] }) => dots);
  const svg = canvas(MAP);
  const [left, right] = span(all.map(([x]) => x));
  const [low, high] = span(all.map(([, y]) => y));
  const x = (/** @type {number} */ value) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * (value - left)) / (right - left);
  const y = (/** @type {number} */ value) => MAP - EDGE.bottom - ((MAP - EDGE.bottom - EDGE.top) * (value - low)) / (high - low);
  const box = { x: EDGE.left, y: EDGE.top, width: WIDTH - EDGE.left - EDGE.right, height: MAP - EDGE.bottom - EDGE.top };
  draw(svg, "rect", { ...box, class: "ce-frame" });
  for (const [at, value] of [[EDGE.left, left], [WIDTH - EDGE.right, right]]) {
    write(svg, at, MAP - 18, format(value, SHORT), at === EDGE.left ? "start" : "end");
  }
  for (const [at, value] of [[MAP - EDGE.bottom, low], [EDGE.top + 10, high]]) write(svg, EDGE.left - 5, at, format(value, SHORT), "end");
  const [across, up] = axes;
  write(svg, WIDTH / 2, MAP - 3, across ?? "");
  draw(svg, "text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(12 ${MAP / 2 - 12}) rotate(-90)` }).textContent = up ?? "";
  for (const [at, above, met] of dots) {
    draw(svg, "circle", { cx: x(at), cy: y(above), r: 5, class: "ce-state-dot", ...(met && { "data-met": "true" }) });
  }
  const met = dots.filter(([, , met]) => met).length;
  return {
    node: svg,
    text: (words) => say(words.states, ["met", String(met)], ["count", String(dots.length)]),
  };
}

/**
 * What an axis shows of some numbers: somewhat more than from the smallest to the largest.
 *
 * @param {number[]} values
 * @returns {[low: number, high: number]}
 */
function span(values) {
  const low = Math.min(...values, 0);
  const high = Math.max(...values, 0);
  const unit = 10 ** Math.floor(Math.log10(high - low || 1)) / 2;
  return [(Math.ceil(low / unit) - 1) * unit, (Math.floor(high / unit) + 1) * unit];
}
