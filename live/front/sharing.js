// @ts-check
// A link to what is on the screen, and its QR code, large enough for the back row.

import { starter } from "./classstart.js";
import { copier } from "./copying.js";
import { modal } from "./dialog.js";
import { make, write } from "./dom.js";
import { address } from "./links.js";
import { say } from "./sentences.js";
import { take } from "./teachkept.js";

/** @import {Place} from "./place.js" */
/** @import {Data} from "./types.js" */

export const LONGEST = 900; // characters of a link that the server draws (server/codes.py)

export class Sharing {
  #link = "";
  #waits = false; // whether something that was set is not in the link yet
  #drawn = true; // whether there is a code of the link
  /** @type {HTMLElement[]} */
  #taken = []; // what is said of the step that was taken into a lesson
  #query = "";

  /**
   * @param {Data} data
   * @param {Pick<Place, "location" | "visit">} place
   * @param {() => void} opens what plays is to stop
   */
  constructor({ base, page, version, steps, words }, place, opens) {
    this.words = words;
    this.steps = steps;
    this.what = steps ? words.share_step : words.share_page;
    this.address = location.origin + place.location.pathname;
    this.codes = `${base}/answer/${encodeURIComponent(page)}/qr?v=${version}&text=`;
    this.button = make("button", { type: "button", "aria-haspopup": "dialog", text: words.share });
    this.image = make("img", { alt: words.share_code });
    this.field = make("textarea", { readonly: true, rows: 3, "aria-label": words.share_link, spellcheck: "false" });
    const copy = copier(words, () => this.field.select(), () => this.field.value);
    copy.autofocus = true;
    this.take = make("button", { type: "button", text: words.take, hidden: true });
    this.take.addEventListener("click", () => {
      const count = take({ page, link: this.#query });
      const link = make("a", { href: `${address(base, "teach", "")}#prepare`, text: words.take_open });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        place.visit(link.href);
      });
      this.#taken = [make("span", { text: `${say(words.taken, ["n", String(count)])} ` }), link];
      this.#say();
    });
    this.said = make("p", { role: "status" });
    this.start = starter(base, words, () => ({ page, link: this.#query }), (href) => place.visit(href), this.said);
    const close = make("button", { type: "button", text: words.close });
    this.dialog = modal(
      { class: "ce-sharing", "aria-label": words.share },
      close,
      this.image,
      make("div", {}, this.said, this.field, copy, this.take, this.start, close),
    );
    this.image.addEventListener("load", () => this.#draws(true));
    this.image.addEventListener("error", () => this.#draws(false));
    this.button.addEventListener("click", () => {
      opens();
      this.#taken = [];
      this.#draw();
      this.dialog.showModal();
    });
  }

  /**
   * @param {string} query what the link holds
   * @param {boolean} waits
   */
  update(query, waits) {
    const link = query ? `${this.address}?${query}` : this.address;
    const other = link !== this.#link;
    this.#link = link;
    this.#waits = waits;
    this.#query = query;
    this.take.hidden = !this.steps || waits || query.includes("lesson=");
    this.start.hidden = !this.steps || waits;
    if (other) this.#taken = [];
    if (other && this.dialog.open) this.#draw();
    this.#say();
  }

  #draw() {
    const short = this.#link.length <= LONGEST;
    this.field.value = this.#link;
    this.#drawn = short;
    this.image.hidden = !short;
    if (short) this.image.src = this.codes + encodeURIComponent(this.#link);
    this.#say();
  }

  /** @param {boolean} drawn */
  #draws(drawn) {
    this.#drawn = drawn;
    this.image.hidden = !drawn;
    this.#say();
  }

  #say() {
    const { share_waits: waits, share_no_code: none } = this.words;
    const lacks = [...(this.#waits ? [waits] : []), ...(this.#drawn ? [] : [none])];
    const [told] = this.#taken;
    if (!told) write(this.said, lacks.join(" ") || this.what);
    else if (!this.said.contains(told)) this.said.replaceChildren(...this.#taken);
  }
}
