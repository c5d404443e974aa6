// @ts-check
// How far the work is, a way to stop it, and what the results stand for meanwhile.

import { count } from "./batchtext.js";
import { make, write } from "./dom.js";
import { say } from "./sentences.js";

const LONG = 400; // ms after which the work is seen

export class Running {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0; // which question is the last: with each change there is another
  #shown = 0; // of which question the results are that stand here; 0 where none do
  #done = 0; // rows that these are of
  #of = 0;
  #slow = false; // whether the last question takes long, or has failed
  #note = "";

  /**
   * @param {Record<string, string>} words
   * @param {() => void} stop
   */
  constructor(words, stop) {
    this.words = words;
    this.bar = make("div", { class: "ce-bar-of", role: "progressbar", "aria-label": words.reading, "aria-valuemin": "0" }, make("i"));
    this.rows = make("span");
    const button = make("button", { type: "button", text: words.stop });
    button.addEventListener("click", () => {
      stop();
      this.#stopped();
    });
    this.work = make("div", { class: "ce-work", hidden: true }, this.bar, this.rows, button);
    this.said = make("p", { class: "ce-told", role: "status" });
    this.node = make("div", { class: "ce-running" }, this.work, this.said);
  }

  /** The numbers have changed. */
  change() {
    this.#asked += 1;
    this.#tell("");
  }

  begin() {
    clearTimeout(this.#timer);
    this.#of = 0;
    this.bar.removeAttribute("aria-valuenow");
    this.bar.style.removeProperty("--done");
    write(this.rows, this.words.reading);
    this.#timer = setTimeout(() => {
      this.work.hidden = false;
      this.#slow = true;
      this.#tell(this.#note);
    }, LONG);
  }

  /**
   * @param {number} done
   * @param {number} of
   */
  progress(done, of) {
    this.#of = of;
    this.bar.setAttribute("aria-valuemax", String(of));
    this.bar.setAttribute("aria-valuenow", String(done));
    this.bar.style.setProperty("--done", String(of ? done / of : 0));
    write(this.rows, this.#rows(this.words.rows_done, done));
  }

  /**
   * Results stand here: those of the last question, as no answer to one before is read on.
   *
   * @param {number} done
   * @param {number} of
   */
  result(done, of) {
    this.#shown = this.#asked;
    this.#done = done;
    this.#slow = false;
    this.progress(done, of);
    this.#tell("");
  }

  /** Something else than results stands here. */
  clear() {
    this.#shown = 0;
    this.#slow = false;
    this.end();
    this.#tell("");
  }

  /** The numbers cannot be read. */
  failed() {
    this.#slow = true;
    this.#tell("");
  }

  /** @param {boolean} away whether the server was not reached */
  away(away) {
    this.#tell(away ? this.words.away : "");
  }

  /** @param {string} status */
  refused(status) {
    this.#tell(say(this.words.refused, ["status", status]));
  }

  /** @param {number} times */
  broken(times) {
    this.#tell(say(this.words.broken, ["times", String(times)]));
  }

  end() {
    clearTimeout(this.#timer);
    this.work.hidden = true;
  }

  #stopped() {
    const { stopped, stopped_early: early } = this.words;
    this.#slow = true;
    this.#tell(this.#shown === this.#asked ? this.#rows(stopped, this.#done) : early);
  }

  /**
   * @param {string} words
   * @param {number} done
   */
  #rows(words, done) {
    return say(words, ["done", count(done)], ["of", count(this.#of)]);
  }

  /** @param {string} note */
  #tell(note) {
    this.#note = note;
    const earlier = this.#shown > 0 && this.#shown !== this.#asked;
    const old = earlier && (this.#slow || note !== "");
    write(this.said, [note, old ? this.words.earlier : ""].filter(Boolean).join(" "));
    this.node.parentElement?.classList.toggle("ce-stale", old);
  }
}
