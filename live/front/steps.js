// @ts-check
// The steps of a page: their list above the picture, and below it what is said and what to do.

import { make, write } from "./dom.js";
import { numberLine, told } from "./guess.js";
import { listen } from "./keys.js";
import { shownPart } from "./path.js";
import { say } from "./sentences.js";
import { plainly, shut, termed } from "./terms.js";

/** @import {Path} from "./path.js" */
/** @import {Answer, Question, Shown, Words} from "./types.js" */

const MUCH = 120; // letters of a task, from which on it is written smaller
const LONG = 30; // letters of an answer, from which on answers stand two by two

/**
 * @typedef {object} Page what the steps ask of the page
 * @property {Path} path
 * @property {(at: number) => void} go
 * @property {(readout: string) => Shown | null} card what a card shows
 * @property {(question: Question) => void} reveal show what the answer opens
 * @property {() => void} changed what is locked or done
 */

export class Steps {
  printed = make("p", { class: "ce-printed" }); // what has given way to what is said and done
  #list = make("ol");
  #title = make("h1");
  #text = make("p", { class: "ce-text" });
  /** @type {HTMLElement | null} */
  #live = null; // the sentence of the picture
  #task = make("p", { class: "ce-task" });
  #count = make("p", { class: "ce-count" });
  #options = make("div", { class: "ce-answers", role: "group" });
  #status = make("p", { class: "ce-hidden", role: "status" });
  #shown = ""; // the step and the state whose elements stand
  /** @type {HTMLElement | null} */
  #picture = null;
  #left = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {Words} words
   * @param {Page} page
   */
  constructor(root, words, page) {
    this.root = root;
    this.words = words;
    this.page = page;
    this.path = page.path;
    const { back, next, lecture } = words;
    this.back = make("button", { type: "button", class: "ce-back", text: back, "data-focus": "back" });
    this.next = make("button", { type: "button", class: "ce-next", text: next, "data-focus": "next" });
    this.back.addEventListener("click", () => this.#by(-1));
    this.next.addEventListener("click", () => this.#by(1));
    this.lecture = make("button", { type: "button", class: "ce-lecture", text: lecture });
    this.lecture.addEventListener("click", () => this.#lecture(!lecturing()));
    this.head = make(
      "div",
      { class: "ce-head" },
      this.#title,
      make("nav", { class: "ce-path", "aria-label": words.steps }, this.#list),
      this.lecture,
      this.printed,
    );
    const goal = make("i", { class: "ce-goal", "aria-hidden": "true" });
    this.said = make("div", { class: "ce-sentence", "data-part": "sentence" }, this.#text);
    this.bar = make(
      "section",
      { class: "ce-step", tabindex: "-1" },
      goal,
      make("div", { class: "ce-do" }, this.#task, this.#options),
      this.#count,
      make("div", { class: "ce-ways" }, this.back, this.next),
      this.#status,
    );
    listen(root, (by) => this.path.steps.length && this.#by(by), this.#left.signal);
    root.addEventListener("ce-tab", () => this.render(), { signal: this.#left.signal });
    this.#lecture(lecturing());
  }

  // ---------------------------------------------------------------- what the learner does

  /** @param {number} by */
  #by(by) {
    const { at, steps } = this.path;
    const to = Math.min(Math.max(at + by, 1), steps.length);
    if (to !== at) this.page.go(to);
  }

  /** @param {number} option */
  #choose(option) {
    const { path } = this;
    const { question } = path;
    const answers = path.choose(option);
    this.#answered();
    if (answers && question && question.kind !== "number") this.page.reveal(question);
  }

  /** @param {number} value */
  #guess(value) {
    const { path, page, words } = this;
    const { question } = path;
    const card = question?.kind === "number" ? page.card(question.of) : null;
    if (!card) return;
    path.guess(value, told(value, card, words));
    this.#answered();
  }

  #answered() {
    this.#shown = "";
    this.render();
    this.page.changed();
    if (!this.path.judges) {
      /** @type {HTMLElement | null} */ (this.#options.querySelector('[aria-pressed="true"], input'))?.focus();
      return;
    }
    // The eye goes to what is said, and so does the focus.
    this.#text.tabIndex = -1;
    this.#text.focus({ preventScroll: true });
  }

  /** @param {boolean} on */
  #lecture(on) {
    document.documentElement.classList.toggle("ce-lecturing", on);
    this.lecture.setAttribute("aria-pressed", String(on));
    if (on === lecturing()) return;
    const address = new URL(location.href);
    if (on) address.searchParams.set("lecture", "1");
    else address.searchParams.delete("lecture");
    history.replaceState(history.state, "", address);
  }

  // ---------------------------------------------------------------- what an answer brings

  /**
   * @param {Answer} answer
   * @param {HTMLElement} picture
   * @param {HTMLElement | null} live the sentence of the picture
   */
  update({ head, layout }, picture, live) {
    const before = this.path.at;
    this.#picture = picture;
    if (live !== this.#live) {
      this.#live = live;
      this.said.replaceChildren(this.#text, ...(live ? [live] : []));
    }
    this.path.update(layout.steps, head.at ?? 0, head.question ?? null);
    if (before !== this.path.at) shut();
    write(this.#title, layout.title);
    this.render();
  }

  /**
   * The picture stands elsewhere.
   *
   * @param {boolean} met whether the step's goal is met there
   * @param {boolean} held
   */
  see(met, held) {
    if (this.path.see(met, held)) {
      this.page.changed();
      write(this.#status, this.path.step?.done ?? "");
    }
    this.render();
  }

  letGo() {
    this.path.letGo();
  }

  render() {
    const { path } = this;
    const { step } = path;
    if (!step) return;
    const aside = this.#say() && step.page ? step.text : "";
    this.#cover();
    const done = path.steps.map(({ key }) => path.done.did(key));
    const { tries, drags, takes, judges } = path;
    const state = JSON.stringify([aside, path.at, done, tries, drags, takes, judges, path.question?.key, step]);
    if (state === this.#shown) return;
    this.#shown = state;
    this.#marks(done);
    this.bar.dataset.step = String(path.at);
    this.bar.dataset.stepKind = step.kind;
    this.bar.setAttribute("aria-label", step.title);
    this.bar.dataset.goal = path.reached ? "reached" : "open";
    const reached = step.kind === "reach" && path.reached && step.done;
    termed(this.#task, reached || [aside, step.task].filter(Boolean).join(" "));
    write(this.printed, plainly([step.text, ...(reached ? [step.task] : [])].join(" ")));
    this.bar.toggleAttribute("data-own", Boolean(step.page));
    for (const node of [this.#task, this.#text]) node.classList.toggle("ce-much", node.textContent.length > MUCH);
    const count = String(path.reached ? step.times : path.drags);
    const counted = say(this.words.tries, ["count", count], ["times", String(step.times)]);
    write(this.#count, step.times > 1 ? counted : "");
    this.#answers();
    this.back.disabled = path.at === 1;
    this.next.disabled = path.at === path.steps.length;
  }

  /**
   * What is said: of the answer, else of what the picture shows, else the text of the step.
   *
   * @returns {boolean} whether it is what the picture shows
   */
  #say() {
    const { path } = this;
    const { step } = path;
    const away = this.#picture?.querySelector(".ce-panel-of[hidden] > .ce-play") ?? null;
    const live = step?.kind === "predict" || away ? "" : (this.#live?.textContent ?? "");
    const text = path.reason || (live ? "" : (step?.text ?? ""));
    termed(this.#text, text);
    this.#text.hidden = !text;
    if (this.#live) this.#live.hidden = Boolean(text);
    this.said.dataset.right = path.reason ? String(path.answered) : "";
    return live !== "" && !text;
  }

  #cover() {
    const { covers, step } = this.path;
    const { shows = [], hides = [] } = step ?? {};
    /** @type {NodeListOf<HTMLElement | SVGElement>} */
    const parts = this.#picture?.querySelectorAll("[data-part]") ?? /** @type {any} */ ([]);
    for (const node of parts) {
      const { part = "" } = node.dataset;
      const off = !shownPart(part, shows) || (hides.length > 0 && shownPart(part, hides));
      node.toggleAttribute("data-off", off);
      node.toggleAttribute("data-covered", covers.includes(part));
    }
  }

  /** @param {boolean[]} done */
  #marks(done) {
    const { path } = this;
    while (this.#list.children.length > path.steps.length) this.#list.lastElementChild?.remove();
    path.steps.forEach(({ title }, i) => {
      const button = /** @type {HTMLElement} */ (this.#list.children[i]?.firstElementChild ?? this.#entry(i));
      write(button, title);
      button.toggleAttribute("data-done", done[i]);
      if (path.at === i + 1) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    // When all are there: a list cannot be scrolled to what has yet to come.
    const list = /** @type {HTMLElement} */ (this.#list.parentElement);
    const here = /** @type {HTMLElement} */ (this.#list.children[path.at - 1]?.firstElementChild);
    const [whole, part] = [list.getBoundingClientRect(), here.getBoundingClientRect()];
    list.scrollLeft += part.left - whole.left - (whole.width - part.width) / 2;
  }

  /** @param {number} i */
  #entry(i) {
    const button = make("button", { type: "button", "data-focus": `step-${i + 1}` });
    button.addEventListener("click", () => this.page.go(i + 1));
    this.#list.append(make("li", {}, button));
    return button;
  }

  #answers() {
    const { question, tries, locked, takes, judges, answered, step } = this.path;
    const asked = step?.kind === "predict" && question && (locked || question.kind !== "number") ? question : null;
    this.#options.hidden = !asked;
    if (!asked) {
      this.#options.replaceChildren();
      return;
    }
    this.#options.classList.toggle("ce-on-a-line", asked.kind === "number");
    this.#options.setAttribute("aria-label", plainly(asked.text));
    if (asked.kind === "number") {
      this.#options.classList.remove("ce-long");
      const line = numberLine(asked, this.words, (value) => this.#guess(value), tries.at(-1));
      line.inert = !takes;
      this.#options.replaceChildren(line);
      return;
    }
    this.#options.classList.toggle("ce-long", asked.options.some((text) => text.length > LONG));
    this.#options.replaceChildren(
      ...asked.options.map((text, i) => {
        const right = answered && i === asked.right;
        const wrong = judges && tries.includes(i) && i !== asked.right;
        const button = make("button", {
          type: "button",
          class: "ce-answer",
          "data-answer": right ? "right" : wrong ? "wrong" : "",
          "aria-pressed": String(tries.includes(i)),
          disabled: !takes || wrong,
          text,
        });
        button.addEventListener("click", () => this.#choose(i));
        return button;
      }),
    );
  }

  leave() {
    this.#left.abort();
    shut();
    document.documentElement.classList.remove("ce-lecturing");
  }
}

/** Whether the link asks for the large type of a lecture. */
function lecturing() {
  return new URLSearchParams(location.search).get("lecture") === "1";
}
