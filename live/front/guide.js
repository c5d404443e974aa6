// @ts-check
// The page for teachers in sections, of which the address names one: "#plan-45" is a part of "#ready".

import { make } from "./dom.js";
import { plan, ready } from "./guideplans.js";
import { misconceptions, way } from "./guideways.js";

/**
 * @typedef {object} Row of a plan (lab/teaching/plans.py)
 * @property {number} begins
 * @property {number} minutes
 * @property {string} title
 * @property {string} does
 * @property {string} ask
 * @property {string} comes
 * @property {string} say
 *
 * @typedef {object} Plan
 * @property {string} name
 * @property {string} lesson what stands for it in a link
 * @property {string} page of its first step
 * @property {string} title
 * @property {number} minutes
 * @property {string} line
 * @property {string} needs
 * @property {string} aim
 * @property {Row[]} rows
 *
 * @typedef {object} Misconception lab/teaching/misconceptions.py
 * @property {string} belief
 * @property {string} why
 * @property {string} holds
 * @property {string} source
 * @property {string} page
 * @property {string} link
 * @property {string} opens what the link is called
 *
 * @typedef {[kind: string, text: string, page: string]} Part lab/teaching/ways.py
 *
 * @typedef {object} Given
 * @property {Record<string, string>} words
 * @property {Plan[]} plans
 * @property {Misconception[]} misconceptions
 * @property {Record<string, Part[]>} ways
 *
 * @typedef {object} Ways what a section leads to
 * @property {Record<string, string>} words
 * @property {string} home where the lab is
 * @property {(page: string, link: string) => string} address
 * @property {(page: string, link: string, name: string, text: string) => HTMLAnchorElement} link
 * @property {{copy: string, copied: string}} copies
 * @property {(lesson: string) => void} edit
 * @property {(page: string, link: string, said: HTMLElement) => HTMLElement} start the button that starts a class
 */

const PREPARE = "prepare";

export class Guide {
  #left = new AbortController();

  /**
   * @param {string} title
   * @param {Given} given
   * @param {HTMLElement} prepare the section in which a lesson is prepared
   * @param {Omit<Ways, "words">} lead
   */
  constructor(title, given, prepare, lead) {
    const { words, plans } = given;
    const to = { ...lead, words };
    const names = ["ready", PREPARE, "class", "misconceptions", "course", "challenge"];
    /** @type {Record<string, Node[]>} */
    const content = {
      ready: ready(plans, to),
      [PREPARE]: [prepare],
      misconceptions: misconceptions(given.misconceptions, to),
    };
    for (const [name, parts] of Object.entries(given.ways)) content[name] = way(parts, to);
    /** @type {Map<string, {section: HTMLElement, tab: string}>} */
    this.sections = new Map(
      names.map((name) => {
        const heading = make("h2", { text: words[`tab_${name}`], class: name === PREPARE ? "ce-hidden" : "" });
        return [name, { section: make("section", { "data-section": name }, heading, ...content[name]), tab: name }];
      }),
    );
    for (const each of plans) {
      const section = make("section", { "data-section": `plan-${each.name}` }, ...plan(each, to));
      this.sections.set(`plan-${each.name}`, { section, tab: "ready" });
    }
    this.tabs = names.map((name) => make("a", { href: `#${name}`, "data-tab": name, text: words[`tab_${name}`] }));
    this.node = make(
      "div",
      { class: "ce-guide" },
      make("h1", { text: title }),
      make("nav", { "aria-label": words.sections }, ...this.tabs),
      ...[...this.sections.values()].map(({ section }) => section),
    );
    window.addEventListener("hashchange", () => this.#show(true), { signal: this.#left.signal });
    this.#show(false);
  }

  /**
   * Go to a section, which is seen at once.
   *
   * @param {string} name
   */
  go(name) {
    location.hash = name;
    this.#show(true);
  }

  /** @param {boolean} goes whether somebody has gone there */
  #show(goes) {
    const named = location.hash.slice(1);
    const shown = this.sections.get(named) ?? this.sections.get("ready");
    for (const other of this.sections.values()) other.section.hidden = other !== shown;
    for (const tab of this.tabs) {
      if (tab.dataset.tab === shown?.tab) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (goes) this.node.scrollIntoView();
  }

  leave() {
    this.#left.abort();
  }
}
