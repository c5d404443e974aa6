// @ts-check
// The lessons that are ready, and the plan of each, which is printed by itself.

import { make } from "./dom.js";
import { copied, filled, said } from "./guideparts.js";

/** @import {Plan, Ways} from "./guide.js" */

/**
 * @param {Plan[]} plans
 * @param {Ways} to
 */
export function ready(plans, to) {
  const { words } = to;
  return [make("p", { text: words.ready_lead }), make("div", { class: "ce-ready" }, ...plans.map((plan) => card(plan, to)))];
}

/**
 * @param {Plan} plan
 * @param {Ways} to
 */
function card({ name, title, minutes, line, needs, aim, page, lesson }, { words, address, link, copies, edit, start }) {
  const query = `lesson=${lesson}`;
  const change = make("button", { type: "button", text: words.ready_edit, "aria-label": `${words.ready_edit}: ${title}` });
  change.addEventListener("click", () => edit(lesson));
  const play = link(page, query, "ce-play-it", words.ready_play);
  const told = make("p", { class: "ce-hint", role: "status" });
  play.setAttribute("aria-label", `${words.ready_play}: ${title}`);
  return make(
    "article",
    { "data-lesson": name },
    make("p", { class: "ce-minutes", text: filled(words, "ready_minutes", { minutes }) }),
    make("h3", { text: title }),
    make("p", { text: line }),
    said([
      [words.ready_needs, needs],
      [words.ready_aim, aim],
    ]),
    make(
      "div",
      { class: "ce-tools" },
      play,
      start(page, query, told),
      make("a", { href: `#plan-${name}`, "aria-label": `${words.ready_plan}: ${title}`, text: words.ready_plan }),
      change,
    ),
    told,
    copied(address(page, query), `${words.ready_link}: ${title}`, copies),
  );
}

/**
 * @param {Plan} plan
 * @param {Ways} to
 */
export function plan({ title, minutes, needs, aim, rows, page, lesson }, { words, address }) {
  const print = make("button", { type: "button", text: words.plan_print });
  print.addEventListener("click", () => window.print());
  return [
    make(
      "div",
      { class: "ce-tools" },
      make("a", { href: "#ready", text: words.plan_back }),
      print,
    ),
    make("h2", { text: filled(words, "plan_title", { title }) }),
    make("p", { text: `${filled(words, "ready_minutes", { minutes })} · ${address(page, `lesson=${lesson}`)}` }),
    said([
      [words.ready_needs, needs],
      [words.ready_aim, aim],
    ]),
    make("p", { class: "ce-hint", text: words.plan_note }),
    make(
      "ol",
      { class: "ce-plan" },
      ...rows.map(({ begins, minutes: takes, title: step, does, ask, comes, say: told }) =>
        make(
          "li",
          {},
          make("h3", { text: `${step} · ${does}` }),
          make("p", { class: "ce-hint", text: filled(words, "plan_from", { begins: begins || "0", minutes: takes }) }),
          said([
            [words.plan_ask, ask],
            [words.plan_comes, comes],
            [words.plan_say, told],
          ]),
        ),
      ),
    ),
  ];
}
