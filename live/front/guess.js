// @ts-check
// A number that is guessed: a line from its lowest to its highest, and a field for the exact one.

import { make } from "./dom.js";
import { format } from "./numbers.js";
import { say } from "./sentences.js";
import { plainly } from "./terms.js";

/** @import {Shown, Words} from "./types.js" */

const STEPS = 200; // of the line
const DIGITS = 15; // that every float64 keeps
const WRITTEN = /** @type {const} */ ({ kind: "shortest", digits: DIGITS });
const APART = /** @type {const} */ ({ kind: "prose", digits: 3 });
const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;

/**
 * Read a number as people type it: with a point or a comma, and with a hyphen for a minus.
 *
 * @param {string} text
 * @returns {number} nan if it is none
 */
export function read(text) {
  const plain = text.trim().replaceAll("\u2212", "-");
  return NUMBER.test(plain) ? Number(plain.replace(",", ".")) : NaN;
}

/**
 * The number at a place on the line, with as many digits as tell it from its neighbours.
 *
 * @param {number} k
 * @param {{low: number, high: number}} line
 */
export function place(k, { low, high }) {
  const share = k / STEPS;
  const value = low * (1 - share) + high * share;
  const apart = (high / STEPS - low / STEPS) || Number.MIN_VALUE;
  const digits = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / apart)) + 1;
  const rounded = Number(value.toPrecision(Math.min(Math.max(digits, 1), DIGITS)));
  // What is next to 0 on its way from -1 to 1 is 0.
  const near = Math.abs(rounded) < apart / 2 ? 0 : rounded;
  return Math.min(Math.max(near, low), high);
}

/**
 * Say how far a guess is from what the picture shows.
 *
 * @param {number} guess
 * @param {Shown} shown
 * @param {Words} words
 */
export function told(guess, { value, text }, words) {
  const guessed = format(guess, WRITTEN);
  const off = Math.abs(guess - value);
  // What is beyond every float64 is written nevertheless, and is as far as it is large.
  const apart = Number.isFinite(off) ? format(off, APART) : text;
  const same = guessed === text || off === 0;
  const odd = text === "nan" ? words.guess_nan : /inf$/.test(text) ? words.guess_inf : null;
  const said = odd ?? (same ? words.guess_same : words.guess_off);
  return say(said, ["guess", guessed], ["shown", text], ["apart", apart]);
}

/**
 * Ask for a number. Until there is one the slider stands in the middle, and says so.
 *
 * @param {{text: string, low: number, high: number}} asked
 * @param {Words} words
 * @param {(value: number) => void} take
 * @param {number} [before] what was guessed before
 */
export function numberLine(asked, words, take, before) {
  const { low, high } = asked;
  const text = plainly(asked.text);
  const limits = /** @type {[string, string][]} */ ([["low", format(low, WRITTEN)], ["high", format(high, WRITTEN)]]);
  const range = make("input", { type: "range", min: "0", max: STEPS, step: "1", "aria-label": text, "data-focus": "guess" });
  const field = make("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    "aria-label": say(words.exact, ["label", text]),
    "data-focus": "guess-exact",
  });
  const expected = make("p", { role: "status", class: "ce-guess-expected" });
  const button = make("button", { type: "submit", class: "ce-answer", text: words.guess });
  const node = make(
    "form",
    { class: "ce-guess" },
    make("span", { "aria-hidden": "true", text: limits[0][1] }),
    range,
    make("span", { "aria-hidden": "true", text: limits[1][1] }),
    field,
    button,
    expected,
  );
  const value = () => {
    const number = read(field.value);
    return number >= low && number <= high ? number : null;
  };
  const show = () => {
    const number = value();
    const wrong = number === null && field.value.trim() !== "";
    button.disabled = number === null;
    field.setAttribute("aria-invalid", String(wrong));
    expected.textContent = wrong ? say(words.guess_expected, ...limits) : "";
    range.setAttribute("aria-valuetext", number === null ? words.guess_none : field.value);
    node.toggleAttribute("data-guessed", number !== null);
  };
  const put = (/** @type {number} */ number) => {
    range.value = String(Math.round(STEPS * (number / 2 - low / 2) / (high / 2 - low / 2)));
  };
  range.addEventListener("input", () => {
    field.value = format(place(Number(range.value), asked), WRITTEN);
    show();
  });
  field.addEventListener("input", () => {
    const number = value();
    if (number !== null) put(number);
    show();
  });
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    const number = value();
    if (number !== null) take(number);
  });
  put(before ?? low / 2 + high / 2);
  if (before !== undefined) field.value = format(before, WRITTEN);
  show();
  return node;
}
