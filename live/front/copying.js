// @ts-check
// A button that copies a text that stands on the page.

import { make } from "./dom.js";

/**
 * @param {{copy: string, copied: string}} words
 * @param {() => void} select the text, so that Ctrl+C copies it where the button cannot
 * @param {() => string} text
 */
export function copier({ copy, copied }, select, text) {
  const button = make("button", { type: "button", text: copy, "data-focus": "copy", "aria-live": "polite" });
  button.addEventListener("click", async () => {
    select();
    // Browsers give pages without HTTPS no clipboard.
    if (!navigator.clipboard) return;
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      return; // refused by the learner or by the page around this one
    }
    button.textContent = copied;
  });
  button.addEventListener("blur", () => (button.textContent = copy));
  return button;
}
