// @ts-check
// A page of a lesson that is shown inside another page: its data, and an address of its own that no
// address bar shows.

import { Kept } from "./kept.js";
import { address, pageOf } from "./links.js";
import { Path } from "./path.js";
import { settings } from "./query.js";

/** @import {Place} from "./place.js" */
/** @import {Data} from "./types.js" */

/**
 * What the page of a lesson is given, made of what a page is given that shows others
 * (lab/frame.py: `Tool.plays`).
 *
 * @param {any} host
 * @param {string} page
 * @returns {Data}
 */
export function inside({ player, ...host }, page) {
  return { ...host, words: player.words, page, steps: player.steps[page], finished: [] };
}

/**
 * The place of a player inside another page. Nothing is kept of it, and it says nothing; whoever
 * shows it puts what it wants to know in the place of these.
 *
 * @param {Data} data
 * @param {string} link
 * @param {(page: string, link: string) => void} go to a step or link on another page
 * @param {Partial<Place>} [more]
 * @returns {Place}
 */
export function hosted({ base, page }, link, go, more) {
  const location = { pathname: address(base, page, ""), search: link && `?${link}` };
  const write = (/** @type {any} */ _state, /** @type {string} */ _title, /** @type {any} */ url) => {
    location.search = String(url).slice(location.pathname.length);
  };
  return {
    history: { state: null, pushState: write, replaceState: write },
    location,
    kept: new Kept(null),
    path: (done) => new Path(done),
    enter: () => ({ link, changes: [] }),
    visit(href) {
      const { pathname, search } = new URL(href, "http://here");
      go(pageOf(base, pathname), settings(search));
    },
    keep() {},
    listen() {},
    acts() {},
    shows() {},
    leave() {},
    ...more,
  };
}
