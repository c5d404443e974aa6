// @ts-check
// Panels of which one is seen; arrow keys go from tab to tab.

import { make } from "./dom.js";

let count = 0;

export class Tabs {
  /** @type {{tab: HTMLButtonElement, panel: HTMLElement}[]} */
  #all = [];
  row = make("div", { class: "ce-tabs", role: "tablist" });
  node = make("div", { class: "ce-panels" }, this.row);

  constructor() {
    this.row.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const now = this.#all.findIndex(({ tab }) => tab === document.activeElement);
      const next = this.#all[(now + step + this.#all.length) % this.#all.length];
      this.open(this.#all.indexOf(next));
      next.tab.focus();
    });
  }

  /**
   * @param {string} title
   * @param {Node[]} content
   * @param {boolean} [first] whether it stands before the others
   */
  add(title, content, first = false) {
    const id = `ce-tab-${(count += 1)}`;
    const tab = make("button", {
      type: "button",
      role: "tab",
      id,
      "aria-controls": `${id}-panel`,
      text: title,
      "data-focus": `tab-${title}`,
    });
    const panel = make("div", { role: "tabpanel", id: `${id}-panel`, "aria-labelledby": id, tabindex: "0", class: "ce-panel-of" }, ...content);
    const entry = { tab, panel };
    if (first) this.#all.unshift(entry);
    else this.#all.push(entry);
    tab.addEventListener("click", () => this.open(this.#all.indexOf(entry)));
    this.row[first ? "prepend" : "append"](tab);
    this.node.append(panel);
    this.open(0);
  }

  /** The title of the one that is seen. */
  get title() {
    return this.#all.find(({ panel }) => !panel.hidden)?.tab.textContent ?? "";
  }

  /** @param {string} title to be seen, where there is one of this title */
  show(title) {
    const found = this.#all.findIndex(({ tab }) => tab.textContent === title);
    if (found >= 0) this.open(found);
  }

  /** @param {number} chosen */
  open(chosen) {
    this.#all.forEach(({ tab, panel }, i) => {
      tab.setAttribute("aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
      panel.hidden = i !== chosen;
    });
    this.node.dispatchEvent(new Event("ce-tab", { bubbles: true }));
  }
}
