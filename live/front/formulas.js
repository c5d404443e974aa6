// @ts-check
// Formulas in MathML, some of whose numbers follow the drag.

import { make } from "./dom.js";

/** @import {Cells} from "./cells.js" */
/** @import {Formula, Tree} from "./types.js" */

const MATHML = "http://www.w3.org/1998/Math/MathML";

/**
 * @param {string} title
 * @param {Formula[]} shown
 * @param {Cells} cells
 */
export function formulas(title, shown, cells) {
  const parts = shown.map(({ lead, math }) => {
    const attributes = { class: "ce-formula", tabindex: "0", role: "region", "aria-label": lead };
    const drawn = tree(math, cells);
    drawn.setAttribute("display", "block");
    const formula = make("div", attributes, drawn);
    return make("div", {}, make("p", { class: "ce-hint", text: lead }), formula);
  });
  const heading = title ? [make("h2", { text: title })] : [];
  return make("section", { class: "ce-formulas" }, ...heading, ...parts);
}

/**
 * @param {Tree} node a tag, and its children: texts, trees, and numbers that follow the drag
 * @param {Pick<Cells, "inFormula">} cells
 * @returns {Element}
 */
export function tree([tag, ...children], cells) {
  const node = document.createElementNS(MATHML, tag);
  for (const child of children) {
    if (typeof child === "string") node.append(child);
    else if (Array.isArray(child)) node.append(tree(/** @type {Tree} */ (child), cells));
    else node.append(cells.inFormula(child));
  }
  return node;
}
