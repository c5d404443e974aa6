// @ts-check
// Numbers as text. All of them were computed by NumPy.

/** @import {Column, Row, Style} from "./types.js" */

/**
 * One minus sign for all numbers, U+2212, which a hyphen is not.
 *
 * @param {string} text
 */
const minus = (text) => text.replaceAll("-", "\u2212");

/**
 * @param {number} value
 * @param {number} decimals
 */
const scientific = (value, decimals) =>
  value.toExponential(Math.max(decimals, 0)).replace("e+", "e");

/**
 * @param {number} value
 * @param {Style} style
 */
export const format = (value, style) => minus(written(value, style));

/**
 * @param {number} value
 * @param {Style} style
 */
function written(value, { kind, digits }) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (kind === "fixed") return fixed(value, digits);
  if (value === 0) return "0";
  return kind === "significant" ? significant(value, digits) : shortest(value, digits, kind);
}

/**
 * @param {number} value
 * @param {number} digits
 */
function fixed(value, digits) {
  if (value === 0) return (0).toFixed(digits);
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e7 ? scientific(value, digits) : value.toFixed(digits);
}

/**
 * @param {number} value
 * @param {number} digits
 */
function significant(value, digits) {
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return scientific(value, digits - 2);
  const rounded = value.toPrecision(digits);
  if (Math.abs(Number(rounded)) >= 10 ** digits) return value.toFixed(0);
  return size === 1 ? String(value) : rounded;
}

/**
 * @param {number} value
 * @param {number} digits
 * @param {Style["kind"]} kind
 */
function shortest(value, digits, kind) {
  const size = Math.abs(value);
  const prose = kind === "prose";
  if (size < 1e-4 || size >= 1e9) {
    return scientific(value, prose ? 2 : digits - 1).replace(/\.?0+e/, "e");
  }
  const text = String(Number(value.toPrecision(digits)));
  if (!prose) return text;
  const [whole, decimals] = text.split(".");
  return decimals ? `${grouped(whole)}.${decimals}` : grouped(whole);
}

/** @param {string} whole the digits before the point */
function grouped(whole) {
  return whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
}

/**
 * A number that no format has to hold: significand * 10**exponent.
 *
 * @param {number} significand
 * @param {number} exponent
 * @param {Style} style
 */
export function power(significand, exponent, style) {
  if (!Number.isFinite(significand)) return format(significand, style);
  if (exponent >= -3 && exponent < 7) return format(Number(`${significand}e${exponent}`), style);
  if (Math.abs(exponent) >= 1e15) return `10^${format(exponent, style)}`;
  if (Math.abs(exponent) >= 1e6) return minus(`10^${grouped(String(exponent))}`);
  const digits = style.kind === "shortest" ? style.digits - 1 : 2;
  return minus(`${significand.toFixed(digits)}e${exponent}`);
}

/**
 * A column of one slider and one position is the same everywhere.
 *
 * @param {Column} column
 * @param {Row} row
 */
export function at(column, [s, k], item = 0) {
  const row = column.rows === 1 ? 0 : s * column.positions + k;
  return column.data[item * column.rows + row];
}

/**
 * The bits of a number whose bytes are the items of a column, most significant first. One of 4 or 6
 * bits has a byte of its own, and stands at its end.
 *
 * @param {Column} column
 * @param {Row} row
 * @param {number} exponent how many bits of exponent follow the sign
 * @param {number} [width] how many bits there are in all, if they do not fill the bytes
 */
export function bits(column, row, exponent, width = 0) {
  const bytes = Array.from({ length: column.items }, (_, i) => at(column, row, i));
  const all = bytes
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(-width);
  return `${all[0]} ${all.slice(1, 1 + exponent)} ${all.slice(1 + exponent)}`;
}
