// @ts-check
// Where the parts of an instrument stand.

import { card } from "./cards.js";
import { make } from "./dom.js";
import { formulas } from "./formulas.js";
import { table } from "./tables.js";

/** @import {Cells} from "./cells.js" */
/** @import {InstrumentLayout} from "./types.js" */

const FEW = 8; // sliders that fit on a screen, beside figures that are taller than it

/** @typedef {{node: HTMLElement}} Part */

/**
 * @typedef {object} Parts
 * @property {Cells} cells
 * @property {(Part & {radio: HTMLInputElement | null})[]} sliders
 * @property {Part[]} choices
 * @property {Part | null} presets
 * @property {Part | null} editor
 * @property {Part[]} pictures
 * @property {HTMLElement[]} said
 * @property {Part | null} code
 * @property {HTMLElement} notice
 * @property {HTMLElement} status
 */

/** @param {Part[]} parts */
const nodes = (parts) => parts.map(({ node }) => node);

/**
 * @param {InstrumentLayout} layout
 * @param {Parts} parts
 * @returns {HTMLElement[]}
 */
export function arranged(layout, parts) {
  const { cells, presets, editor, code } = parts;
  const main = layout.tables.filter((spec) => spec.main).map((spec) => table(spec, cells));
  const rest = layout.tables.filter((spec) => !spec.main).map((spec) => table(spec, cells));
  // What takes the whole width would push the results off the first screen: it comes after them.
  const wide = nodes(parts.pictures.filter((_, i) => layout.figures[i].wide));
  const figures = nodes(parts.pictures.filter((_, i) => !layout.figures[i].wide));
  const above = [...(presets ? [presets.node] : []), ...(editor ? [editor.node] : [])];
  return [
    ...(above.length ? [make("div", { class: "ce-top" }, ...above)] : []),
    controls(layout, parts),
    parts.notice,
    make("div", { class: "ce-figures" }, ...main, ...figures),
    results(layout, parts),
    ...(wide.length ? [make("div", { class: "ce-figures ce-after" }, ...wide)] : []),
    ...(layout.formulas.length ? [formulas(layout.formulas_title, layout.formulas, cells)] : []),
    make("div", { class: "ce-tables" }, ...rest),
    ...(code ? [code.node] : []),
    parts.status,
  ];
}

/**
 * @param {InstrumentLayout} layout
 * @param {Parts} parts
 */
function controls({ title, hint, choice_label }, { sliders, choices }) {
  const several = sliders.some(({ radio }) => radio);
  const group = several ? { role: "radiogroup", "aria-label": choice_label } : {};
  return make(
    "div",
    { class: "ce-controls" },
    make(
      "section",
      { class: sliders.length <= FEW ? "ce-stays" : "" },
      make("h2", { text: title }),
      make("p", { class: "ce-hint", text: hint }),
      make("div", { class: "ce-sliders", ...group }, ...nodes(sliders)),
      make("div", { class: "ce-choices" }, ...nodes(choices)),
    ),
  );
}

/**
 * @param {InstrumentLayout} layout
 * @param {Parts} parts
 */
function results({ cards_title: title, cards, sentences }, { cells, said }) {
  const row = make("div", { class: "ce-cards" }, ...cards.map((spec) => card(spec, cells)));
  const texts = said.map((node, i) =>
    make("div", {}, make("h2", { text: sentences[i].title }), node),
  );
  return make(
    "section",
    { class: "ce-results" },
    ...(title ? [make("h2", { text: title })] : []),
    ...(cards.length ? [row] : []),
    make("div", { class: "ce-said" }, ...texts),
  );
}
