// @ts-check
// The player of a page: instruments, questions and links around one link, which it owns.

import { Answers } from "./answers.js";
import { Ask } from "./ask.js";
import { make } from "./dom.js";
import { memory } from "./editor.js";
import { remember, restore } from "./focus.js";
import { Instrument } from "./instrument.js";
import { Lesson } from "./lesson.js";
import { address, Links } from "./links.js";
import { Notices } from "./notices.js";
import { paged } from "./page.js";
import { patiently } from "./patiently.js";
import { own } from "./place.js";
import { colours } from "./plot.js";
import { carried, framed, going } from "./query.js";
import { Questions, shown } from "./questions.js";
import { saving } from "./savingpanel.js";
import { Sharing } from "./sharing.js";
import { Steps } from "./steps.js";
import { know } from "./terms.js";
import { waiting } from "./waiting.js";

/** @import {Place} from "./place.js" */
/** @import {Answer, Data, Question} from "./types.js" */

export const STYLES = ["scale.css", "live.css", "led.css", "sharing.css", "saving.css"];

const classes = memory(); // it outlives the page: one document shows one after the other

export class Player {
  /** @type {Instrument[]} */
  #instruments = [];
  /** @type {Answer | null} */
  #answer = null; // what is shown
  /** @type {Answer | null} */
  #later = null; // what waits until the learner lets go, as it needs other elements
  #asked = ""; // what the questions on the page belong to
  #asking = new AbortController();
  #told = 0; // how many finished pages Streamlit was told of
  #ink = "";
  #left = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {Data} data
   * @param {(finished: string[]) => void} tell
   * @param {Place} [place]
   */
  constructor(root, data, tell, place = own(root, data)) {
    const { page, base, words } = data;
    const { history, location } = place;
    this.root = root;
    this.data = data;
    this.tell = tell;
    this.place = place;
    this.kept = place.kept;
    this.answers = new Answers(data, (url, options) => fetch(url, options));
    this.ask = new Ask(
      { answer: (query, signal) => this.answers.answer(query, signal), history, location },
      {
        answered: (answer) => this.#answered(answer),
        changed: () => this.#changed(),
        seen: () => this.kept.seen(page),
      },
    );
    this.notices = new Notices(words);
    this.links = new Links(base, (href) => place.visit(href));
    this.questions = new Questions(words, {
      answer: (key) => this.kept.answer(page, key),
      take: (question, chosen) => this.#take(question, chosen),
      forget: (key) => this.#forget(key),
      show: (question) => void this.#show(question),
    });
    this.lesson = new Lesson({
      words,
      questions: this.questions.node,
      links: this.links,
      onBreak: () => {
        this.kept.breaks(page);
        this.#finish();
        this.#commit("break", "", true);
      },
    });
    const path = place.path({
      did: (key) => this.kept.did(path.place ?? page, key),
      does: (key) => this.kept.does(path.place ?? page, key),
    });
    this.steps = new Steps(root, words, {
      path,
      go: (at) => this.#go(at),
      card: (readout) => this.card(readout),
      reveal: (question) => this.ask.go(question.shown),
      changed: () => this.#stepped(),
    });
    this.sharing = new Sharing(data, place, () => this.#pause());
    const save = saving(page, words, {
      address: (kind) => this.answers.file(kind, this.ask.query),
      shown: () => ({ node: this.stage, title: this.#answer?.layout.title }),
    });
    this.aside = make("div", { class: "ce-aside" }, this.sharing.button, save);
    know(data.terms, data.formulas, words.close);
    this.stage = make("div", { class: "ce-instruments" }, waiting());
    root.classList.add("ce-page");
    root.replaceChildren(this.notices.alerts, this.notices.line, this.aside, this.stage, this.lesson.node);
    if (data.steps) this.#led();
    root.append(this.sharing.dialog);
    this.#ink = colours(root);
    const { signal } = this.#left;
    place.listen(() => this.ask.popped());
    window.addEventListener("online", () => this.ask.retry(), { signal });
    const { link, changes } = place.enter();
    this.ask.open(link, changes);
  }

  /** A page with steps is one view: their list, the picture, what is said, and what to do. */
  #led() {
    this.root.classList.add("ce-led");
    this.lesson.node.remove();
    this.steps.head.append(this.aside);
    this.stage.before(this.steps.head);
    this.stage.after(this.steps.said, this.steps.bar);
  }

  /**
   * The session has something new, or the theme has changed.
   *
   * @param {Data} data
   */
  update(data) {
    // A session that knows less than before is a new one. One that only refuses is not told again.
    if (data.finished.length < this.data.finished.length) this.#told = 0;
    this.data = data;
    this.#colour();
    this.#finish();
  }

  /**
   * Show this, as the page wants it that shows this one inside.
   *
   * @param {string} link
   */
  open(link) {
    this.#pause();
    this.ask.open(link);
  }

  /** What that page decides has become another. */
  decide() {
    if (!this.#answer) return;
    this.steps.render();
    this.#stepped();
  }

  /**
   * The number that a card shows.
   *
   * @param {string} readout
   */
  card(readout) {
    return this.#instruments[0]?.card(readout) ?? null;
  }

  /** What can be moved. */
  get sliders() {
    return this.#answer?.layout.instruments[0]?.sliders ?? [];
  }

  leave() {
    this.#left.abort();
    this.#asking.abort();
    this.ask.leave();
    this.steps.leave();
    this.place.leave();
    for (const instrument of this.#instruments) instrument.leave();
  }

  // ---------------------------------------------------------------- what the learner does

  /**
   * @param {string} id
   * @param {string} value
   * @param {boolean} [step]
   */
  #commit(id, value, step) {
    if (this.steps.path.fixed(id)) return;
    this.place.acts(id);
    this.ask.commit(id, value, step);
  }

  /**
   * @param {number} at the step to go to, which may lie on another page
   */
  #go(at) {
    const { base, page } = this.data;
    const { page: there } = this.steps.path.steps[at - 1];
    const { search } = this.place.location;
    this.#pause();
    if (there && there !== page) this.place.visit(address(base, there, framed(going(this.ask.link, at), search)));
    else this.#commit("at", String(at), true);
  }

  #pause() {
    for (const instrument of this.#instruments) instrument.pause();
  }

  #released() {
    this.steps.letGo();
    const later = this.#later;
    this.#later = null;
    if (later) this.#answered(later);
  }

  /** Something of the step is answered or reached. */
  #stepped() {
    for (const instrument of this.#instruments) instrument.lock();
    this.#finish();
  }

  /** Tell the steps where the picture stands. */
  #painted() {
    if (!this.#answer || !this.data.steps) return;
    const { goal } = this.#answer.head;
    if (goal !== undefined) this.steps.see(this.#instruments[0].value(goal) === 1, this.#held);
  }

  get #held() {
    return this.#instruments.some(({ held }) => held !== null);
  }

  /**
   * @param {Question} question
   * @param {number} chosen
   */
  #take(question, chosen) {
    const { page } = this.data;
    this.kept.take(page, question, chosen);
    const reveals = this.#answer?.layout.reveals ?? false;
    if (reveals && this.kept.see(page, [question.key])) this.#revealed();
    this.#finish();
  }

  /** @param {string} key */
  #forget(key) {
    this.kept.forget(this.data.page, key);
    this.#asked = "";
    this.#questions();
  }

  #revealed() {
    this.ask.again();
    this.#questions();
  }

  /** @param {Question} question */
  async #show(question) {
    const { signal } = this.#left;
    /** @type {Question[]} */
    let now = [];
    try {
      now = await this.answers.questions(this.ask.query, signal);
    } catch {
      // Without the server it opens as it was asked, once the server is back.
    }
    if (!signal.aborted) this.ask.go(shown(question, now));
  }

  // ---------------------------------------------------------------- what an answer brings

  /** @param {Answer} answer */
  #answered(answer) {
    const { head, layout } = answer;
    const other = layout.hash !== this.#answer?.layout.hash;
    if (other && this.#held) {
      this.#later = answer; // nothing is taken out of the learner's hand
      this.#changed();
      return;
    }
    const focus = remember(this.root);
    if (other) this.#build(answer);
    this.#answer = answer;
    this.#later = null;
    if (layout.steps.length) this.#step(answer);
    this.#instruments.forEach((instrument, i) => instrument.update(head.instruments[i], answer.columns));
    if (other) restore(this.root, focus);
    this.notices.say(head.notices);
    this.lesson.update(layout);
    this.links.update(framed(carried(head.link), this.place.location.search));
    this.#changed();
    this.#finish();
    this.place.shows(answer);
    if (this.kept.see(this.data.page, head.sees)) this.#revealed();
    else this.#questions();
  }

  /** @param {Answer} answer */
  #step(answer) {
    const [instrument] = this.#instruments;
    if (answer.layout.steps[(answer.head.at ?? 1) - 1]?.kind !== "explore") instrument.tabs?.open(0);
    this.steps.update(answer, this.stage, instrument.said[0] ?? null);
    this.#stepped();
  }

  /** @param {Answer} answer */
  #build({ layout }) {
    const tab = this.#instruments[0]?.tabs?.title ?? "";
    for (const instrument of this.#instruments) instrument.leave();
    this.#instruments = layout.instruments.map(
      (spec, i) =>
        new Instrument(spec, this.data.words, i, classes, {
          commit: (id, value, step) => this.#commit(id, value, step),
          rest: (id, value) => this.ask.rest(id, value),
          released: () => {
            this.ask.stop();
            this.#released();
          },
          changes: () => this.ask.changes,
          led: layout.steps.length > 0,
          locked: () => this.steps.path.locked,
          fixed: (id) => this.steps.path.fixed(id),
          painted: () => this.#painted(),
          drawn: () => this.steps.render(),
          alone: () => this.ask.away || this.ask.late,
        }),
    );
    const [{ tabs }] = this.#instruments;
    const apart = tabs ? 1 : this.#instruments.length;
    this.stage.replaceChildren(...this.#instruments.slice(0, apart).map(({ node }) => node));
    this.#instruments.slice(apart).forEach(({ node, layout: { title } }) => tabs?.add(title, [node]));
    const { lessons, questions } = layout;
    const beside = lessons?.title ?? questions?.title;
    if (beside) tabs?.add(beside, [this.lesson.node], Boolean(lessons));
    tabs?.show(tab); // what is open stays so when its parts become others
    this.#ink = colours(this.root);
    for (const instrument of this.#instruments) void instrument.draw(this.data.plotly);
  }

  #colour() {
    if (!this.#answer || this.#ink === getComputedStyle(this.root).color) return;
    this.#ink = colours(this.root);
    for (const instrument of this.#instruments) void instrument.draw(this.data.plotly);
  }

  /** Say what is unanswered, and let the pictures leave it out or take it in again. */
  #changed() {
    const { away, late, changes, link } = this.ask;
    const { steps, place: prepared, at } = this.steps.path;
    this.place.keep(link, changes, steps.length && !prepared ? String(at) : "");
    for (const instrument of this.#instruments) instrument.paint();
    const left = new Set(away || late ? changes.map(({ id }) => id) : []);
    for (const { shown: ids } of this.#instruments) ids.forEach((id) => left.delete(id));
    for (const instrument of this.#instruments) instrument.mark(left);
    this.notices.state({ away, late, left: left.size > 0 });
    this.sharing.update(this.#answer?.head.shared ?? "", changes.length > 0);
  }

  /** Ask the questions anew where they may have become others. */
  #questions() {
    const { head, layout } = this.#answer ?? {};
    if (!head || !layout?.questions) return;
    const asked = JSON.stringify([head.topic, this.kept.seen(this.data.page)]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    void patiently(() => this.answers.questions(this.ask.query, signal), signal).then((questions) => {
      if (!questions) return;
      this.questions.ask(questions);
      this.#finish();
    });
  }

  #finish() {
    const { page } = this.data;
    this.kept.finish(page, this.questions.keys);
    if (!this.steps.path.place) this.kept.finishSteps(page, this.steps.path.steps.map(({ key }) => key));
    const { finished } = this.kept;
    this.lesson.mark(finished);
    if (finished.length > Math.max(this.#told, this.data.finished.length)) {
      this.#told = finished.length;
      this.tell(finished);
    }
  }
}

/**
 * @param {{root: HTMLElement, data: Data, tell: (finished: string[]) => void}} component
 */
export const show = ({ root, data, tell }) => paged(data, STYLES, (now) => new Player(root, now, tell));
