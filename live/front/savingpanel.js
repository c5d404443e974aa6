// @ts-check
// A button, and the panel in which one chooses what is saved: the picture, its numbers, their code.

import { modal } from "./dialog.js";
import { make } from "./dom.js";
import { saveFigure } from "./saving.js";

/** @import {Words} from "./types.js" */

const FILES = [
  { row: "numbers", files: [["csv", "CSV", "csv"], ["npz", "NumPy", "npz"]] },
  { row: "code", files: [["python", "Python", "py"], ["notebook", "Jupyter", "ipynb"]] },
];

const SEEN = "figure, .ce-lanes, .ce-results, .ce-card:not(.ce-results *)"; // what a saved picture has

/**
 * @param {string} page what the files are called
 * @param {Words} words
 * @param {object} means
 * @param {(kind: string) => string} means.address of a file with what is on the screen
 * @param {() => {node: Element, title?: string}} means.shown what stands on the screen
 * @returns {HTMLElement}
 */
export function saving(page, words, { address, shown }) {
  const { save, saving: title, close } = words;
  const name = (/** @type {string} */ row, /** @type {string} */ text) => ({ text, "aria-label": `${row}: ${text}` });
  const line = (/** @type {string} */ row, /** @type {HTMLElement[]} */ files) =>
    make("p", {}, make("span", { text: row }), ...files);
  const pictures = /** @type {const} */ (["png", "svg"]).map((kind) => {
    const button = make("button", { type: "button", ...name(words.picture, kind.toUpperCase()) });
    button.addEventListener("click", () => {
      const { node, title: above } = shown();
      const seen = [...node.querySelectorAll(SEEN)].filter((part) => part.checkVisibility({ visibilityProperty: true }));
      void saveFigure(seen, page, kind, above);
    });
    return button;
  });
  /** @type {[HTMLAnchorElement, string][]} */
  const links = [];
  const rows = FILES.map(({ row, files }) => {
    const called = words[/** @type {"numbers" | "code"} */ (row)];
    const nodes = files.map(([kind, text, ending]) => {
      const link = make("a", { download: `${page}.${ending}`, href: "#", ...name(called, text) });
      links.push([link, kind]);
      return link;
    });
    return line(called, nodes);
  });
  const end = make("button", { type: "button", class: "ce-close", "aria-label": close, text: "×" });
  const dialog = modal({ class: "ce-saving", "aria-label": title }, end, make("h2", { text: title }), end, line(words.picture, pictures), ...rows);
  const button = make("button", { type: "button", "aria-haspopup": "dialog", text: save });
  button.addEventListener("click", () => {
    for (const [link, kind] of links) link.href = address(kind);
    dialog.showModal();
  });
  // A press beside it, where it is the dialog's own backdrop that is pressed.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  return make("div", { class: "ce-save" }, button, dialog);
}
