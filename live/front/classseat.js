// @ts-check
// A student of a class: the picture follows the lecturer's, unless one looks around, and what one
// answers is kept until the room has it.

import { belongs, stepOf } from "./classask.js";
import { Sending } from "./classsend.js";
import { make, write } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Room} from "./classask.js" */
/** @import {ClassKept} from "./classkept.js" */
/** @import {Stage} from "./classstage.js" */
/** @import {Player} from "./player.js" */

/** @typedef {{who: string, key: string, round: number, value: number | string}} Sent */

export class Seat {
  /** @type {Room | null} */
  room = null;
  #around = ""; // "hand": something was set; "step": another step was gone to
  #soon = false; // whether the state is sent as soon as the server has answered it
  #note = ""; // of what was sent
  #away = false;

  /**
   * @param {any} data
   * @param {string} code
   * @param {ClassKept} kept
   * @param {Stage} stage
   * @param {() => void} changed
   */
  constructor({ base, words }, code, kept, stage, changed) {
    this.words = words;
    this.kept = kept;
    this.stage = stage;
    this.changed = changed;
    this.sending = new Sending(`${base}/room/${code}/answer`, {}, (url, how) => fetch(url, how), {
      known: (sent, { met }) => this.#known(sent, met),
      refused: (sent, status) => this.#refused(sent, status),
      away: () => this.#say(words.waits_to_send),
    });
    this.said = make("p", { class: "ce-class-said", role: "status" });
    this.back = make("button", { type: "button", class: "ce-come-back", text: words.come_back, hidden: true });
    this.back.addEventListener("click", () => this.#return());
    this.bar = make(
      "div",
      { class: "ce-class-bar", role: "group", "aria-label": words.bar },
      make("strong", { class: "ce-room-code", text: code, "aria-label": say(words.code, ["code", [...code].join(" ")]) }),
      this.said,
      this.back,
    );
    this.send = make("button", { type: "button", class: "ce-send", text: words.send });
    this.send.addEventListener("click", () => this.#state());
    this.told = make("p", { class: "ce-given", role: "status" });
    this.given = make("div", { class: "ce-vote" }, this.send, this.told);
  }

  // ---------------------------------------------------------------- what the student does

  counted() {}

  /** @param {string} id */
  acts(id) {
    if (id === "at") this.#around = "step";
    else this.#around ||= "hand";
    this.changed();
  }

  #return() {
    const { room } = this;
    if (!room) return;
    this.#around = "";
    this.stage.open(room.page, room.link);
    this.changed();
    this.stage.player?.steps.bar.focus();
  }

  /** @param {number | string} value */
  #answer(value) {
    const { ask, round } = this.room ?? {};
    if (!ask || !round) return;
    this.kept.put(ask.key, { round, value, known: false });
    this.#say(this.words.sending);
    this.sending.put({ who: this.kept.who, key: ask.key, round, value });
    this.changed();
  }

  #state() {
    const { view, player } = this.stage;
    this.#soon = !view || (player?.ask.changes.length ?? 0) > 0;
    if (view && !this.#soon) this.#answer(view.link);
    else this.#say(this.words.sending);
  }

  // ---------------------------------------------------------------- what comes

  /** @param {Room} room */
  heard(room) {
    const before = this.room;
    this.room = room;
    const moved = before?.page !== room.page || before.link !== room.link;
    const stepped = before?.page !== room.page || stepOf(before.link) !== stepOf(room.link);
    // Who has only set something goes along to the next step; whoever is elsewhere comes back by hand.
    if (stepped && this.#around === "hand") this.#around = "";
    if (before?.ask?.key !== room.ask?.key || before?.round !== room.round) {
      this.#note = "";
      this.#resend();
    }
    if (moved && !this.#around) this.stage.open(room.page, room.link);
    this.changed();
  }

  /** An answer that was on its way when the page was left. */
  #resend() {
    const { ask, round, phase } = this.room ?? {};
    const given = ask && this.kept.answer(ask.key);
    if (!ask || !given || given.round !== round) return;
    if (given.known) this.#received(given.met ?? null);
    else if (phase === "open") this.sending.put({ who: this.kept.who, key: ask.key, round, value: given.value });
  }

  /**
   * @param {Sent} sent
   * @param {boolean | null} met
   */
  #known({ key, round, value }, met) {
    const given = this.kept.answer(key);
    if (given?.value !== value || given.round !== round) return;
    this.kept.put(key, { round, value, known: true, met });
    if (this.room?.ask?.key === key && this.room.phase === "open") this.#received(met);
  }

  /** @param {boolean | null} met */
  #received(met) {
    const { received, received_met: reached, received_unmet: unmet } = this.words;
    this.#say(met === null ? received : met ? reached : unmet);
  }

  /**
   * @param {Sent} sent
   * @param {string} status
   */
  #refused({ key }, status) {
    if (this.room?.ask?.key === key) this.#say(status === "409" ? this.words.too_late : this.words.not_taken);
  }

  shows() {
    if (this.#soon) this.#state();
  }

  /** @param {Player} player */
  begins({ steps }) {
    steps.back.parentElement?.before(this.given);
  }

  /** @param {boolean} away */
  away(away) {
    this.#away = away;
    write(this.said, away ? this.words.away : this.#where);
  }

  vote() {
    const { ask, round, phase } = this.room ?? {};
    const given = ask && this.kept.answer(ask.key);
    const own = given && given.round === round && typeof given.value === "number" ? given.value : null;
    return { takes: phase === "open", own, choose: (/** @type {number} */ value) => this.#answer(value) };
  }

  get #where() {
    const { words, stage } = this;
    if (!this.#around) return stage.view ? say(words.follows, ["step", stage.view.step.title]) : "";
    return this.room?.phase === "open" && this.#around === "step" ? words.around_asked : words.around;
  }

  /** @param {string} text */
  #say(text) {
    this.#note = text;
    write(this.told, text);
  }

  render() {
    const { words, room, stage } = this;
    const { ask, phase } = room ?? {};
    const here = ask && stage.view && belongs(ask, stage.view);
    const state = here && ask.kind === "state" && phase === "open";
    this.back.hidden = !this.#around;
    write(this.said, this.#away ? words.away : this.#where);
    this.send.hidden = !state;
    if (phase === "open") this.#say(this.#note || (state ? words.asked_state : words.asked));
    else if (phase === "shown" && this.#note !== words.too_late) this.#say(words.closed);
    else if (phase === "answered") this.#say(words.has_answered);
    this.given.hidden = !here;
  }

  again() {
    this.sending.again();
  }

  leave() {
    this.sending.leave();
  }
}
