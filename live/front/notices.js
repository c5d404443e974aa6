// @ts-check
// What there is to say: what was refused, and that the server is away or late.

import { make, write } from "./dom.js";

/** @import {Words} from "./types.js" */

export class Notices {
  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    // In the page before it says anything: what comes with its text is not read aloud everywhere.
    this.alerts = make("div", { class: "ce-notices", role: "alert" });
    this.line = make("p", { class: "ce-notice ce-offline", role: "status" });
  }

  /**
   * Say this until the next answer, or until it is closed.
   *
   * @param {string[]} lines
   */
  say(lines) {
    const close = make("button", { type: "button", text: this.words.close });
    close.addEventListener("click", () => this.alerts.replaceChildren());
    const said = make("div", {}, ...lines.map((text) => make("p", { text })));
    // What is refused twice in the same words is read aloud twice.
    this.alerts.replaceChildren(...(lines.length ? [said, close] : []));
  }

  /** @param {{away: boolean, late: boolean, left: boolean}} state `left`: a picture leaves something out */
  state({ away, late, left }) {
    const { offline, late: missed, waits } = this.words;
    const lead = away ? offline : late ? missed : "";
    write(this.line, [lead, lead && left ? waits : ""].filter(Boolean).join(" "));
  }
}
