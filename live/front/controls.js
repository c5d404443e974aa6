// @ts-check
// Lists to choose from, and pills.

import { make } from "./dom.js";

/** @import {Options} from "./types.js" */
/** @typedef {(id: string, value: string) => void} Commit */

const MANY = 10; // pills, of which a phone shows a list instead

/**
 * @param {Options} spec
 * @param {Commit} commit
 * @returns {{id: string, node: HTMLElement, show: (selected: number) => void}}
 */
export function choice({ id, label, options }, commit) {
  const select = make("select", { "data-focus": `choice-${id}` });
  for (const [value, text] of options) select.append(new Option(text, value));
  select.addEventListener("change", () => commit(id, select.value));
  return {
    id,
    node: make("label", {}, label, select),
    show: (selected) => (select.selectedIndex = selected),
  };
}

/**
 * @param {Options} spec
 * @param {string} group the name that the pills share
 * @param {Commit} commit
 * @returns {{id: string, node: HTMLElement, show: (picked: string) => void}}
 */
export function presets({ id, label, options }, group, commit) {
  const pills = options.map(([value]) => {
    const pill = make("input", { type: "radio", name: group, "data-focus": `preset-${value}` });
    pill.value = value;
    pill.addEventListener("change", () => commit(id, value));
    return pill;
  });
  const labels = options.map(([, text], i) =>
    make("label", { class: "ce-pill" }, pills[i], make("span", { text })),
  );
  const row = make("div", { class: "ce-presets", role: "radiogroup", "aria-label": label }, ...labels);
  const list = options.length > MANY ? choice({ id, label, options }, commit) : null;
  list?.node.classList.add("ce-listed");
  return {
    id,
    node: list ? make("div", {}, row, list.node) : row,
    show(picked) {
      pills.forEach((pill) => (pill.checked = pill.value === picked));
      list?.show(options.findIndex(([value]) => value === picked));
    },
  };
}
