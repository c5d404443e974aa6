// @ts-check
// What stands in the place of an instrument until its first answer.

import { make } from "./dom.js";

export function waiting() {
  const shape = make("div", { class: "ce-shape" }, make("span"), make("span"), make("span"));
  return make("div", { class: "ce-live", "aria-busy": "true" }, shape);
}
