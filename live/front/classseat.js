// @ts-check
// A student of a class: the picture follows the lecturer's, unless one looks around, and what one
// answers is kept until the room has it.

import { asking, belongs, stepOf } from "./classask.js";
import { Sending } from "./classsend.js";
import { make, write } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Room} from "./classask.js" */
/** @import {ClassKept} from "./classkept.js" */
/** @import {Stage} from "./classstage.js" */
/** @import {Player} from "./player.js" */

/** @typedef {{who: string, key: string, round: number, value: number | string}} Sent */

/**
 * What a room's word changes: the picture, the step, and whether a question is closed, or another one.
 *
 * @param {Room | null} before
 * @param {Room} now
 */
function changes(before, now) {
  if (!before) return { moved: true, stepped: true, closed: false, asked: true };
  return {
    moved: before.page !== now.page || before.link !== now.link,
    stepped: before.page !== now.page || stepOf(before.link) !== stepOf(now.link),
    closed: before.phase === "open" && now.phase !== "open",
    asked: before.ask?.key !== now.ask?.key || before.round !== now.round,
  };
}

export class Seat {
  /** @type {Room | null} */
  room = null;
  #around = ""; // "hand": something was set; "step": another step was gone to
  #soon = false; // whether the state is sent as soon as the server has answered it
  #note = ""; // of what was sent
  #late = ""; // what came after the vote was closed
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
    this.kept.put(ask.key, { round, value });
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
    const { moved, stepped, closed, asked } = changes(this.room, room);
    this.room = room;
    // Who has only set something comes along; whoever is elsewhere comes back by hand.
    const comes = (stepped || closed) && this.#around === "hand";
    if (comes) this.#around = "";
    if (asked) this.#asked();
    else if (closed && this.#soon) this.#late = this.words.too_late;
    if (closed) this.#soon = false;
    if ((moved || comes) && !this.#around) this.stage.open(room.page, room.link);
    this.changed();
  }

  /** The class is asked something else, or once more. */
  #asked() {
    this.#note = this.#late = "";
    this.#soon = false;
    this.#resend();
  }

  /** An answer that was on its way when the page was left. */
  #resend() {
    const { ask, round, phase } = this.room ?? {};
    if (!ask || !round) return;
    const [waiting, known] = [this.kept.waiting(ask.key), this.kept.known(ask.key)];
    if (waiting?.round === round) {
      const sent = { who: this.kept.who, key: ask.key, round, value: waiting.value };
      if (phase === "open") this.sending.put(sent);
      else this.#refused(sent, "409");
    } else if (known?.round === round) this.#received(known.met ?? null);
  }

  /**
   * @param {Sent} sent
   * @param {boolean | null} met
   */
  #known({ key, round, value }, met) {
    this.kept.received(key, { round, value, met });
    const { ask, phase } = this.room ?? {};
    if (ask?.key === key && phase === "open" && !this.kept.waiting(key)) this.#received(met);
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
  #refused({ key, round, value }, status) {
    const { words, kept } = this;
    kept.drop(key, { round, value });
    if (this.room?.ask?.key !== key || this.room.round !== round) return;
    const counts = kept.known(key)?.round === round;
    if (status === "409") this.#late = counts ? words.too_late_to_change : words.too_late;
    this.#say(this.#late || words.not_taken);
    this.changed();
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

  /** Whether the student is where the class is not. Who drags what is asked for is with it. */
  get #elsewhere() {
    const { ask, phase } = this.room ?? {};
    const asked = ask?.kind === "state" && phase === "open";
    return this.#around === "step" || (this.#around === "hand" && !asked);
  }

  get #where() {
    const { words, stage } = this;
    if (!this.#elsewhere) return stage.view ? say(words.follows, ["step", stage.view.step.title]) : "";
    return this.room?.phase === "open" && this.#around === "step" ? words.around_asked : words.around;
  }

  /** @param {string} text */
  #say(text) {
    this.#note = text;
    write(this.told, text);
  }

  render() {
    const { words, room } = this;
    const { phase } = room ?? {};
    const kind = this.#kind;
    this.back.hidden = !this.#elsewhere;
    write(this.said, this.#away ? words.away : this.#where);
    // What stands here stands here before it is asked, so that the picture above keeps its size.
    this.given.hidden = !kind;
    this.send.hidden = kind !== "state";
    this.send.disabled = phase !== "open";
    if (phase === "look") this.#say(words.not_asked);
    else if (phase === "open") this.#say(this.#note || (kind === "state" ? words.asked_state : words.asked));
    else if (phase === "shown") this.#say(this.#late || words.closed);
    else if (phase === "answered") this.#say(words.has_answered);
  }

  /** What the step that is seen asks of the class, or will; nothing where the class is elsewhere. */
  get #kind() {
    const { room } = this;
    const { view } = this.stage;
    if (!room || !view) return undefined;
    if (room.ask) return belongs(room.ask, view) ? room.ask.kind : undefined;
    return view.page === room.page && view.at === stepOf(room.link) ? asking(view)?.kind : undefined;
  }

  /** @returns {HTMLElement | undefined} */
  get holds() {
    return this.stage.player?.steps.bar;
  }

  again() {
    this.sending.again();
  }

  leave() {
    this.sending.leave();
  }
}
