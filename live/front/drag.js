// @ts-check
// A bar or a point of a slider's own can be dragged by a mouse or pen: the position that brings it
// nearest to the pointer is looked up. A finger has the handles of points; elsewhere it scrolls the page.

import { closest } from "./geometry.js";

/** @import {Drawing, Grip} from "./drawing.js" */
/** @import {Column, Place, Row} from "./types.js" */

/**
 * @typedef {object} Grips what an instrument lets a pointer do
 * @property {() => {columns: Column[], row: Row} | null} seen what the picture shows
 * @property {(id: string) => {s: number, k: number, count: number, value: (k: number) => number} | null} slider one that is free to move
 * @property {() => void} begin
 * @property {(s: number, k: number) => void} move
 * @property {(s: number) => void} end
 */

/**
 * @param {HTMLElement} plot
 * @param {() => Drawing | null} drawing
 * @param {Grips} grips
 */
export function dragged(plot, drawing, grips) {
  /** @type {(Grip & {s: number}) | null} */
  let grip = null;

  /**
   * @param {PointerEvent} event
   * @returns {Place}
   */
  const place = (event) => {
    const box = /** @type {Element} */ (plot.querySelector(".main-svg")).getBoundingClientRect();
    const { xaxis, yaxis } = /** @type {any} */ (plot)._fullLayout;
    return [event.clientX - box.left - xaxis._offset, event.clientY - box.top - yaxis._offset];
  };

  /** @param {PointerEvent} event */
  const hit = (event) => {
    const seen = grips.seen();
    const found = seen && drawing()?.under(seen.columns, seen.row, place(event));
    const slider = found && grips.slider(found.id);
    return found && slider ? { ...found, s: slider.s } : null;
  };

  /** @param {PointerEvent} event */
  const follow = (event) => {
    const slider = grip && grips.slider(grip.id);
    const pointer = drawing()?.inside(place(event));
    if (!grip || !slider || !pointer) return;
    const { s, away } = grip;
    grips.move(s, closest(slider.count, (k) => away([s, k], pointer), slider.k));
  };

  plot.addEventListener("pointermove", (event) => {
    if (grip) follow(event);
    else plot.classList.toggle("ce-grab", event.pointerType !== "touch" && hit(event) !== null);
  });
  plot.addEventListener("pointerdown", (event) => {
    const handle = event.target instanceof Element && event.target.matches(".ce-handle");
    if (event.button !== 0 || (event.pointerType === "touch" && !handle)) return;
    grip = hit(event);
    if (!grip) return;
    event.preventDefault();
    grips.begin();
    plot.setPointerCapture(event.pointerId);
    follow(event);
  });
  const end = () => {
    if (grip) grips.end(grip.s);
    grip = null;
  };
  plot.addEventListener("pointerup", end);
  plot.addEventListener("pointercancel", end);
}
