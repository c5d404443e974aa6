// @ts-check
// What a class has answered: a bar for each option, or a drawing; after a second vote both beside
// each other. Which answer is right is marked when the picture has answered.

import { numbers, states } from "./classplots.js";
import { make } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Asked, Result} from "./classask.js" */
/** @import {NumberQuestion, Question} from "./types.js" */

/**
 * @typedef {object} Told
 * @property {Asked} ask
 * @property {(Result | null)[]} results
 * @property {Question | NumberQuestion | null} question as it was asked
 * @property {boolean} answered whether the right answer may be seen
 * @property {number | null} own what this page has answered
 * @property {number | null} shown the number that the picture shows
 * @property {string[]} axes what a map of states is of
 */

/**
 * @param {Told} told
 * @param {Record<string, string>} words
 * @returns {HTMLElement | null} nothing where nothing was shown yet
 */
export function results(told, words) {
  const rounds = told.results.filter((result) => result !== null);
  if (!rounds.length) return null;
  const drawn = told.ask.kind === "choice" ? choices(told, rounds, words) : drawings(told, rounds, words);
  if (!drawn) return null;
  return make(
    "section",
    { class: "ce-results", "aria-label": words.results, tabindex: "0" },
    make("h2", { text: words.results }),
    ...drawn,
  );
}

/**
 * @param {Told} told
 * @param {Result[]} rounds
 * @param {Record<string, string>} words
 */
function choices({ question, answered, own }, rounds, words) {
  if (!question || question.kind === "number") return null;
  const counts = rounds.map(({ counts = [] }) => counts);
  const totals = counts.map((round) => round.reduce((sum, n) => sum + n, 0));
  const items = question.options.map((option, i) => {
    const right = answered && i === question.right;
    const bars = counts.map((round, r) => bar(round[i] ?? 0, totals[r], r, rounds.length > 1, words));
    const marks = [...(right ? [words.is_right] : []), ...(i === own ? [words.is_own] : [])];
    const label = make("p", { class: "ce-option-of", text: option });
    if (marks.length) label.append(" ", make("em", { text: marks.join(" ") }));
    return make("li", { "data-right": right && "true" }, label, ...bars);
  });
  return [...key(totals, words), make("ul", {}, ...items)];
}

/**
 * @param {number} count
 * @param {number} total
 * @param {number} round from 0 on
 * @param {boolean} several
 * @param {Record<string, string>} words
 */
function bar(count, total, round, several, words) {
  const share = total ? count / total : 0;
  const numbers = /** @type {[string, string][]} */ ([["count", String(count)], ["percent", String(Math.round(100 * share))]]);
  const fill = make("i", { "data-round": String(round + 1) });
  fill.style.setProperty("--share", String(share));
  const lead = several ? make("span", { class: "ce-hidden", text: `${words[`round_${round + 1}`]}: ` }) : "";
  return make("p", { class: "ce-vote-bar" }, fill, lead, make("span", { text: say(words.votes, ...numbers) }));
}

/**
 * How many have answered, and what tells two votes apart.
 *
 * @param {number[]} totals
 * @param {Record<string, string>} words
 */
function key(totals, words) {
  const count = (/** @type {number} */ n) => say(n === 1 ? words.of_one : words.of, ["count", String(n)]);
  if (totals.length === 1) return [make("p", { class: "ce-key-of", text: count(totals[0]) })];
  const entries = totals.map((n, r) =>
    make("span", {}, make("i", { "data-round": String(r + 1), "aria-hidden": "true" }), `${words[`round_${r + 1}`]}: ${count(n)}`),
  );
  return [make("p", { class: "ce-key-of" }, ...entries)];
}

/**
 * @param {Told} told
 * @param {Result[]} rounds
 * @param {Record<string, string>} words
 */
function drawings(told, rounds, words) {
  const figures = rounds.map((result, r) => {
    const { node, text } = result.dots ? states(rounds, r, told.axes) : numbers(told, rounds, r, words);
    const lead = rounds.length > 1 ? `${words[`round_${r + 1}`]}: ` : "";
    return make("figure", {}, make("figcaption", { text: lead + text(words) }), node);
  });
  return [make("div", { class: "ce-drawings" }, ...figures)];
}
