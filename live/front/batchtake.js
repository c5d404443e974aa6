// @ts-check
// What can be taken along: files that the server makes of the same numbers.

import { make, write } from "./dom.js";
import { save } from "./download.js";
import { get } from "./fetching.js";
import { say } from "./sentences.js";

const KINDS = /** @type {const} */ ({ csv: "results.csv", npy: "results.npy", py: "your_numbers.py", ipynb: "your_numbers.ipynb" });

export class Take {
  #left = new AbortController();

  /**
   * @param {Record<string, string>} words
   * @param {string} url
   * @param {(as: string) => Blob} body
   */
  constructor(words, url, body) {
    this.words = words;
    this.url = url;
    this.body = body;
    this.said = make("p", { class: "ce-hint", role: "status" });
    const buttons = Object.entries(KINDS).map(([as, name]) => {
      const button = make("button", { type: "button", text: words[`take_${as}`] });
      button.addEventListener("click", () => void this.#take(as, name, button));
      return button;
    });
    this.node = make(
      "section",
      { class: "ce-take" },
      make("p", { class: "ce-hint", text: words.take_hint }),
      make("div", { class: "ce-tools" }, ...buttons),
      this.said,
    );
  }

  /**
   * @param {string} as
   * @param {string} name
   * @param {HTMLButtonElement} button
   */
  async #take(as, name, button) {
    const { signal } = this.#left;
    const tell = (/** @type {string} */ text) => write(this.said, say(text, ["name", name]));
    tell(this.words.taking);
    button.disabled = true;
    try {
      const options = { method: "POST", body: this.body(as), signal };
      save(await get(fetch, this.url, options, (response) => response.blob()), name);
      tell(this.words.taken);
    } catch {
      tell(this.words.not_taken);
    }
    button.disabled = false;
  }

  leave() {
    this.#left.abort();
  }
}
