// @ts-check
// What the class said takes the room of the picture when it is shown, and gives it back for the
// answer; a button changes between both.

import { results } from "./classresults.js";
import { make, write } from "./dom.js";

/** @import {Told} from "./classresults.js" */

export class Votes {
  #drawn = ""; // what the results that stand there are of
  #seen = false; // whether they are seen, and not the picture
  /** @type {HTMLElement | null} */
  #node = null;
  /** @type {Element | null} */
  #root = null;

  /** @param {Record<string, string>} words */
  constructor(words) {
    this.words = words;
    this.button = make("button", { type: "button", class: "ce-votes", hidden: true });
    this.button.addEventListener("click", () => {
      this.#seen = !this.#seen;
      this.#put();
    });
  }

  /**
   * @param {Element} root of the page at which the class is
   * @param {Told | null} told
   */
  render(root, told) {
    const drawn = JSON.stringify(told);
    if (drawn === this.#drawn && root === this.#root) return;
    this.#drawn = drawn;
    this.#root = root;
    this.#node?.remove();
    this.#node = told && results(told, this.words);
    this.#seen = told !== null && !told.answered;
    if (this.#node) root.append(this.#node);
    this.#put();
  }

  #put() {
    const { look_picture: picture, look_votes: votes } = this.words;
    const seen = this.#seen && this.#node !== null;
    this.#root?.classList.toggle("ce-with-votes", seen);
    if (this.#node) this.#node.hidden = !seen;
    this.button.hidden = this.#node === null;
    write(this.button, seen ? picture : votes);
  }
}
