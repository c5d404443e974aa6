// @ts-check
// The bars of a stack in a hand: of a mouse or pen anywhere in their column, of a finger by their
// handles, for beside them it scrolls the page.

import { closest } from "./geometry.js";

/** @import {Grips} from "./drag.js" */

/**
 * @typedef {object} Held what the picture knows
 * @property {(x: number) => number} column the class at so many px from the left, or -1
 * @property {(start: number, down: number) => number} value that a drag leads to
 * @property {string[]} drag the slider of each class
 * @property {(Element | null)[]} handles
 */

/**
 * @param {SVGElement} svg
 * @param {Grips} grips
 * @param {Held} picture
 */
export function held(svg, grips, { column, value, drag, handles }) {
  /** @type {{id: string, s: number, start: number, y: number} | null} */
  let grip = null;

  /** @param {PointerEvent} event */
  const under = (event) => {
    const i = column(event.clientX - svg.getBoundingClientRect().left);
    const slider = i < 0 ? null : grips.slider(drag[i]);
    return slider && { i, id: drag[i], slider };
  };

  svg.addEventListener("pointerdown", (event) => {
    const knob = event.target instanceof Element && event.target.closest(".ce-handle");
    if (event.button !== 0 || (event.pointerType === "touch" && !knob)) return;
    const found = under(event);
    if (!found) return;
    const { i, id, slider } = found;
    event.preventDefault();
    grips.begin();
    svg.setPointerCapture(event.pointerId);
    grip = { id, s: slider.s, start: slider.value(slider.k), y: event.clientY };
    handles[i]?.classList.add("ce-held");
    grips.move(slider.s, slider.k);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!grip) {
      svg.classList.toggle("ce-grab", event.pointerType !== "touch" && under(event) !== null);
      return;
    }
    const slider = grips.slider(grip.id);
    if (!slider) return;
    const wanted = value(grip.start, event.clientY - grip.y);
    grips.move(grip.s, closest(slider.count, (k) => Math.abs(slider.value(k) - wanted), slider.k));
  });
  const end = () => {
    if (grip) grips.end(grip.s);
    grip = null;
    for (const handle of handles) handle?.classList.remove("ce-held");
  };
  svg.addEventListener("pointerup", end);
  svg.addEventListener("pointercancel", end);
}
