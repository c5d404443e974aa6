// @ts-check
// The page for teachers, and on it steps of the lab in an order and with words of one's own.

import { Answers } from "./answers.js";
import { starter } from "./classstart.js";
import { make, write } from "./dom.js";
import { remember, restore } from "./focus.js";
import { Guide } from "./guide.js";
import { address, leads } from "./links.js";
import { paged } from "./page.js";
import { say } from "./sentences.js";
import { Streamlit, visit } from "./streamlit.js";
import { Form } from "./teachform.js";
import { keep, kept } from "./teachkept.js";
import { begun, pack, pasted } from "./teachlesson.js";
import { Out } from "./teachout.js";
import { cards, parts } from "./teachparts.js";

/** @import {LessonStep, Prepared} from "./teachlesson.js" */

const STYLES = ["scale.css", "live.css", "teach.css", "guide.css"];
const FILE = 256 * 1024; // bytes: more than any lesson

class Teach {
  #left = new AbortController();
  #looking = new AbortController();
  #chosen = 0;

  /**
   * @param {HTMLElement} root
   * @param {any} data
   */
  constructor(root, data) {
    const { base, words, given } = data;
    this.data = data;
    this.words = words;
    this.pages = given.pages;
    this.streamlit = new Streamlit(root);
    this.out = new Out(data, visit);
    this.form = new Form(
      words,
      given,
      (step, other) => this.#set(step, other),
      ({ page, link }) => `${base}/${encodeURIComponent(page)}?${link}`,
    );
    this.title = make("input", { id: "ce-teach-name", type: "text", maxlength: given.letters.name, autocomplete: "off" });
    this.title.addEventListener("input", () => this.#change({ ...this.lesson, title: this.title.value }));
    this.field = make("input", { id: "ce-teach-add", type: "text", inputmode: "url", autocomplete: "off", spellcheck: "false", "aria-describedby": "ce-teach-add-hint" });
    this.list = make("ol", { class: "ce-steps-of" });
    this.none = make("p", { class: "ce-hint", text: words.none });
    this.said = make("p", { class: "ce-added", role: "status" });
    const held = kept();
    const steps = held.steps.filter(({ page }) => Object.hasOwn(this.pages, page));
    /** @type {Prepared} */
    this.lesson = { title: held.title, steps: steps.map((step) => begun(step, this.pages[step.page])) };
    this.#chosen = Math.max(0, steps.length - 1);
    const prepare = make(
      "div",
      { class: "ce-teach" },
      make(
        "div",
        { class: "ce-lesson-of" },
        make("p", { text: words.lead }),
        make("label", { for: "ce-teach-name", text: words.name }),
        this.title,
        make("h3", { text: words.steps }),
        this.none,
        this.list,
        this.#adding(),
        this.said,
      ),
      make("div", { class: "ce-step-of" }, this.form.node, this.out.node),
      make("p", { class: "ce-hint ce-kept-of", text: words.kept }),
    );
    this.guide = new Guide(words.title, given.guide, prepare, {
      home: location.origin + base,
      address: (page, link) => location.origin + address(base, page, link),
      link: (page, link, name, text) => leads(make("a", { class: name, href: address(base, page, link), text }), visit),
      copies: given,
      edit: (lesson) => void this.#edit(lesson),
      start: (page, link, said) => starter(base, words, () => ({ page, link: `at=1&${link}` }), visit, said),
    });
    root.classList.add("ce-page");
    root.replaceChildren(this.guide.node);
    this.#open(this.lesson, this.#chosen);
  }

  // ---------------------------------------------------------------- what comes in

  #adding() {
    const { words, field } = this;
    const add = make("button", { type: "submit", text: words.add });
    const form = make(
      "form",
      { class: "ce-adding" },
      make("label", { for: "ce-teach-add", text: words.add_label }),
      make("div", {}, field, add),
      make("p", { id: "ce-teach-add-hint", class: "ce-hint", text: words.add_hint }),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#paste(field.value).then((taken) => taken && (field.value = ""));
    });
    const picker = make("input", { type: "file", accept: ".json,application/json", hidden: true });
    const file = make("button", { type: "button", text: words.open_file });
    file.addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      if (picker.files?.length) void this.#file(picker.files[0]);
      picker.value = ""; // the same file may be chosen again
    });
    return make("div", {}, form, picker, file);
  }

  /**
   * Open a lesson that is ready; one that somebody is at work on is not put away unasked.
   *
   * @param {string} lesson
   */
  async #edit(lesson) {
    const { words, data } = this;
    this.guide.go("prepare");
    if (!this.lesson.steps.length) {
      await this.#read(lesson);
      return;
    }
    this.field.value = `${location.origin}${address(data.base, data.given.first, `lesson=${lesson}`)}`;
    this.field.focus();
    write(this.said, words.replaces);
  }

  /**
   * @param {string} text
   * @returns {Promise<boolean>} whether something was taken of it
   */
  async #paste(text) {
    const { words, pages, data } = this;
    const home = location.origin + data.base;
    const found = pasted(text, home, data.given.first);
    if (!found) {
      write(this.said, say(words.no_link, ["example", `${home}/softmax?at=2`]));
      return false;
    }
    if (found.lesson) return this.#read(found.lesson);
    const { page, link } = found;
    if (!Object.hasOwn(pages, page)) {
      write(this.said, say(words.no_page, ["page", page]));
      return false;
    }
    if (this.lesson.steps.length >= data.given.most_steps) {
      write(this.said, say(words.full, ["most", String(data.given.most_steps)]));
      return false;
    }
    const read = await this.#asked(await pack({ title: "", steps: [{ page, link }] }));
    if (!read?.lesson) return false;
    const steps = [...this.lesson.steps, begun({ ...read.lesson.steps[0], kind: "" }, pages[page])];
    this.#open({ ...this.lesson, steps }, steps.length - 1);
    write(this.said, [say(words.added, ["n", String(steps.length)]), ...read.notices].join(" "));
    return true;
  }

  /** @param {File} file */
  async #file(file) {
    try {
      if (file.size > FILE) throw new RangeError(`${file.size} bytes`);
      await this.#read(await pack(JSON.parse(await file.text())), this.words.no_file);
    } catch {
      write(this.said, this.words.no_file);
    }
  }

  /**
   * Open a whole lesson, as far as the lab reads it.
   *
   * @param {string} packed
   * @param {string} [nothing] what is said where it holds none
   */
  async #read(packed, nothing) {
    const read = await this.#asked(packed);
    if (!read) return false;
    const { lesson, notices } = read;
    if (lesson) this.#open(lesson, 0);
    const opened = lesson ? say(this.words.opened, ["count", String(lesson.steps.length)]) : nothing;
    write(this.said, [...(opened ? [opened] : []), ...notices].join(" "));
    return lesson !== null;
  }

  /** @param {string} packed */
  async #asked(packed) {
    try {
      return await this.out.read(packed, this.#left.signal);
    } catch {
      write(this.said, this.words.away);
      return null;
    }
  }

  // ---------------------------------------------------------------- what changes

  /**
   * @param {Prepared} lesson
   * @param {number} chosen
   */
  #open(lesson, chosen) {
    this.title.value = lesson.title;
    this.#change(lesson);
    this.#choose(chosen);
  }

  /** @param {Prepared} lesson */
  #change(lesson) {
    this.lesson = lesson;
    keep(lesson);
    this.out.update(lesson);
  }

  /**
   * @param {LessonStep} step
   * @param {boolean} other whether its form has other fields now
   */
  #set(step, other) {
    this.#change({ ...this.lesson, steps: this.lesson.steps.map((old, i) => (i === this.#chosen ? step : old)) });
    if (!other) {
      this.#list();
      return;
    }
    this.#choose(this.#chosen);
    this.form.node.querySelector("select")?.focus();
  }

  /**
   * @param {number} i
   * @param {number} by 1 down, -1 up, 0 away
   */
  #move(i, by) {
    const steps = [...this.lesson.steps];
    const [step] = steps.splice(i, 1);
    if (by) steps.splice(i + by, 0, step);
    this.#change({ ...this.lesson, steps });
    this.#choose(Math.max(0, Math.min(i + by, steps.length - 1)));
    const names = by < 0 ? ["up", "down"] : by > 0 ? ["down", "up"] : ["choose"];
    const buttons = names.map((name) => this.list.querySelector(`[data-focus="${name}-${this.#chosen}"]:enabled`));
    const next = buttons.find(Boolean);
    if (next instanceof HTMLElement) next.focus();
    else this.title.focus();
  }

  /** @param {number} i */
  #choose(i) {
    this.#chosen = i;
    this.#list();
    const step = this.lesson.steps[i];
    this.form.show(step ?? null, i + 1);
    this.#looking.abort();
    this.#looking = new AbortController();
    if (step) void this.#look(step, this.#looking.signal);
  }

  /**
   * Find out which parts the picture of a step has.
   *
   * @param {LessonStep} step
   * @param {AbortSignal} signal
   */
  async #look({ page, link }, signal) {
    const { base, version } = this.data;
    try {
      const answer = await new Answers({ base, page, version }, (url, options) => fetch(url, options)).answer(link, signal);
      this.form.parts(parts(answer, this.words), cards(answer));
    } catch {
      if (!signal.aborted) write(this.said, this.words.away);
    }
  }

  #list() {
    const { words, lesson } = this;
    const last = lesson.steps.length - 1;
    this.none.hidden = last >= 0;
    const focus = remember(this.list);
    this.list.replaceChildren(
      ...lesson.steps.map(({ title }, i) => {
        const n = /** @type {[string, string]} */ (["n", String(i + 1)]);
        const name = say(words.entry, n, ["title", title || say(words.untitled, n)]);
        const choose = this.#button("choose", i, name, () => this.#choose(i));
        choose.className = "ce-choose";
        choose.setAttribute("aria-pressed", String(i === this.#chosen));
        const up = this.#button("up", i, "↑", () => this.#move(i, -1), say(words.up, n));
        const down = this.#button("down", i, "↓", () => this.#move(i, 1), say(words.down, n));
        const away = this.#button("away", i, "×", () => this.#move(i, 0), say(words.remove, n));
        up.disabled = i === 0;
        down.disabled = i === last;
        return make("li", {}, choose, up, down, away);
      }),
    );
    restore(this.list, focus);
  }

  /**
   * @param {string} name
   * @param {number} i
   * @param {string} text
   * @param {() => void} act
   * @param {string} [label]
   */
  #button(name, i, text, act, label) {
    const button = make("button", { type: "button", "data-focus": `${name}-${i}`, "aria-label": label, text });
    button.addEventListener("click", act);
    return button;
  }

  leave() {
    this.#left.abort();
    this.#looking.abort();
    this.out.leave();
    this.guide.leave();
    this.streamlit.leave();
  }
}

/**
 * @param {{root: HTMLElement, data: any}} component
 */
export const show = ({ root, data }) => paged(data, STYLES, (now) => new Teach(root, now));
