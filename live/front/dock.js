// @ts-check
// The sliders of a picture whose bars are dragged: for the keyboard beside it, and on a phone one of
// them below it, which chips choose. Those of what no bar shows are seen everywhere.

import { make } from "./dom.js";

/** @import {Slider} from "./sliders.js" */

/**
 * @param {Slider[]} sliders
 * @param {string[]} drag those of the picture
 * @param {string} label what the chips are for
 * @param {{focus: (id: string | null) => void, choose: (i: number) => void}} picture
 * @param {string[]} [beside] those of what no bar shows
 */
export function dock(sliders, drag, label, picture, beside = []) {
  const ids = [...drag, ...beside];
  const shown = ids.map((id) => sliders.find(({ layout }) => layout.id === id)).filter((s) => s !== undefined);
  const chips = shown.map(({ layout, node }, i) => {
    const chip = make("button", {
      type: "button",
      class: "ce-chip",
      "data-focus": `chip-${layout.id}`,
      ...(node.dataset.part && { "data-part": node.dataset.part }), // it comes and goes with its slider
      text: layout.name,
    });
    chip.addEventListener("click", () => choose(i));
    return chip;
  });
  const row = make("div", { class: "ce-chips", role: "group", "aria-label": label, hidden: chips.length < 2 }, ...chips);
  const nodes = shown.map(({ node }) => node);
  const box = make("div", { class: "ce-dock" }, row, ...nodes);
  box.classList.toggle("ce-beside", beside.length > 0);
  for (const { node, layout } of sliders) {
    node.classList.toggle("ce-seen-beside", beside.includes(layout.id));
    // A slider that the picture does not have keeps its value.
    node.hidden = !ids.includes(layout.id) && !layout.beside;
  }

  /** @param {number} chosen */
  function choose(chosen) {
    chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(i === chosen)));
    nodes.forEach((node, i) => node.classList.toggle("ce-docked", i === chosen));
    picture.choose(drag.indexOf(shown[chosen]?.layout.id));
  }

  box.addEventListener("focusin", ({ target }) => {
    const i = nodes.findIndex((node) => target instanceof Node && node.contains(target));
    if (i >= 0) choose(i);
    const range = target instanceof HTMLInputElement && target.type === "range";
    picture.focus(range && i >= 0 ? shown[i].layout.id : null);
  });
  box.addEventListener("focusout", () => picture.focus(null));
  choose(shown.length - (beside.length || shown.length)); // what is beside the bars is what the step is about
  return box;
}
