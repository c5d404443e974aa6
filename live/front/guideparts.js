// @ts-check
// What the sections of the page for teachers are made of.

import { copier } from "./copying.js";
import { make } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Ways} from "./guide.js" */

/**
 * A list of what is said, each under what it is.
 *
 * @param {[name: string, text: string][]} pairs
 */
export const said = (pairs) =>
  make("dl", {}, ...pairs.map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text }))));

/**
 * @param {Record<string, string>} words
 * @param {string} name
 * @param {Record<string, string | number>} values
 */
export const filled = (words, name, values) =>
  say(words[name], ...Object.entries(values).map(([key, value]) => /** @type {[string, string]} */ ([key, String(value)])));

/**
 * A text to copy, as it stands.
 *
 * @param {string} text
 * @param {string} name what it is, for those who do not see where it stands
 * @param {Ways["copies"]} copies
 */
export function copied(text, name, copies) {
  const code = make("code", { text });
  const select = () => getSelection()?.selectAllChildren(code);
  const attributes = { tabindex: "0", role: "group", "aria-label": name };
  return make("div", { class: "ce-copied" }, make("pre", attributes, code), copier(copies, select, () => text));
}
