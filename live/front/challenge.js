// @ts-check
// The page of a challenge: its start, its items one by one, and its result. The address has the seed.

import { checking } from "./challengecheck.js";
import { ITEMS, newSeed, readSeed } from "./challengecode.js";
import { play } from "./challengeitem.js";
import { result } from "./challengeresult.js";
import { Run } from "./challengerun.js";
import { start } from "./challengestart.js";
import { make } from "./dom.js";
import { get } from "./fetching.js";
import { paged } from "./page.js";
import { patiently } from "./patiently.js";
import { STYLES } from "./player.js";
import { framed } from "./query.js";
import { storage } from "./stored.js";
import { Streamlit } from "./streamlit.js";
import { waiting } from "./waiting.js";

/** @import {Item} from "./challengeitem.js" */

const said = () => new URLSearchParams(location.search).get("seed") ?? "";

/** What the address says: a seed, or none that there is. */
const addressed = () => readSeed(said());

class Challenge {
  /** @type {Map<string, Item[]>} */
  #items = new Map();
  /** @type {{node: HTMLElement, title?: HTMLElement, update?: () => void, leave: () => void} | null} */
  #view = null;
  #left = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {any} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.path = location.pathname;
    this.streamlit = new Streamlit(root);
    this.check = checking(data.words, data.given, (seed) => this.#load(seed));
    this.run = new Run(addressed(), storage());
    root.classList.add("ce-page");
    window.addEventListener("popstate", () => this.#read(), { signal: this.#left.signal });
    this.#show();
  }

  /** The theme has changed, or the address. */
  update() {
    this.#view?.update?.();
    this.#read();
  }

  #read() {
    const seed = addressed();
    if (location.pathname !== this.path || seed === this.run.seed) return;
    this.run = new Run(seed, storage());
    this.#show();
  }

  /** @param {string} seed "" where there is to be none */
  #open(seed) {
    const query = framed(seed && `seed=${seed}`, location.search);
    history.pushState({}, "", query ? `${this.path}?${query}` : this.path);
    this.#read();
  }

  #next() {
    this.run.next();
    this.#turn();
  }

  /** Show what comes now, and let a screen reader say what it is. */
  #turn() {
    this.#show();
    this.#view?.title?.focus();
  }

  #show() {
    this.#view?.leave();
    this.#view = this.#now();
    this.root.replaceChildren(this.#view.node);
  }

  #now() {
    const { data, run } = this;
    const open = (/** @type {string} */ seed) => this.#open(seed);
    const next = () => this.#next();
    const begin = () => {
      if (!run.seed) this.#open(newSeed());
      this.#next();
    };
    if (run.at === 0) return start(data, run.seed, said(), { open, begin }, this.check);
    const items = this.#items.get(run.seed);
    if (!items) return this.#wait(run.seed);
    return run.at > ITEMS ? result(data, items, run, () => open("")) : play(data, items[run.at - 1], run, next);
  }

  /** @param {string} seed */
  #wait(seed) {
    const { signal } = this.#left;
    void patiently(() => this.#load(seed), signal).then((items) => items && this.run.seed === seed && this.#turn());
    return { node: make("div", {}, waiting()), leave() {} };
  }

  /**
   * @param {string} seed
   * @returns {Promise<Item[]>}
   */
  async #load(seed) {
    const { base, version, given } = this.data;
    const known = this.#items.get(seed);
    if (known) return known;
    const url = `${base}/answer/${given.first}/challenge?v=${version}&seed=${seed}`;
    /** @type {Item[]} */
    const items = await get(fetch, url, { signal: this.#left.signal }, (response) => response.json());
    this.#items.set(seed, items);
    return items;
  }

  leave() {
    this.#left.abort();
    this.#view?.leave();
    this.streamlit.leave();
  }
}

/**
 * @param {{root: HTMLElement, data: any}} component
 */
export const show = ({ root, data }) => paged(data, [...STYLES, "challenge.css"], (now) => new Challenge(root, now));
