// @ts-check
// The page of a class: its door, or the room that the address names. A lecturer's secret stands in the
// fragment: it is in the address of no request, and not in the one that Streamlit tells.

import { door } from "./classdoor.js";
import { Classroom } from "./classroom.js";
import { paged } from "./page.js";
import { STYLES } from "./player.js";
import { Streamlit, visit } from "./streamlit.js";

const CODE = /^[A-Za-z]{5}$/;
const SECRET = /^#lead=([\w-]{20,80})$/;

class ClassPage {
  /** @type {Classroom | null} */
  #room = null;
  #left = new AbortController();
  #where = ""; // the room and the secret that are shown

  /**
   * @param {HTMLElement} root
   * @param {any} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.streamlit = new Streamlit(root);
    root.classList.add("ce-page");
    const { signal } = this.#left;
    for (const type of ["popstate", "hashchange"]) window.addEventListener(type, () => this.#look(), { signal });
    this.#look();
  }

  /** Show what the address bar names. */
  #look() {
    const { search, hash } = location;
    const named = new URLSearchParams(search).get("room") ?? "";
    const [, secret = ""] = SECRET.exec(hash) ?? [];
    if (this.#where === `${named} ${secret}`) return;
    this.#where = `${named} ${secret}`;
    this.#room?.leave();
    this.#room = null;
    if (!CODE.test(named)) {
      this.#door(named && this.data.words.unknown);
      return;
    }
    this.#room = new Classroom(this.data, named.toUpperCase(), secret, { visit, ended: (why) => this.#ended(why) });
    this.root.replaceChildren(this.#room.node);
  }

  /** @param {"unknown" | "ended" | "locked"} why */
  #ended(why) {
    this.#room?.leave();
    this.#room = null;
    this.#door(this.data.words[why]);
  }

  /** @param {string} said */
  #door(said) {
    const page = {
      visit,
      enter: (/** @type {string} */ code) => {
        this.#where = "";
        history.pushState({}, "", `${location.pathname}?room=${code}`);
        this.#look();
      },
    };
    this.root.replaceChildren(door(this.data, page, said));
    this.root.querySelector("input")?.focus();
  }

  /** @param {any} data */
  update(data) {
    this.data = data;
    this.#room?.update(data);
  }

  leave() {
    this.#left.abort();
    this.#room?.leave();
    this.streamlit.leave();
  }
}

/**
 * @param {{root: HTMLElement, data: any}} component
 */
export const show = ({ root, data }) => paged(data, [...STYLES, "class.css"], (now) => new ClassPage(root, now));
