// @ts-check
// Buttons that move a slider by themselves: one position, or one after the other to the end.

import { make } from "./dom.js";

const FRAME = 60; // ms between two positions

/**
 * @typedef {object} Moved the slider that is played
 * @property {() => number} k
 * @property {() => number} last
 * @property {(k: number) => void} move
 * @property {() => void} release
 * @property {() => void} begin stop whatever else plays
 */

/**
 * @param {string[]} names of the buttons: one step, play, pause
 * @param {string} id
 * @param {Moved} slider
 * @returns {{node: HTMLElement, pause: () => void}}
 */
export function player([step, play, pause], id, slider) {
  const one = make("button", { type: "button", text: step, "data-focus": `step-${id}` });
  const all = make("button", { type: "button", text: play, "data-focus": `play-${id}` });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  const stop = () => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    all.textContent = play;
    slider.release();
  };
  const next = () => {
    if (slider.k() >= slider.last()) stop();
    else slider.move(slider.k() + 1);
  };

  one.addEventListener("click", () => {
    slider.begin();
    slider.move(Math.min(slider.k() + 1, slider.last()));
    slider.release();
  });
  all.addEventListener("click", () => {
    const playing = timer !== undefined;
    slider.begin();
    if (playing) return;
    slider.move(slider.k() < slider.last() ? slider.k() : 0);
    all.textContent = pause;
    timer = setInterval(next, FRAME);
  });
  return { node: make("span", { class: "ce-player" }, one, all), pause: stop };
}
