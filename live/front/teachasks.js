// @ts-check
// What a teacher asks for in a step: a choice, a number of the picture, or a state of it.

import { make } from "./dom.js";
import { read } from "./guess.js";
import { say } from "./sentences.js";
import { entry, list } from "./teachfields.js";

/** @import {Given} from "./teachform.js" */
/** @import {Goal, Guess, Own} from "./teachlesson.js" */

/** @typedef {Record<string, string>} Words */

/**
 * A question with answers, of which one is right.
 *
 * @param {Own} own
 * @param {Words} words
 * @param {Given} given
 * @param {(own: Own) => void} set
 */
export function choice(own, words, given, set) {
  let now = own;
  const change = (/** @type {Partial<Own>} */ part) => set((now = { ...now, ...part }));
  const options = Array.from({ length: given.most_options }, (_, i) => {
    const n = /** @type {[string, string]} */ (["n", String(i + 1)]);
    const right = make("input", { type: "radio", name: "ce-teach-right", "aria-label": say(words.right, n), checked: i === own.right });
    const text = make("input", { type: "text", maxlength: given.letters.option, autocomplete: "off", "aria-label": say(words.option, n), placeholder: say(words.option, n) });
    text.value = own.options[i] ?? "";
    right.addEventListener("change", () => change({ right: i }));
    text.addEventListener("input", () => {
      const texts = Array.from({ length: given.most_options }, (_, j) => (i === j ? text.value : (now.options[j] ?? "")));
      change({ options: texts });
    });
    return make("div", { class: "ce-option" }, right, text);
  });
  return [question("question", own.text, words, given, (text) => change({ text })), ...options];
}

/**
 * A number to be guessed, of a card of the picture; which cards there are is known later.
 *
 * @param {Guess} guess
 * @param {Words} words
 * @param {Given} given
 * @param {(guess: Guess) => void} set
 * @returns {{nodes: HTMLElement[], offer: (cards: [readout: string, title: string][]) => void}}
 */
export function number(guess, words, given, set) {
  let now = guess;
  const change = (/** @type {Partial<Guess>} */ part) => set((now = { ...now, ...part }));
  const ends = /** @type {const} */ (["low", "high"]).map((end) => {
    const value = String(guess[end] ?? "");
    return entry(end, words[`guess_${end}`], { value, inputmode: "decimal" }, (text) => change({ [end]: bound(text) }));
  });
  const cards = list("of", words.guess_card, [], "", (of) => change({ of }));
  const hint = make("p", { class: "ce-hint", text: words.guess_hint });
  return {
    nodes: [
      question("question", guess.text, words, given, (text) => change({ text })),
      cards,
      make("div", { class: "ce-entries" }, ...ends),
      hint,
    ],
    offer(offered) {
      if (!offered.some(([readout]) => readout === now.of)) change({ of: offered[0]?.[0] ?? "" });
      const select = /** @type {HTMLSelectElement} */ (cards.querySelector("select"));
      select.replaceChildren(...offered.map(([readout, title]) => new Option(title, readout)));
      select.value = now.of;
      hint.textContent = offered.length ? words.guess_hint : words.guess_none;
    },
  };
}

/**
 * A state to be reached: what a loss is there, and p of the true class.
 *
 * @param {Goal} goal
 * @param {Words} words
 * @param {Given} given
 * @param {(goal: Goal) => void} set
 */
export function state(goal, words, given, set) {
  let now = goal;
  const change = (/** @type {Partial<Goal>} */ part) => set((now = { ...now, ...part }));
  const sides = /** @type {const} */ (["above", "below"]).map((side) => {
    const value = String(goal[side] ?? "");
    return entry(side, words[`goal_${side}`], { value, inputmode: "decimal" }, (text) => change({ [side]: text.trim() ? (bound(text) ?? text) : null }));
  });
  return [
    question("goal_text", goal.text, words, given, (text) => change({ text })),
    make(
      "div",
      { class: "ce-entries" },
      list("form", words.goal_form, given.forms, goal.form, (form) => change({ form })),
      list("loss", words.goal_loss, given.losses, goal.loss, (loss) => change({ loss })),
    ),
    make("div", { class: "ce-entries" }, ...sides),
    make("p", { class: "ce-hint", text: words.goal_hint }),
  ];
}

/**
 * What was typed for a number; the server says what is wrong with none.
 *
 * @param {string} text
 */
function bound(text) {
  const value = read(text);
  return Number.isFinite(value) ? value : null;
}

/**
 * @param {string} word
 * @param {string} value
 * @param {Words} words
 * @param {Given} given
 * @param {(text: string) => void} set
 */
const question = (word, value, words, given, set) => entry(word, words[word], { value, longest: given.letters.question }, set);
