// @ts-check
// A room as its lecturer and its students see it: the picture at which the class is, and above it a
// bar. What comes from the room goes to whoever this page is, and what it has become is drawn.

import { asking, belongs, stepOf } from "./classask.js";
import { ClassKept } from "./classkept.js";
import { Lead } from "./classlead.js";
import { Seat } from "./classseat.js";
import { Stage } from "./classstage.js";
import { Listening } from "./classstream.js";
import { Votes } from "./classvotes.js";
import { make } from "./dom.js";
import { told } from "./guess.js";

/** @import {View} from "./classask.js" */
/** @import {Vote} from "./classpath.js" */
/** @import {Told} from "./classresults.js" */
/** @import {Path} from "./path.js" */

const SEEN = ["shown", "answered"]; // the phases in which answers are

export class Classroom {
  #left = new AbortController();
  #held = false; // whether the focus was in the class when it was seen last

  /**
   * @param {any} data
   * @param {string} code
   * @param {string} secret of the lecturer, or ""
   * @param {{visit: (href: string) => void, ended: (why: "unknown" | "ended" | "locked") => void}} page
   */
  constructor(data, code, secret, page) {
    const { base, words } = data;
    this.words = words;
    this.page = page;
    this.kept = new ClassKept(code);
    this.stage = new Stage(data, page.visit, {
      vote: (path) => this.#vote(path),
      shows: (view) => this.#shows(view),
      acts: (id) => this.who.acts(id),
      begins: (player) => this.who.begins(player),
    });
    const changed = () => this.#render();
    /** @type {Lead | Seat} */
    this.who = secret
      ? new Lead(data, code, secret, this.stage, changed)
      : new Seat(data, code, this.kept, this.stage, changed);
    this.votes = new Votes(words);
    this.who.said.after(this.votes.button);
    this.node = make("div", { class: secret ? "ce-classroom ce-of-lead" : "ce-classroom" }, this.who.bar, this.stage.node);
    this.node.addEventListener("focusin", () => (this.#held = true));
    this.node.addEventListener("focusout", ({ relatedTarget }) => (this.#held = relatedTarget === null));
    /** @type {Record<string, string>} */
    const headers = secret ? { Authorization: `Bearer ${secret}` } : {};
    this.listening = new Listening(`${base}/room/${code}/events`, headers, (url, how) => fetch(url, how), {
      event: (name, told) => this.#heard(name, told),
      away: (away) => this.who.away(away),
      refused: (status) => page.ended(status === "403" ? "locked" : this.who.room ? "ended" : "unknown"),
    });
    const { signal } = this.#left;
    window.addEventListener("online", () => this.#again(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#again(), { signal });
  }

  #again() {
    this.listening.again();
    this.who.again();
  }

  /**
   * @param {string} name
   * @param {any} told
   */
  #heard(name, told) {
    if (name === "ended") this.page.ended("ended");
    else if (name === "count") this.who.counted(told);
    else if (name === "room") {
      if (typeof told.lesson === "string") this.stage.lesson = told.lesson;
      this.who.heard(told);
    }
  }

  /** @param {View} view */
  #shows(view) {
    this.who.shows(view);
    this.#render();
  }

  /**
   * What the class decides about the step that stands on the screen, if it is there.
   *
   * @param {Path} path
   * @returns {Vote | null}
   */
  #vote(path) {
    const { room } = this.who;
    const { page } = this.stage;
    const { at, step, question } = path;
    if (!room || !step || page !== room.page || at !== stepOf(room.link)) return null;
    const { ask } = room;
    const free = this.who.vote();
    if (!ask || !belongs(ask, { page, step })) return { ...free, phase: "look", takes: false, own: null, question: null, told: "" };
    const asked = this.kept.question(ask.key);
    const same = ask.kind === "state" || asking({ page, at, step, question, link: "" })?.key === ask.key;
    const answered = room.phase === "answered";
    return {
      ...free,
      phase: room.phase,
      takes: free.takes && same,
      question: asked,
      told: answered ? this.#told(path, free.own) : "",
    };
  }

  /**
   * @param {Path} path
   * @param {number | null} own
   */
  #told({ question }, own) {
    if (question?.kind !== "number") return "";
    const card = this.stage.player?.card(question.of);
    return card && own !== null ? told(own, card, this.stage.data.player.words) : "";
  }

  #render() {
    this.#keep();
    this.stage.decide();
    this.who.render();
    const [root] = this.stage.node.children;
    if (root) this.votes.render(root, this.#shown);
    this.#hold();
  }

  /** The focus stays in the class when what had it is hidden, disabled, or made anew. */
  #hold() {
    const now = document.activeElement;
    const gone = now === document.body || now?.closest(":disabled, [hidden], [inert]");
    if (this.#held && gone) this.who.holds?.focus({ preventScroll: true });
  }

  /** With what is shown after the answer it may be another question: it is kept as it was asked. */
  #keep() {
    const { ask, phase } = this.who.room ?? {};
    const { view } = this.stage;
    if (ask && phase !== "answered" && view?.question && asking(view)?.key === ask.key) this.kept.ask(ask.key, view.question);
  }

  /**
   * What was answered, as long as the class is at it.
   *
   * @returns {Told | null}
   */
  get #shown() {
    const { room } = this.who;
    const { view, player } = this.stage;
    if (!room?.ask || !view || !belongs(room.ask, view) || !SEEN.includes(room.phase)) return null;
    const { ask, results, phase, round } = room;
    if (!results[round - 1]) return null;
    const question = this.kept.question(ask.key);
    const shown = question?.kind === "number" ? (player?.card(question.of)?.value ?? null) : null;
    const { own } = this.who.vote();
    return { ask, results, question, answered: phase === "answered", own, shown, axes: this.#axes };
  }

  /** What the map of states is of: logits where the picture moves some, and else its first sliders. */
  get #axes() {
    const ids = this.stage.player?.sliders ?? [];
    const { x, y } = this.words;
    if (ids.some(({ id }) => id.startsWith("logits."))) return [x, y];
    return ids.slice(0, 2).map(({ name }) => name);
  }

  /** @param {any} data */
  update(data) {
    this.stage.update(data);
  }

  leave() {
    this.#left.abort();
    this.listening.leave();
    this.who.leave();
    this.stage.leave();
  }
}
