// @ts-check
// Where a player is shown: as a page of its own, whose link the address bar shows. What it is where
// another page shows it stands in hosted.js.

import { entering } from "./entering.js";
import { Kept } from "./kept.js";
import { Path } from "./path.js";
import { settings } from "./query.js";
import { storage } from "./stored.js";
import { Streamlit, visit } from "./streamlit.js";

/** @import {Done} from "./path.js" */
/** @import {Answer, Change, Data} from "./types.js" */

/**
 * @typedef {object} Place
 * @property {Pick<History, "pushState" | "replaceState" | "state">} history
 * @property {Pick<Location, "pathname" | "search">} location
 * @property {Kept} kept
 * @property {(done: Done) => Path} path
 * @property {() => {link: string, changes: Change[]}} enter with what the page is opened
 * @property {(href: string) => void} visit another page
 * @property {(link: string, changes: Change[], left: string) => void} keep
 *   what is committed, and the step at which the page is left with it, or ""
 * @property {(popped: () => void) => void} listen to Back and Forward
 * @property {(id: string) => void} acts the learner's hand sets something, or goes to a step: "at"
 * @property {(answer: Answer) => void} shows an answer is seen
 * @property {() => void} leave
 */

// They outlive the page: one document shows one after the other.
/** @type {import("./entering.js").Last} */
let last = { page: "", link: "", changes: [] };
/** @type {Map<string, string>} */
const left = new Map(); // the step at which each page was left
/** @type {Kept | undefined} */
let visited;

/**
 * @param {HTMLElement} root
 * @param {Data} data
 * @returns {Place}
 */
export function own(root, data) {
  const { pathname } = location;
  const listening = new AbortController();
  const streamlit = new Streamlit(root);
  return {
    history,
    location,
    kept: (visited ??= new Kept(storage())),
    path: (done) => new Path(done),
    enter: () => entering(data, settings(location.search), last, left.get(data.page) ?? ""),
    visit,
    keep(link, changes, at) {
      if (location.pathname !== pathname) return;
      last = { page: data.page, link, changes: [...changes] };
      if (at) left.set(data.page, at);
    },
    listen: (popped) => window.addEventListener("popstate", popped, { signal: listening.signal }),
    acts() {},
    shows() {},
    leave() {
      listening.abort();
      streamlit.leave();
    },
  };
}
