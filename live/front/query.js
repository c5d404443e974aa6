// @ts-check
// Questions to the server as text: a link, the changes to it, and what the learner has seen.

/** @import {Change} from "./types.js" */

const LONGEST = 4000; // characters of changes in one question
const VALUE = 200; // characters of one value; none that is valid is longer

/**
 * @param {string} link
 * @param {Change[]} changes
 * @param {string[]} seen
 */
export function query(link, changes, seen) {
  const pairs = changes.map(pair);
  if (seen.length) pairs.push(["seen", seen.join(",")]);
  return [link, new URLSearchParams(pairs).toString()].filter(Boolean).join("&");
}

/**
 * @param {Change} change
 * @returns {[string, string]}
 */
const pair = ({ id, value }) => ["set", `${id}:${value}`];

/**
 * As many changes as one address holds, the first ones first.
 *
 * @param {Change[]} changes
 */
export function fitting(changes) {
  let length = 0;
  return changes.filter((change, i) => {
    length += new URLSearchParams([pair(change)]).toString().length + 1;
    return i === 0 || length <= LONGEST;
  });
}

/**
 * Cut, a value is refused as it would have been whole; and it fits into an address.
 *
 * @param {string} text
 */
export const cut = (text) => (text.length > VALUE ? `${text.slice(0, VALUE)}…` : text);
