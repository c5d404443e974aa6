// @ts-check
// The text of the box: the place that an error names, and the table that it may be edited as.

import { format } from "./numbers.js";

/** @import {Read} from "./batchtypes.js" */
/** @typedef {{names: string[], rows: string[][]}} Sheet `names` stand above the columns; none are said if empty */

const APART = /[\s,;|\])}]/; // what a number ends at
const DECIMAL = /^\s*[-+\u2212]?(?![1-9]\d{0,2},\d{3}\s*$)\d+,\d+\s*$/;
const BREAKS = /\r\n?|\n/g;

/**
 * Where in a text a line and a column are, both counted from 1, and where what stands there ends:
 * with the column 0 that is the line.
 *
 * @param {string} text
 * @param {number} line
 * @param {number} column in characters, of which one beyond U+FFFF is one
 * @returns {[start: number, end: number]}
 */
export function place(text, line, column) {
  let begin = 0;
  for (const { index, 0: { length } } of [...text.matchAll(BREAKS)].slice(0, line - 1)) begin = index + length;
  const stop = text.slice(begin).search(/[\r\n]/);
  const all = stop < 0 ? text.slice(begin) : text.slice(begin, begin + stop);
  if (!column) return [begin, begin + all.length];
  const start = [...all].slice(0, column - 1).join("").length;
  const length = all.slice(start + 1).search(APART);
  const end = length < 0 ? all.length : start + 1 + length;
  return [begin + start, begin + Math.max(end, start)];
}

/**
 * The table that a text is: what was read of it, with its targets as the last column.
 *
 * @param {Read} read
 * @param {boolean} apart whether the targets stand elsewhere
 * @param {string} target what their column is called
 * @returns {Sheet | null} nothing where there are too many
 */
export function sheet({ table, header, targets }, apart, target) {
  if (!table) return null;
  if (!targets || apart) return { names: header, rows: table };
  const names = header.length ? header : table[0].map((_, i) => `z${i}`);
  return { names: [...names, target], rows: table.map((row, i) => [...row, targets[i] ?? ""]) };
}

/**
 * The lines of a table, each with the number of its row: -1 is that of the names. What is empty is
 * not written.
 *
 * @param {Sheet} sheet
 * @returns {[row: number, cells: string[]][]}
 */
function lines({ names, rows }) {
  /** @type {[number, string[]][]} */
  const all = [[-1, names], ...rows.map((row, i) => /** @type {[number, string[]]} */ ([i, row]))];
  return all.filter(([, cells]) => cells.some((text) => text.trim()));
}

/**
 * Write a table with tabs between its columns. A decimal comma becomes a point, as the numbers
 * beside it may have one; 1,234 may be a thousand, and stays.
 *
 * @param {Sheet} sheet
 */
export function written(sheet) {
  const point = (/** @type {string} */ text) => (DECIMAL.test(text) ? text.replace(",", ".") : text);
  return lines(sheet)
    .map(([row, cells]) => `${(row < 0 ? cells : cells.map(point)).join("\t")}\n`)
    .join("");
}

/**
 * The cell of a written table in which a place is; the names are in row -1.
 *
 * @param {Sheet} sheet
 * @param {number} line
 * @param {number} column
 * @returns {[row: number, column: number]}
 */
export function cell(sheet, line, column) {
  const [row, cells] = lines(sheet)[line - 1] ?? [-1, []];
  let end = 0;
  const found = cells.findIndex((text) => (end += [...text].length + 1) >= column);
  return [row, found < 0 ? cells.length - 1 : found];
}

/** @param {number} many rows or classes */
export const count = (many) => format(many, { kind: "prose", digits: 9 });

const UNITS = ["kB", "MB"];

/**
 * A size in a file's units, of 1024 bytes as those of the limit.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  let [count, unit] = [bytes, "bytes"];
  for (const next of UNITS) if (count >= 1024) [count, unit] = [count / 1024, next];
  return `${Number(count.toPrecision(3))} ${unit}`;
}
