// @ts-check
// What opens above the page, and is left by its button or Escape.

import { make } from "./dom.js";

/**
 * @param {Record<string, string>} attributes
 * @param {HTMLButtonElement} close one of the children, or within one
 * @param {HTMLElement[]} children
 */
export function modal(attributes, close, ...children) {
  const dialog = make("dialog", attributes, ...children);
  close.addEventListener("click", () => dialog.close());
  // What keys and swipes do on the page behind it they do not do here.
  for (const type of ["keydown", "touchstart"]) {
    dialog.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
  }
  return dialog;
}
