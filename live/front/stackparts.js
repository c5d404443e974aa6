// @ts-check
// The elements of a stack: its rows with their bars, the names of the classes, and the handles.

import { draw } from "./svg.js";

/** @import {Cells} from "./cells.js" */
/** @import {Stack} from "./types.js" */

/**
 * @param {Element} parent
 * @param {string} part
 */
function item(parent, part) {
  const group = draw(parent, "g", { "data-part": part });
  return {
    bar: draw(group, "rect", { class: "ce-pillar", rx: 4 }),
    text: draw(group, "text", { class: "ce-number", "text-anchor": "middle" }),
    cover: draw(group, "text", { class: "ce-cover", "text-anchor": "middle" }),
  };
}

/**
 * @param {Element} svg
 * @param {Stack} spec
 * @param {Cells} cells
 */
export function rows(svg, { bands, names }, cells) {
  return bands.map((band) => {
    const group = draw(svg, "g", { "data-part": band.part, class: "ce-band" });
    const row = {
      title: draw(group, "text", { class: "ce-row-title" }),
      note: draw(group, "text", { class: "ce-row-note" }),
      base: draw(group, "line", { class: "ce-base" }),
      above: draw(group, "rect", { class: "ce-above" }),
      items: names.map((_, i) => item(group, `${band.part}.${i}`)),
      limit: draw(group, "line", { class: "ce-limit" }),
      limitText: draw(group, "text", { class: "ce-limit-text", "text-anchor": "end" }),
      total: draw(group, "text", { class: "ce-total", "text-anchor": "end" }),
    };
    row.items.forEach(({ text, cover }, i) => {
      cover.textContent = "?";
      if (band.readout) text.setAttribute("data-readout", `${band.readout}-${i}`);
    });
    if (band.total) row.total.append(band.total_label, cells.inPicture(band.total));
    return row;
  });
}

/**
 * @param {Element} svg
 * @param {Stack} spec
 */
export function names(svg, { names: all, marked, mark }) {
  return all.map((name, i) => {
    const node = draw(svg, "text", { class: "ce-class-name", "text-anchor": "middle" });
    if (i === marked) node.classList.add("ce-true");
    const text = draw(node, "tspan");
    draw(node, "title").textContent = i === marked ? `${name}: ${mark}` : name;
    return text;
  });
}

/**
 * @param {Element} svg
 * @param {Stack} spec
 */
export function handles(svg, { bands, drag, held }) {
  return drag.map((id) => {
    const part = { "data-part": `${bands[held].part}.handle`, "data-drag": id };
    const group = draw(svg, "g", { class: "ce-handle", ...part });
    draw(group, "circle", { class: "ce-reach", r: 24 });
    draw(group, "circle", { class: "ce-knob", r: 11 });
    return group;
  });
}
