// @ts-check
// Source code, with a button that copies it.

import { copier } from "./copying.js";
import { make, write } from "./dom.js";

/** @import {Code} from "./types.js" */

/**
 * @param {Code} spec
 * @returns {{node: HTMLElement, show: (text: string) => void}}
 */
export function listing({ title, lead, copy, copied }) {
  const code = make("code");
  const select = () => getSelection()?.selectAllChildren(code);
  const node = make(
    "section",
    { class: "ce-code" },
    make("h2", { text: title }),
    copier({ copy, copied }, select, () => code.textContent ?? ""),
    make("p", { class: "ce-hint", text: lead }),
    make("pre", { tabindex: "0", role: "region", "aria-label": title }, code),
  );
  return { node, show: (text) => write(code, text) };
}
