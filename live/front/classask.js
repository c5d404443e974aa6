// @ts-check
// What a class is asked: the question of a step in the form that the room takes, and what the
// lecturer's button does next.

/** @import {NumberQuestion, Question, Step} from "./types.js" */

/**
 * @typedef {object} Asked
 * @property {string} key
 * @property {"choice" | "number" | "state"} kind
 * @property {number} [count] of options
 * @property {number} [low]
 * @property {number} [high]
 */

/** @typedef {"look" | "open" | "shown" | "answered"} Phase nothing is asked; answers are taken; they are seen; the picture answers */
/** @typedef {{counts?: number[], values?: number[], dots?: [x: number, y: number, met: boolean][]}} Result */

/**
 * @typedef {object} Room
 * @property {string} page
 * @property {string} link without the lesson
 * @property {Asked | null} ask
 * @property {1 | 2} round
 * @property {Phase} phase
 * @property {(Result | null)[]} results of each round, once they were shown
 */

/** @typedef {{page: string, at: number, step: Step, question: Question | NumberQuestion | null, link: string}} View what stands on the screen */

/**
 * What is asked at a step, if anything is. With other numbers it is another question.
 *
 * @param {View} view
 * @returns {Asked | null}
 */
export function asking({ page, step, question, link }) {
  if (step.kind === "reach") return { key: `${place(page, step)}${hash(link)}`, kind: "state" };
  if (step.kind !== "predict" || !question) return null;
  if (question.kind === "number") {
    const { text, of, low, high } = question;
    return { key: `${place(page, step)}${hash(JSON.stringify([text, of, low, high]))}`, kind: "number", low, high };
  }
  const { text, options, right } = question;
  return { key: `${place(page, step)}${hash(JSON.stringify([text, options, right]))}`, kind: "choice", count: options.length };
}

/**
 * Whether the question that is asked belongs to a step, with whatever numbers.
 *
 * @param {Asked} ask
 * @param {Pick<View, "page" | "step">} view
 */
export const belongs = ({ key }, { page, step }) => key.startsWith(place(page, step));

/**
 * @param {string} page
 * @param {Step} step
 */
const place = (page, { key }) => `${page}.${key.toLowerCase().replace(/[^a-z0-9-]/g, "-").slice(0, 30)}.`;

/**
 * A short name of a text (FNV-1a, 32 bits): the same in every browser of a class.
 *
 * @param {string} text
 */
function hash(text) {
  let found = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) found = Math.imul(found ^ byte, 0x01000193) >>> 0;
  return found.toString(36);
}

/** @typedef {"ask" | "show" | "again" | "answer" | "next"} Turn */

/**
 * What the lecturer's button does, and what a second one does where there is a choice.
 *
 * @param {Pick<Room, "phase" | "round">} room
 * @param {Asked | null} asks what the step asks
 * @param {boolean} last whether it is the last step
 * @returns {Turn[]}
 */
export function turns({ phase, round }, asks, last) {
  /** @type {Turn[]} */
  const on = last ? [] : ["next"];
  if (phase === "open") return ["show"];
  if (phase === "look" && asks) return ["ask"];
  if (phase !== "shown") return on;
  // States have no right one among them that the picture could answer with.
  const ends = asks?.kind === "state" ? on : /** @type {Turn[]} */ (["answer"]);
  return round === 1 ? ["again", ...ends] : ends;
}

const LESSON = "lesson=";

/**
 * What the room holds of a link: its lesson is told apart.
 *
 * @param {string} link
 */
export const bare = (link) =>
  link
    .split("&")
    .filter((part) => part && !part.startsWith(LESSON))
    .join("&");

/**
 * The lesson that a link plays, or "".
 *
 * @param {string} link
 */
export const played = (link) => (link.split("&").find((part) => part.startsWith(LESSON)) ?? "").slice(LESSON.length);

/**
 * @param {string} link
 * @param {string} lesson
 */
export const whole = (link, lesson) => [link, lesson && LESSON + lesson].filter(Boolean).join("&");

/**
 * The step that a link opens, counted from 1.
 *
 * @param {string} link
 */
export const stepOf = (link) => Number(new URLSearchParams(link).get("at") ?? 1);
