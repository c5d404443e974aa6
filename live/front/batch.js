// @ts-check
// The page of numbers that somebody brings: what is entered, and what became of it.

import { Asking, fatal } from "./batchask.js";
import { Form } from "./batchform.js";
import { kept } from "./batchkept.js";
import { Results } from "./batchresults.js";
import { Running } from "./batchrunning.js";
import { Take } from "./batchtake.js";
import { make } from "./dom.js";
import { paged } from "./page.js";
import { colours } from "./plot.js";
import { settings } from "./query.js";
import { Streamlit, visit } from "./streamlit.js";
import { know } from "./terms.js";

/** @import {State} from "./batchform.js" */
/** @import {Frame} from "./batchtypes.js" */

const STYLES = ["scale.css", "live.css", "led.css", "batch.css"];

/** @type {State | null} */
let last = null; // what stood here when the page was left

class Batch {
  #left = new AbortController();
  #ink = "";

  /**
   * @param {HTMLElement} root
   * @param {any} data
   */
  constructor(root, data) {
    const { base, version, words, given, plotly, terms, formulas } = data;
    this.root = root;
    const url = `${base}/batch?v=${version}`;
    this.streamlit = new Streamlit(root);
    know(terms, formulas, words.close);
    this.form = new Form(words, given, (now) => this.#changed(now));
    this.take = new Take(words, url, (as) => this.#body(as));
    this.results = new Results({ words, given, base, plotly, go: visit }, this.take.node);
    this.running = new Running(words, () => this.asking.stop());
    this.asking = new Asking(url, (where, options) => fetch(where, options), {
      body: () => (this.form.empty ? null : this.#body("")),
      nothing: () => {
        this.form.clear();
        this.running.clear();
        this.results.empty();
      },
      begins: () => {
        this.form.clear();
        this.running.begin();
      },
      frame: (frame) => this.#frame(frame),
      away: (away) => this.running.away(away),
      refused: (status) => this.running.refused(status),
      broken: (times) => this.running.broken(times),
      ends: () => {
        this.running.end();
        this.results.rest();
      },
    });
    root.classList.add("ce-page");
    const out = make("div", { class: "ce-out" }, this.running.node, this.results.node);
    root.replaceChildren(make("div", { class: "ce-batch" }, this.form.node, out, this.form.foot));
    this.#ink = colours(root);
    this.#listen();
    this.form.set(last ?? { entered: kept(), files: [null, null] });
    this.form.keep();
    this.#changed(true);
  }

  #listen() {
    const { signal } = this.#left;
    this.form.node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#changed(true);
    });
    window.addEventListener(
      "dragover",
      (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        this.root.classList.add("ce-over-page");
      },
      { signal },
    );
    window.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || this.root.classList.remove("ce-over-page"), { signal });
    window.addEventListener(
      "drop",
      (event) => {
        const file = event.dataTransfer?.files[0];
        this.root.classList.remove("ce-over-page");
        if (!file) return;
        event.preventDefault();
        const { targets, numbers } = this.form;
        const at = event.target instanceof Node && this.form.apart.contains(event.target);
        (at ? targets : numbers).take(file);
      },
      { signal },
    );
  }

  /** @param {string} as */
  #body(as) {
    return this.form.body(new URLSearchParams(settings(location.search)).get("lang") ?? "", as);
  }

  /** @param {boolean} now whether no further change is to be waited for */
  #changed(now) {
    this.running.change();
    if (now) this.asking.now();
    else this.asking.soon();
  }

  /** @param {Frame} frame */
  #frame({ head, columns }) {
    const { form, running, results } = this;
    if (head.kind === "read") form.read(head);
    else if (head.kind === "progress") running.progress(head.done, head.of);
    else if (head.kind === "result") {
      results.result(head, columns);
      running.result(head.done, head.of);
    } else if (head.kind === "report") {
      form.unread();
      running.clear();
      results.tell(head);
    } else {
      if (fatal(head)) running.failed();
      form.fault(head);
    }
  }

  /** The theme may have changed. */
  update() {
    if (this.#ink === getComputedStyle(this.root).color) return;
    this.#ink = colours(this.root);
    this.results.draw();
  }

  leave() {
    last = this.form.state;
    this.#left.abort();
    this.asking.leave();
    this.take.leave();
    this.results.leave();
    this.streamlit.leave();
  }
}

/**
 * @param {{root: HTMLElement, data: any}} component
 */
export const show = ({ root, data }) => paged(data, STYLES, (now) => new Batch(root, now));
