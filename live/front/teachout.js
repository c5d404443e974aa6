// @ts-check
// What becomes of a lesson that is prepared: its link and code, a file, and what of it is left out.

import { starter } from "./classstart.js";
import { copier } from "./copying.js";
import { make, write } from "./dom.js";
import { save } from "./download.js";
import { get } from "./fetching.js";
import { address, leads } from "./links.js";
import { say } from "./sentences.js";
import { LONGEST } from "./sharing.js";
import { pack, sent } from "./teachlesson.js";

/** @import {Prepared} from "./teachlesson.js" */

const REST = 300; // ms after the last key until the link is made

export class Out {
  #asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;
  /** @type {Prepared} */
  #lesson = { title: "", steps: [] };

  /**
   * @param {{base: string, version: string, words: Record<string, string>, given: any}} data
   * @param {(href: string) => void} visit
   */
  constructor({ base, version, words, given }, visit) {
    this.words = words;
    this.longest = given.longest;
    this.base = base;
    this.answers = `${base}/answer/${given.first}`;
    this.version = `v=${version}`;
    this.field = make("textarea", { readonly: true, rows: 3, "aria-label": words.link, spellcheck: "false" });
    this.image = make("img", { alt: words.code, hidden: true });
    this.image.addEventListener("load", () => (this.image.hidden = false));
    this.image.addEventListener("error", () => (this.image.hidden = true));
    this.length = make("p", { class: "ce-hint" });
    this.faults = make("div", { role: "status" });
    this.play = leads(make("a", { class: "ce-play-it", text: words.play }), visit);
    const copy = copier(given, () => this.field.select(), () => this.field.value);
    const file = make("button", { type: "button", text: words.save });
    file.addEventListener("click", () => {
      save(new Blob([JSON.stringify(sent(this.#lesson), null, 2)], { type: "application/json" }), "lesson.json");
    });
    const begun = make("p", { role: "status" });
    const lesson = () => ({ page: this.#lesson.steps[0].page, link: `at=1&${new URL(this.play.href).search.slice(1)}` });
    this.way = make("div", { class: "ce-tools" }, this.play, copy, file, starter(base, words, lesson, visit, begun), begun);
    this.node = make(
      "section",
      { class: "ce-lesson-out", "aria-label": words.out },
      this.faults,
      make("h3", { text: words.out }),
      this.way,
      this.field,
      this.length,
      this.image,
    );
  }

  /**
   * Ask what of a lesson the lab reads; what it does not read is told.
   *
   * @param {string} packed
   * @param {AbortSignal} signal
   * @returns {Promise<{lesson: Prepared | null, notices: string[]}>}
   */
  read(packed, signal) {
    const url = `${this.answers}/lesson?${this.version}&lesson=${encodeURIComponent(packed)}`;
    return get(fetch, url, { signal }, (response) => response.json());
  }

  /** @param {Prepared} lesson */
  update(lesson) {
    this.#lesson = lesson;
    this.#asking.abort();
    this.#asking = new AbortController();
    clearTimeout(this.#soon);
    this.node.hidden = lesson.steps.length === 0;
    this.node.setAttribute("aria-busy", String(!this.node.hidden)); // the link is that of before
    if (lesson.steps.length) this.#soon = setTimeout(() => void this.#make(this.#asking.signal), REST);
    else this.tell([]);
  }

  /** @param {AbortSignal} signal */
  async #make(signal) {
    const { words, longest } = this;
    const packed = await pack(sent(this.#lesson));
    const sizes = /** @type {[string, string][]} */ ([["length", String(packed.length)], ["longest", String(longest)]]);
    if (signal.aborted) return;
    const fits = packed.length <= longest;
    write(this.length, fits ? say(words.length, ...sizes) : "");
    this.#show(fits ? packed : "");
    if (!fits) {
      this.tell([say(words.too_long, ...sizes)]);
      return;
    }
    try {
      const { notices } = await this.read(packed, signal);
      this.tell(notices.length ? [words.wrong, ...notices] : []);
    } catch {
      if (!signal.aborted) this.tell([words.away]);
    }
  }

  /** @param {string} packed */
  #show(packed) {
    const [{ page }] = this.#lesson.steps;
    this.node.setAttribute("aria-busy", "false");
    const link = location.origin + address(this.base, page, `lesson=${packed}`);
    this.way.hidden = this.field.hidden = !packed;
    this.field.value = link;
    this.play.href = link;
    const short = packed !== "" && link.length <= LONGEST;
    if (short) this.image.src = `${this.answers}/qr?${this.version}&text=${encodeURIComponent(link)}`;
    else {
      this.image.hidden = true;
      if (packed) this.length.append(` ${this.words.no_code}`);
    }
  }

  /** @param {string[]} lines */
  tell(lines) {
    const text = lines.join("\n");
    if (this.faults.textContent !== text) this.faults.replaceChildren(...lines.map((text) => make("p", { class: "ce-fault", text })));
  }

  leave() {
    this.#asking.abort();
    clearTimeout(this.#soon);
  }
}
