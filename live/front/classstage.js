// @ts-check
// The picture of a class: the player of the page at which the class is, or at which somebody looks
// around. No address bar shows where that is.

import { bare, whole } from "./classask.js";
import { ClassPath } from "./classpath.js";
import { make } from "./dom.js";
import { hosted, inside } from "./hosted.js";
import { Kept } from "./kept.js";
import { address } from "./links.js";
import { Player } from "./player.js";

/** @import {View} from "./classask.js" */
/** @import {Vote} from "./classpath.js" */
/** @import {Path} from "./path.js" */

/**
 * @typedef {object} Handlers
 * @property {(path: Path) => Vote | null} vote
 * @property {(view: View) => void} shows
 * @property {(id: string) => void} acts the hand on this page sets something, or goes to a step: "at"
 * @property {(player: Player) => void} begins another page is shown
 */

export class Stage {
  node = make("div", { class: "ce-stage" });
  page = "";
  lesson = ""; // the prepared lesson that is played, or ""
  /** @type {View | null} */
  view = null;
  /** @type {Player | null} */
  player = null;
  /** @type {ClassPath | null} */
  #path = null;
  #kept = new Kept(null);

  /**
   * @param {any} data
   * @param {(href: string) => void} visit
   * @param {Handlers} handlers
   */
  constructor(data, visit, handlers) {
    this.data = data;
    this.visit = visit;
    this.handlers = handlers;
  }

  /**
   * @param {string} page
   * @param {string} link without the lesson, or with it
   */
  open(page, link) {
    const full = whole(bare(link), this.lesson);
    if (page === this.page) this.player?.open(full);
    else this.#make(page, full);
  }

  /**
   * @param {string} page
   * @param {string} link
   */
  #make(page, link) {
    const data = inside(this.data, page);
    const root = make("div");
    this.leave();
    this.node.replaceChildren(root);
    this.page = page;
    const place = hosted(data, link, (there, to) => this.#go(there, to), {
      kept: this.#kept,
      path: (done) => (this.#path = new ClassPath(done, this.handlers.vote)),
      acts: (id) => this.handlers.acts(id),
      shows: ({ head }) => this.#shows(page, head.shared),
    });
    this.player = new Player(root, data, () => {}, place);
    this.handlers.begins(this.player);
  }

  /**
   * A step or a link leads to another page; to one that has no steps it leads out of the class.
   *
   * @param {string} page
   * @param {string} link
   */
  #go(page, link) {
    const { base, player } = this.data;
    if (!(Object.hasOwn(player.steps, page) && player.steps[page])) {
      this.visit(address(base, page, link));
      return;
    }
    this.handlers.acts("at");
    this.open(page, link);
  }

  /**
   * @param {string} page
   * @param {string} shared
   */
  #shows(page, shared) {
    const path = this.#path;
    if (page !== this.page || !path) return;
    const { at, step, question } = path;
    if (!step) return;
    this.view = { page, at, step, question, link: bare(shared) };
    this.handlers.shows(this.view);
  }

  /** What the class is asked, or may answer, has become another. */
  decide() {
    this.#path?.sync();
    this.player?.decide();
  }

  /** @param {any} data */
  update(data) {
    this.data = data;
    this.player?.update(inside(data, this.page));
  }

  leave() {
    this.player?.leave();
    this.player = null;
    this.view = null;
  }
}
