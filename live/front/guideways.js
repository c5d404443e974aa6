// @ts-check
// What classes believe, and how the lab is brought to them.

import { make } from "./dom.js";
import { copied } from "./guideparts.js";
import { say } from "./sentences.js";

/** @import {Misconception, Part, Ways} from "./guide.js" */

/**
 * @param {Misconception[]} all
 * @param {Ways} to
 */
export function misconceptions(all, { words, link }) {
  return [
    make("p", { text: words.misconceptions_lead }),
    make(
      "ol",
      { class: "ce-beliefs" },
      ...all.map(({ belief, why, holds, source, page, link: query, opens }) =>
        make(
          "li",
          {},
          make("h3", { text: belief }),
          make("p", {}, make("span", { class: "ce-soft", text: words.misconceptions_why }), ` ${why}`),
          make("p", { text: holds }),
          ...(source ? [make("p", { class: "ce-hint", text: source })] : []),
          make("p", {}, link(page, query, "ce-dissolves", opens)),
        ),
      ),
    ),
  ];
}

/**
 * @param {Part[]} parts
 * @param {Ways} to
 */
export function way(parts, { home, link, copies }) {
  let title = "";
  const nodes = parts.map(([kind, text, page]) => {
    if (kind === "title") return make("h3", { text: (title = text) });
    if (kind === "code") return copied(say(text, ["address", home]), title, copies);
    if (kind === "page") return make("p", {}, link(page, "", "ce-play-it", text));
    return make("p", { text });
  });
  return [make("div", { class: "ce-way" }, ...nodes)];
}
