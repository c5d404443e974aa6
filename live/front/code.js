// @ts-check
// Source code, with a button that copies it.

import { make, write } from "./dom.js";

/** @import {Code} from "./types.js" */

/**
 * @param {Code} spec
 * @returns {{node: HTMLElement, show: (text: string) => void}}
 */
export function listing({ title, lead, copy, copied }) {
  const code = make("code");
  const button = make("button", { type: "button", text: copy, "data-focus": "copy" });
  button.addEventListener("click", async () => {
    getSelection()?.selectAllChildren(code);
    // Browsers give pages without HTTPS no clipboard; the selection is then ready for Ctrl+C.
    if (!navigator.clipboard) return;
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
    } catch {
      return; // refused by the learner or by the page around this one
    }
    button.textContent = copied;
  });
  button.addEventListener("blur", () => (button.textContent = copy));
  const node = make(
    "section",
    { class: "ce-code" },
    make("h2", { text: title }),
    button,
    make("p", { class: "ce-hint", text: lead }),
    make("pre", { tabindex: "0", role: "region", "aria-label": title }, code),
  );
  return { node, show: (text) => write(code, text) };
}
