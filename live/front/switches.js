// @ts-check
// A switch: on or off.

import { make } from "./dom.js";

/**
 * @param {{id: string, label: string, part: string}} spec
 * @param {(id: string, value: string) => void} commit
 * @returns {{id: string, node: HTMLButtonElement, show: (on: boolean) => void}}
 */
export function toggle({ id, label, part }, commit) {
  const node = make(
    "button",
    {
      type: "button",
      role: "switch",
      class: "ce-switch",
      "aria-checked": "false",
      "data-focus": `switch-${id}`,
      "data-part": part,
    },
    make("i", { "aria-hidden": "true" }),
    make("span", { text: label }),
  );
  const show = (/** @type {boolean} */ on) => node.setAttribute("aria-checked", String(on));
  node.addEventListener("click", () => {
    const on = node.getAttribute("aria-checked") !== "true";
    show(on);
    commit(id, on ? "1" : "0");
  });
  return { id, node, show };
}
