// @ts-check
// The way into a class, by the letters that the lecturer shows; and what is said where there is none.

import { make } from "./dom.js";
import { address, leads } from "./links.js";

const LETTERS = 5;
const CODE = /^[A-Z]{5}$/;

/**
 * @param {any} data
 * @param {{enter: (code: string) => void, visit: (href: string) => void}} page
 * @param {string} said why the class could not be entered, or ""
 */
export function door({ base, words }, page, said) {
  const field = make("input", {
    id: "ce-room",
    type: "text",
    maxlength: LETTERS,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    "aria-describedby": "ce-room-said",
  });
  const status = make("p", { id: "ce-room-said", class: "ce-door-said", role: "status", text: said });
  const form = make(
    "form",
    {},
    make("label", { for: "ce-room", text: words.letters }),
    make("div", {}, field, make("button", { type: "submit", class: "ce-next", text: words.join })),
    status,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = field.value.trim().toUpperCase();
    if (CODE.test(code)) page.enter(code);
    else {
      status.textContent = words.no_letters;
      field.focus();
    }
  });
  const way = leads(make("a", { class: "ce-way", href: address(base, "", ""), text: words.to_lessons }), page.visit);
  return make(
    "div",
    { class: "ce-door" },
    make("h1", { text: words.title }),
    form,
    make("p", { class: "ce-hint", text: words.how }),
    way,
  );
}
