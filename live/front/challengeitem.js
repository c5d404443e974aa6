// @ts-check
// One item of a challenge: the page of a lesson, with its question or goal and no way but on.

import { ITEMS } from "./challengecode.js";
import { Attempt } from "./challengepath.js";
import { make, write } from "./dom.js";
import { hosted, inside } from "./hosted.js";
import { Player } from "./player.js";
import { say } from "./sentences.js";

/** @import {Run} from "./challengerun.js" */
/** @typedef {{page: string, kind: string, title: string, lesson: string, link: string, learn: string}} Item */

/**
 * @param {any} data
 * @param {Item} item
 * @param {Run} run
 * @param {() => void} next
 */
export function play(data, item, run, next) {
  const { words } = data;
  const page = inside(data, item.page);
  const place = hosted(page, item.link, () => {}, { path: () => new Attempt(run, item.kind === "reach") });
  const node = make("div");
  const player = new Player(node, page, () => {}, place);
  const count = say(words.progress, ["n", String(run.at)], ["count", String(ITEMS)]);
  const title = make("h1", { tabindex: "-1", text: `${say(words.seeded, ["seed", run.seed])} · ${count}` });
  const bar = make("progress", { value: run.at, max: ITEMS, "aria-hidden": "true" });
  const on = make("button", { type: "button", class: "ce-next", "data-focus": "next" });
  // The second click of a double one would skip the item that has come meanwhile, for good.
  on.addEventListener("click", ({ detail }) => detail < 2 && next());
  player.steps.head.replaceChildren(title, bar, player.steps.printed);
  player.steps.bar.querySelector(".ce-ways")?.replaceChildren(on);
  const { at, now } = run;
  const further = at === ITEMS ? words.finish : words.next;
  run.changed = () => write(on, now.outcome ? further : words.skip);
  run.changed();
  return { node, title, update: () => player.update(page), leave: () => player.leave() };
}
