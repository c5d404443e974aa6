// @ts-check
// Links to other pages, which carry the learner's numbers along.

import { make } from "./dom.js";

const FIRST = "start"; // of pages/main.py; Streamlit gives its first page no path

/**
 * @param {string} base
 * @param {string} page
 * @param {string} link the settings, as a query
 */
export function address(base, page, link) {
  return `${base}/${page === FIRST ? "" : encodeURIComponent(page)}${link ? `?${link}` : ""}`;
}

/**
 * The page of an address.
 *
 * @param {string} base
 * @param {string} pathname
 */
export const pageOf = (base, pathname) => decodeURIComponent(pathname.slice(base.length + 1)) || FIRST;

/**
 * Whether a click follows a link here, and not in another tab or window.
 *
 * @param {Pick<MouseEvent, "button" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey" | "defaultPrevented">} event
 */
export function plain(event) {
  const keys = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  return event.button === 0 && !keys && !event.defaultPrevented;
}

/**
 * Let a link lead to its page without loading the document anew.
 *
 * @param {HTMLAnchorElement} node
 * @param {(href: string) => void} go
 */
export function leads(node, go) {
  node.addEventListener("click", (event) => {
    if (!plain(event)) return;
    event.preventDefault();
    go(node.href);
  });
  return node;
}

export class Links {
  /** @type {Map<HTMLAnchorElement, string>} */
  #pages = new Map();
  #link = "";

  /**
   * @param {string} base
   * @param {(href: string) => void} go
   */
  constructor(base, go) {
    this.base = base;
    this.go = go;
  }

  /**
   * @param {string} page
   * @param {string} name the class of the element
   * @param {(Node | string)[]} children
   */
  make(page, name, ...children) {
    const node = make("a", { class: name, href: address(this.base, page, this.#link) }, ...children);
    this.#pages.set(node, page);
    return leads(node, this.go);
  }

  /** Forget the links of before. */
  clear() {
    this.#pages.clear();
  }

  /** @param {string} link */
  update(link) {
    this.#link = link;
    for (const [node, page] of this.#pages) node.href = address(this.base, page, link);
  }
}
