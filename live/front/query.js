// @ts-check
// Questions to the server as text: a link, the changes to it, and what the learner has seen.

/** @import {Change} from "./types.js" */

// Streamlit's own, which say how it shows itself within another page.
const FRAME = new Set(["embed", "embed_options"]);
const LECTURE = "lecture"; // the browser's own: large type

const LONGEST = 4000; // characters of changes in one question
const VALUE = 1000; // characters of one value: a list with all that PyTorch prints around it
const ENCODED = 3000; // characters of one value in an address

/**
 * @param {string} link
 * @param {Change[]} changes
 * @param {string[]} seen
 */
export function query(link, changes, seen) {
  const pairs = changes.map(pair);
  if (seen.length) pairs.push(["seen", [...seen].sort().join(",")]);
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
export function cut(text) {
  let length = VALUE;
  while (encoded(text.slice(0, length)) > ENCODED) length >>= 1;
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** @param {string} text */
const encoded = (text) => new URLSearchParams([["", text]]).toString().length;

/** @param {string} search what the address bar says after the path */
const parts = (search) => search.replace(/^[?]/, "").split("&").filter(Boolean);

/** @param {string} part */
const framing = (part) => [...FRAME, LECTURE].includes(part.split("=", 1)[0]);

/**
 * The settings in an address.
 *
 * @param {string} search
 */
export const settings = (search) =>
  parts(search)
    .filter((part) => !framing(part))
    .join("&");

const PLACE = ["at", "lesson"]; // where one stands; the rest is what is seen there

/** @param {string} part */
const placing = (part) => PLACE.includes(part.split("=", 1)[0]);

/**
 * What of a link another page is given: all but the step, and the lesson that is played.
 *
 * @param {string} link
 */
export const carried = (link) =>
  parts(link)
    .filter((part) => !placing(part))
    .join("&");

/**
 * The link to a step of the lesson that is played.
 *
 * @param {string} link of another step
 * @param {number} at
 */
export const going = (link, at) =>
  [`at=${at}`, ...parts(link).filter((part) => part.startsWith("lesson="))].join("&");

/**
 * The address of settings, shown within another page as this one is.
 *
 * @param {string} link
 * @param {string} search of this page
 */
export const framed = (link, search) =>
  [...parts(link), ...parts(search).filter(framing)].join("&");
