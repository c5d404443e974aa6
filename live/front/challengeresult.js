// @ts-check
// The result of a challenge: what was answered, and the code of it, on one page of paper.

import { code, MOST, plainName, points } from "./challengecode.js";
import { told } from "./challengerun.js";
import { make, write } from "./dom.js";
import { address } from "./links.js";
import { say } from "./sentences.js";

/** @import {Item} from "./challengeitem.js" */
/** @import {Run, Went} from "./challengerun.js" */

/**
 * @param {any} data
 * @param {Item[]} items
 * @param {Run} run
 * @param {() => void} leave to the start
 */
export function result(data, items, run, leave) {
  const { base, words, given } = data;
  const { seed, outcomes } = run;
  const title = make("h1", { tabindex: "-1", text: say(words.result, ["seed", seed]) });
  const sum = say(words.points, ["points", String(points(outcomes))], ["most", String(MOST)]);
  const name = make("input", { id: "ce-name", type: "text", maxlength: given.longest, autocomplete: "name", spellcheck: "false" });
  name.value = run.name;
  const written = make("output", { for: "ce-name", class: "ce-letters" });
  const sign = () => {
    const named = plainName(name.value) !== "";
    write(written, named ? code(given.edition, seed, name.value, outcomes) : words.nameless);
    written.toggleAttribute("data-nameless", !named);
  };
  name.addEventListener("input", () => {
    run.called(name.value);
    sign();
  });
  sign();
  const print = make("button", { type: "button", text: words.print });
  print.addEventListener("click", () => window.print());
  const back = make("button", { type: "button", text: words.to_start });
  back.addEventListener("click", leave);
  const date = new Date(run.ended).toLocaleDateString(undefined, { dateStyle: "long" });
  const head = [words.step, words.answered, words.went, words.learn];
  const node = make(
    "div",
    { class: "ce-result" },
    title,
    make("p", { class: "ce-sum", text: sum }),
    make(
      "dl",
      {},
      make("dt", {}, make("label", { for: "ce-name", text: words.name })),
      make("dd", {}, name),
      make("dt", { text: words.date }),
      make("dd", { text: date }),
      make("dt", { text: words.code }),
      make("dd", {}, written),
    ),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", text })))),
      make("tbody", {}, ...items.map((item, i) => row(base, words, item, i, run.went[i]))),
    ),
    make("p", { class: "ce-hint", text: words.honest }),
    make("div", { class: "ce-tools" }, print, back),
  );
  return { node, title, leave() {} };
}

/**
 * @param {string} base
 * @param {Record<string, string>} words
 * @param {Item} item
 * @param {number} i
 * @param {Went} went
 */
function row(base, words, { page, kind, title, lesson, learn }, i, { tries, outcome }) {
  const said = tries.map(({ text }) => text).join(` ${words.then} `);
  const link = make("a", { href: address(base, page, learn), target: "_blank", rel: "noopener", text: lesson });
  return make(
    "tr",
    { "data-went": outcome },
    make("th", { scope: "row", text: `${i + 1}. ${title}` }),
    make("td", { text: said || "–" }),
    make("td", { text: told(words, kind, outcome || "skipped") }),
    make("td", {}, link),
  );
}
