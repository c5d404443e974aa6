// @ts-check
// What the tab keeps of the lesson that is prepared: other pages add to it, and a reload finds it.
// Anybody may have written into the storage; what a step holds is read by the server.

import { read, storage, store } from "./stored.js";

/** @import {Stored} from "./stored.js" */
/** @import {LessonStep, Prepared} from "./teachlesson.js" */

const KEY = "ce-teach";

/**
 * @param {Prepared} lesson
 * @param {Pick<Stored, "setItem"> | null} [kept]
 */
export function keep(lesson, kept = storage()) {
  store(kept, KEY, JSON.stringify(lesson));
}

/**
 * @param {Pick<Stored, "getItem"> | null} [kept]
 * @returns {Prepared}
 */
export function kept(kept = storage()) {
  const found = read(kept, KEY);
  const steps = Array.isArray(found?.steps) ? found.steps : [];
  const text = (/** @type {any} */ value) => typeof value === "string";
  const texts = (/** @type {any} */ value) => (value ?? null) === null || (Array.isArray(value) && value.every(text));
  const asks = (/** @type {any} */ value) => (value ?? null) === null || text(value.text);
  const shaped = (/** @type {any} */ { own, guess, goal, hidden, locked }) =>
    [own && (own.options ?? 0), hidden, locked].every(texts) && [own, guess, goal].every(asks);
  return {
    title: text(found?.title) ? found.title : "",
    steps: steps.filter((/** @type {any} */ step) => text(step?.page) && text(step.link) && shaped(step)),
  };
}

/**
 * Add a step that is seen on another page.
 *
 * @param {LessonStep} step
 * @returns {number} how many there are
 */
export function take(step) {
  const lesson = kept();
  lesson.steps.push(step);
  keep(lesson);
  return lesson.steps.length;
}
