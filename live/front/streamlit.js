// @ts-check
// What the page asks of Streamlit, which takes these messages from the page itself; see
// server/address.py. The player needs no connection; the pages around it do.

const APP = "[data-test-connection-state]"; // where Streamlit says whether its server answers
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
  history.pushState({}, "", href);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** Keeps the connection of the pages around the player, and their dialog about it closed. */
export class Streamlit {
  #linked = true;
  #moved = false; // whether the learner went to another page without a connection
  #patience = BEAT;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubt;
  #left = new AbortController();
  #changed = new MutationObserver((changes) => this.#look(changes));

  /** @param {HTMLElement} root of the player */
  constructor(root) {
    this.root = root;
    const app = document.querySelector(APP);
    const attributeFilter = ["data-test-connection-state", "data-test-script-state"];
    if (app) this.#changed.observe(app, { attributeFilter });
    this.#changed.observe(document.body, { childList: true });
    const options = { signal: this.#left.signal, capture: true };
    // After a sleep nobody may have told the browser that its connection is dead.
    window.addEventListener("online", () => this.#beat(), options);
    window.addEventListener("popstate", () => (this.#moved ||= !this.#linked), options);
    document.addEventListener("visibilitychange", () => document.hidden || this.#beat(), options);
    document.addEventListener("click", ({ target }) => this.#clicked(target), options);
  }

  /** @param {EventTarget | null} target */
  #clicked(target) {
    if (!(target instanceof Element) || !target.closest("a, button, label")) return;
    if (!this.root.contains(target) || target.closest("a")) this.#expect();
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
    const app = document.querySelector(APP);
    const answered = app?.getAttribute("data-test-script-state") !== "rerunRequested";
    if (answered && changes.some(({ type }) => type === "attributes")) {
      clearTimeout(this.#doubt);
      this.#doubt = undefined;
      this.#patience = BEAT;
    }
    const linked = app === null || app.getAttribute("data-test-connection-state") === "CONNECTED";
    // What the learner did meanwhile has not reached Streamlit's server.
    if (linked && !this.#linked && this.#moved) {
      this.#moved = false;
      queueMicrotask(() => window.dispatchEvent(new PopStateEvent("popstate")));
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
