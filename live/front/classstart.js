// @ts-check
// Starting a class: the server makes a room, and whoever has asked for it leads there.

import { bare, played } from "./classask.js";
import { make, write } from "./dom.js";
import { address } from "./links.js";

/** What is said of a class that was not started, by the status of HTTP. */
const WHY = new Map([[400, "long"], [404, "none"], [413, "long"], [429, "often"], [503, "none"]]);

/**
 * A button that starts a class, and what is said where it cannot.
 *
 * @param {string} base
 * @param {Record<string, string>} words
 * @param {() => {page: string, link: string}} where it starts; the link may hold a prepared lesson
 * @param {(href: string) => void} visit
 * @param {HTMLElement} said
 */
export function starter(base, words, where, visit, said) {
  const button = make("button", { type: "button", text: words.class_start });
  button.addEventListener("click", async () => {
    const { page, link } = where();
    button.disabled = true;
    write(said, "");
    try {
      const body = JSON.stringify({ page, link: bare(link), lesson: played(link) });
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`${base}/room`, { method: "POST", headers, body });
      if (!response.ok) {
        write(said, words[`class_start_${WHY.get(response.status) ?? "away"}`]);
        return;
      }
      const { room, secret } = await response.json();
      visit(`${location.origin}${address(base, "class", `room=${room}`)}#lead=${secret}`);
    } catch {
      write(said, words.class_start_away);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
