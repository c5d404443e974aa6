// @ts-check
// Sentences, put together from pieces and filled from columns.

import { at, format, power } from "./numbers.js";

/** @import {Column, Filling, Row, Sentence} from "./types.js" */

const PROSE = /** @type {const} */ ({ kind: "prose", digits: 6 });

/**
 * @param {Sentence} sentence
 * @param {number[][] | null} said for each code the pieces that say it; without it, the one of that number
 * @param {Column[]} columns
 * @param {Row} row
 */
export function fill(sentence, said, columns, row) {
  const code = at(columns[sentence.column], row);
  const chosen = said === null ? [code] : (said[code] ?? []);
  const template = chosen.map((i) => sentence.pieces[i] ?? "").join(sentence.glue);
  return places(template, (name) => {
    if (!Object.hasOwn(sentence.places, name)) return undefined;
    return filling(sentence.places[name], columns, row);
  });
}

/**
 * @param {Filling} place
 * @param {Column[]} columns
 * @param {Row} row
 */
function filling({ column, item, names, exponent, style }, columns, row) {
  const value = at(columns[column], row, item);
  if (names?.length) return names[value] ?? "";
  if (typeof exponent === "number") return power(value, at(columns[exponent], row), style ?? PROSE);
  return format(value, style ?? PROSE);
}

/**
 * Fill the places of a text, each once: what is filled in is not looked at again.
 *
 * @param {string} template
 * @param {(name: string) => string | undefined} value
 */
export function places(template, value) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => value(name) ?? whole);
}

/**
 * @param {string} template
 * @param {[name: string, text: string][]} texts
 */
export function say(template, ...texts) {
  const known = new Map(texts);
  return places(template, (name) => known.get(name));
}
