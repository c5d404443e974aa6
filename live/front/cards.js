// @ts-check
// Cards, each with one large number.

import { make, swatch } from "./dom.js";
import { termed } from "./terms.js";

/** @import {Cells} from "./cells.js" */
/** @import {Card} from "./types.js" */

/**
 * @param {Card} spec
 * @param {Cells} cells
 * @param {"h2" | "h3"} [heading]
 */
export function card(
  { title, note, swatch: name, value, unit, second_label, second, off, large },
  cells,
  heading = "h3",
) {
  return make(
    "div",
    { class: large ? "ce-card ce-large" : "ce-card" },
    make(heading, {}, ...(name ? [swatch(name)] : []), termed(make("span"), title)),
    ...(note ? [make("p", { class: "ce-hint", text: note })] : []),
    make(
      "p",
      { class: "ce-value" },
      cells.make(value),
      " ",
      make("span", { class: "ce-unit", text: unit }),
    ),
    ...(off ? [make("p", { class: "ce-off" }, cells.sentence(off))] : []),
    ...(second ? [make("p", { class: "ce-hint" }, second_label, cells.make(second))] : []),
  );
}
