// @ts-check
// A slider that moves by itself: by buttons one position, or one after the other to the end; and to
// where an answer puts it.

import { make } from "./dom.js";
import { still, stirs } from "./tween.js";

const FRAME = 60; // ms between two positions
const RUN = 2400; // ms at most to where an answer puts it

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
 * @returns {{node: HTMLElement, pause: () => void, run: (from: number, to: number) => void, lock: (locked: boolean) => void}}
 */
export function player([step, play, pause], id, slider) {
  const one = make("button", { type: "button", text: step, "data-focus": `step-${id}` });
  const all = make("button", { type: "button", text: play, "data-focus": `play-${id}` });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  let frame = 0; // of a run; 0 where there is none

  const arrive = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    stirs(-1);
    slider.release();
  };
  const stop = () => {
    if (frame) arrive();
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
  const run = (/** @type {number} */ from, /** @type {number} */ to) => {
    stop();
    if (still()) return;
    const length = Math.min(RUN, Math.abs(to - from) * FRAME);
    const start = performance.now();
    const next = (/** @type {number} */ now) => {
      const share = Math.min(Math.max((now - start) / length, 0), 1);
      slider.move(Math.round(from + share * (to - from)));
      if (share < 1) frame = requestAnimationFrame(next);
      else arrive();
    };
    stirs(1);
    frame = requestAnimationFrame(next);
    slider.move(from);
  };
  const lock = (/** @type {boolean} */ locked) => {
    one.disabled = all.disabled = locked;
  };
  return { node: make("span", { class: "ce-player" }, one, all), pause: stop, run, lock };
}
