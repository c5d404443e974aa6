// @ts-check
// What a teacher does with a code: the name, the code, and what they hold. The server is asked for no
// more than what the items of the seed are called.

import { code, ITEMS, MOST, points, read } from "./challengecode.js";
import { told } from "./challengerun.js";
import { make } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Item} from "./challengeitem.js" */
/** @import {Outcome} from "./challengecode.js" */

/**
 * @param {Record<string, string>} words
 * @param {{edition: number, longest: number}} given
 * @param {(seed: string) => Promise<Item[]>} items for their titles, where they can be had
 */
export function checking(words, { edition, longest }, items) {
  const name = make("input", { id: "ce-check-name", type: "text", maxlength: longest, autocomplete: "off", spellcheck: "false" });
  const field = make("input", { id: "ce-check-code", type: "text", maxlength: 40, autocomplete: "off", spellcheck: "false", class: "ce-letters" });
  const button = make("button", { type: "submit", text: words.check_button });
  const said = make("div", { role: "status" });
  const form = make(
    "form",
    { class: "ce-check", "aria-label": words.check },
    make("h3", { text: words.check }),
    make("p", { text: words.check_lead }),
    make("label", { for: "ce-check-name", text: words.name }),
    name,
    make("label", { for: "ce-check-code", text: words.code }),
    field,
    button,
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const found = read(edition, field.value, name.value);
    if (typeof found === "string") {
      const example = code(edition, "K7Q2M", "Ada", Array(ITEMS).fill("first"));
      said.replaceChildren(make("p", { class: "ce-fault", text: say(words[`check_${found}`], ["example", example]) }));
      return;
    }
    const { seed, outcomes } = found;
    const sum = say(words.checked, ["points", String(points(outcomes))], ["most", String(MOST)], ["seed", seed]);
    const list = make("ol", {}, ...outcomes.map((outcome) => make("li", { text: words[outcome] })));
    said.replaceChildren(make("p", { class: "ce-sum", text: sum }), list);
    const title = (/** @type {Item} */ item, /** @type {number} */ i) => {
      list.children[i].textContent = `${item.lesson}, ${item.title}: ${told(words, item.kind, outcomes[i])}`;
    };
    items(seed).then((all) => all.forEach(title), () => {}); // without the server the numbers have to do
  });
  return form;
}
