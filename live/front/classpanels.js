// @ts-check
// What opens above a class: the way in, to be projected, and the question whether it is to end.

import { copier } from "./copying.js";
import { modal } from "./dialog.js";
import { make } from "./dom.js";
import { address } from "./links.js";
import { say } from "./sentences.js";

/** The room's code, link and QR code, as large as the window. */
export class CodePanel {
  /**
   * @param {any} data
   * @param {string} code
   */
  constructor({ base, version, words, player }, code) {
    const link = location.origin + address(base, "class", `room=${code}`);
    const [page] = Object.keys(player.steps);
    const text = encodeURIComponent(link);
    this.button = make("button", { type: "button", "aria-haspopup": "dialog", text: words.show_code });
    const image = make("img", { alt: words.qr });
    const field = make("textarea", { readonly: true, rows: 2, "aria-label": words.link, spellcheck: "false" });
    field.value = link;
    const copy = copier(player.words, () => field.select(), () => field.value);
    copy.autofocus = true;
    const close = make("button", { type: "button", text: player.words.close });
    this.dialog = modal(
      { class: "ce-sharing", "aria-label": words.show_code },
      close,
      image,
      make(
        "div",
        {},
        make("p", { text: say(words.join_how, ["address", location.host + address(base, "class", "")]) }),
        make("strong", { class: "ce-large-code", text: code }),
        field,
        copy,
        close,
      ),
    );
    this.button.addEventListener("click", () => {
      image.src = `${base}/answer/${page}/qr?v=${version}&text=${text}`;
      this.dialog.showModal();
    });
  }
}

/**
 * Ask whether the class is to end, for then its answers are gone.
 *
 * @param {HTMLElement} parent
 * @param {Record<string, string>} words
 * @param {() => void} end
 */
export function confirmed(parent, words, end) {
  const no = make("button", { type: "button", text: words.end_no });
  const yes = make("button", { type: "button", class: "ce-next", text: words.end_yes });
  const ways = make("div", { class: "ce-ways" }, no, yes);
  const dialog = modal({ class: "ce-ending", "aria-label": words.end }, no, make("p", { text: words.end_text }), ways);
  no.autofocus = true;
  yes.addEventListener("click", () => {
    dialog.close();
    end();
  });
  dialog.addEventListener("close", () => dialog.remove());
  parent.append(dialog);
  dialog.showModal();
}
