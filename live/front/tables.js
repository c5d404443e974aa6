// @ts-check
// Tables of numbers that follow the drag.

import { make, swatch } from "./dom.js";

/** @import {Cells} from "./cells.js" */
/** @import {Table, TableRow} from "./types.js" */

/**
 * @param {TableRow} line
 * @param {Cells} cells
 */
export function row(line, cells) {
  const label = make("th", { scope: "row" });
  if (line.swatch) label.append(swatch(line.swatch));
  label.append(make(line.code ? "code" : "span", { text: line.label }));
  const numbers = line.cells.map((cell) => make("td", {}, ...(cell ? [cells.make(cell)] : [])));
  return make("tr", {}, label, ...numbers);
}

/**
 * @param {string} first what stands above the names of the rows
 * @param {string[]} names
 */
export function head(first, names) {
  const cells = names.map((name) => make("th", { scope: "col", text: name, title: name }));
  const corner = first ? make("th", { scope: "col", text: first }) : make("td");
  return make("thead", {}, make("tr", {}, corner, ...cells));
}

/**
 * @param {Table} spec
 * @param {Cells} cells
 */
export function table({ title, lead, head: names, rows, part }, cells) {
  const body = make("tbody", {}, ...rows.map((line) => row(line, cells)));
  const numbers = make(
    "table",
    { "aria-label": title },
    head(names[0] ?? "", names.slice(1)),
    body,
  );
  return make(
    "section",
    { class: "ce-table", "data-part": part },
    make("h2", { text: title }),
    make("p", { class: "ce-hint", text: lead }),
    make("div", { class: "ce-scroll", tabindex: "0", role: "region", "aria-label": title }, numbers),
  );
}
