// @ts-check
// Before a challenge: with a new seed, or with the one that a teacher gave.

import { newSeed, readSeed } from "./challengecode.js";
import { make, write } from "./dom.js";
import { address } from "./links.js";
import { say } from "./sentences.js";
import { Sharing } from "./sharing.js";

/**
 * @param {any} data
 * @param {string} seed "" where the address has none
 * @param {string} unread what it has in the place of one
 * @param {{open: (seed: string) => void, begin: () => void}} page
 * @param {HTMLElement} check
 */
export function start(data, seed, unread, page, check) {
  const { words } = data;
  const title = make("h1", { tabindex: "-1", text: seed ? say(words.seeded, ["seed", seed]) : words.title });
  const begin = make("button", { type: "button", class: "ce-next", text: words.begin });
  begin.addEventListener("click", page.begin);
  const draw = make("button", { type: "button", text: words.draw });
  draw.addEventListener("click", () => page.open(newSeed()));
  const node = make(
    "div",
    { class: "ce-challenge" },
    make("div", {}, title, make("p", { text: words.lead }), make("div", {}, begin), ...(seed ? [] : [given(words, unread, page.open)])),
    make(
      "section",
      { class: "ce-teachers", "aria-label": words.teachers },
      make("h2", { text: words.teachers }),
      make("div", {}, ...(seed ? shared(data, seed) : [draw])),
      check,
    ),
  );
  return { node, title, leave() {} };
}

/**
 * @param {Record<string, string>} words
 * @param {string} unread
 * @param {(seed: string) => void} open
 */
function given(words, unread, open) {
  const field = make("input", { id: "ce-seed", type: "text", maxlength: 12, autocomplete: "off", spellcheck: "false", class: "ce-letters" });
  field.value = unread.slice(0, 12);
  const said = make("p", { class: "ce-fault", role: "status", text: unread && words.seed_wrong });
  const form = make(
    "form",
    { class: "ce-given" },
    make("label", { for: "ce-seed", text: words.given }),
    make("div", { class: "ce-tools" }, field, make("button", { type: "submit", text: words.open })),
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const seed = readSeed(field.value);
    write(said, seed ? "" : words.seed_wrong);
    if (seed) open(seed);
  });
  return form;
}

/**
 * @param {any} data
 * @param {string} seed
 */
function shared(data, seed) {
  const place = { location: { pathname: address(data.base, data.page, ""), search: "" }, visit() {} };
  const sharing = new Sharing({ ...data, page: data.given.first, steps: 0 }, place, () => {});
  sharing.update(`seed=${seed}`, false);
  return [sharing.button, sharing.dialog];
}
