// @ts-check
// What the page asks of Streamlit, which takes these messages from the page itself; see
// server/address.py. The player needs no connection; the pages around it do.

import { plain } from "./links.js";

const CONNECTION = "data-test-connection-state"; // where Streamlit says whether its server answers
const SCRIPT = "data-test-script-state"; // and that it does
const APP = `[${CONNECTION}]`;
const LATE = 2000; // ms until a click without any effect is noticed
const BEAT = 8000; // ms that a sign of life may take at first; a slow network is given ever more

/**
 * @param {string} type
 * @param {Record<string, unknown>} [more]
 */
function tell(type, more) {
  window.postMessage({ stCommVersion: 1, type, ...more }, location.origin);
}

/**
 * Go to another page of the app without loading the document anew.
 *
 * @param {string} href
 */
export function visit(href) {
  if (href !== location.href) history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Keeps the connection of the pages around the player, and their dialog about it closed. */
export class Streamlit {
  #linked = true;
  /** @type {string | null} */
  #wanted = null; // the page that Streamlit was asked for in vain: "" is that of the address bar
  #patience = BEAT;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubt;
  #left = new AbortController();
  #changed = new MutationObserver((changes) => this.#look(changes));

  /** @param {HTMLElement} root of the player */
  constructor(root) {
    this.root = root;
    const app = document.querySelector(APP);
    if (app) this.#changed.observe(app, { attributeFilter: [CONNECTION, SCRIPT] });
    this.#changed.observe(document.body, { childList: true });
    const options = { signal: this.#left.signal, capture: true };
    // After a sleep nobody may have told the browser that its connection is dead.
    window.addEventListener("online", () => this.#beat(), options);
    window.addEventListener("popstate", () => (this.#wanted = ""), options);
    document.addEventListener("visibilitychange", () => document.hidden || this.#beat(), options);
    document.addEventListener("click", (event) => this.#clicked(event), options);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target } = event;
    if (!(target instanceof Element) || !target.closest("a, button, label")) return;
    const link = target.closest("a");
    if (link || !this.root.contains(target)) this.#expect();
    // Streamlit's own links; those of the player go by the address bar.
    if (!link || this.root.contains(link) || !plain(event)) return;
    if (link.origin === location.origin && link.pathname !== location.pathname) this.#wanted = link.href;
  }

  // A connection may be dead though nobody has closed it. Streamlit is then asked for a sign of
  // life of its server; without one it connects anew.
  #expect() {
    this.#doubt ??= setTimeout(() => {
      this.#doubt = undefined;
      this.#beat();
      this.#patience *= 2;
    }, LATE);
  }

  #beat() {
    if (this.#linked) tell("SEND_APP_HEARTBEAT", { ackTimeoutMilliseconds: this.#patience });
  }

  /** @param {MutationRecord[]} changes */
  #look(changes) {
    if (changes.some(({ type }) => type === "attributes")) {
      clearTimeout(this.#doubt);
      this.#doubt = undefined;
      this.#patience = BEAT;
    }
    if (changes.some(({ attributeName }) => attributeName === SCRIPT)) this.#wanted = null;
    const app = document.querySelector(APP);
    const linked = app === null || app.getAttribute(CONNECTION) === "CONNECTED";
    if (linked && !this.#linked && this.#wanted !== null) {
      const href = this.#wanted || location.href;
      queueMicrotask(() => visit(href));
    }
    this.#linked = linked;
    if (!linked && document.querySelector("[data-testid=stDialog]")) tell("CLOSE_MODAL");
  }

  leave() {
    this.#changed.disconnect();
    this.#left.abort();
    clearTimeout(this.#doubt);
  }
}
