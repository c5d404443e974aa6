// @ts-check
// The lecturer of a class: one button leads it from step to step, and through the votes between.

import { asking, stepOf, turns } from "./classask.js";
import { CodePanel, confirmed } from "./classpanels.js";
import { Sending } from "./classsend.js";
import { make, write } from "./dom.js";
import { save } from "./download.js";
import { say } from "./sentences.js";

/** @import {Room, Turn, View} from "./classask.js" */
/** @import {Stage} from "./classstage.js" */
/** @import {Player} from "./player.js" */

const ECHO = 1500; // ms in which the room is expected to tell what it was told
const NEXT = ["PageDown"];
const BACK = ["PageUp"]; // what a clicker sends

/** @param {Room} room */
const place = ({ page, link, ask, round, phase }) => JSON.stringify([page, link, ask?.key, round, phase]);

export class Lead {
  /** @type {Room | null} */
  room = null;
  /** @type {Room | null} */
  #server = null; // the room as it was heard of last
  #count = { here: 0, answered: 0 };
  #echo = { place: "", until: 0 };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubt;
  #left = new AbortController();

  /**
   * @param {any} data
   * @param {string} code
   * @param {string} secret
   * @param {Stage} stage
   * @param {() => void} changed
   */
  constructor(data, code, secret, stage, changed) {
    const { base, words } = data;
    this.words = words;
    this.code = code;
    this.stage = stage;
    this.changed = changed;
    this.headers = { Authorization: `Bearer ${secret}` };
    this.address = `${base}/room/${code}`;
    this.sending = new Sending(`${this.address}/lead`, this.headers, (url, how) => fetch(url, how), {
      known: (told) => this.#known(told),
      refused: () => this.#refused(),
      away: () => this.#tell(words.away),
    });
    this.said = make("p", { class: "ce-class-said", role: "status" });
    this.here = make("span", { class: "ce-here-now" });
    const panel = new CodePanel(data, code);
    this.bar = make(
      "div",
      { class: "ce-class-bar ce-leads", role: "group", "aria-label": words.bar },
      make("strong", { class: "ce-room-code", text: code, "aria-label": say(words.code, ["code", [...code].join(" ")]) }),
      this.here,
      this.said,
      panel.button,
      this.#button(words.csv, () => void this.#csv()),
      this.#button(words.end, () => confirmed(this.bar, words, () => void this.#end())),
      panel.dialog,
    );
    // The second click of a double one would close what the first has asked.
    this.second = this.#button("", ({ detail }) => detail > 1 || this.#turn(1));
    this.first = this.#button("", ({ detail }) => detail > 1 || this.#turn(0));
    this.first.className = "ce-next ce-first";
    const { signal } = this.#left;
    window.addEventListener("keydown", (event) => this.#key(event), { signal, capture: true });
  }

  /**
   * @param {string} text
   * @param {(event: MouseEvent) => void} act
   */
  #button(text, act) {
    const button = make("button", { type: "button", text });
    button.addEventListener("click", act);
    return button;
  }

  // ---------------------------------------------------------------- what the lecturer does

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || document.querySelector("dialog[open]")) return;
    if (![...NEXT, ...BACK].includes(key)) return;
    if (NEXT.includes(key) && !event.repeat) this.#turn(0);
    else if (!event.repeat) this.stage.player?.steps.back.click();
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** @param {number} i */
  #turn(i) {
    const { room, stage } = this;
    const turn = this.#turns[i];
    if (!room || !turn || !stage.view) return;
    if (turn === "next") stage.player?.steps.next.click();
    else if (turn === "ask") this.#lead({ ask: asking(stage.view), round: 1, phase: "open" });
    else if (turn === "again") this.#lead({ round: 2, phase: "open" });
    else if (turn === "show") this.#lead({ phase: "shown" });
    else {
      const { question, page } = stage.view;
      this.#lead({ phase: "answered" });
      if (question && question.kind !== "number") stage.open(page, question.shown);
    }
  }

  /** @returns {Turn[]} */
  get #turns() {
    const { room } = this;
    const { view, player } = this.stage;
    if (!room || !view || !player) return [];
    const { at, steps } = player.steps.path;
    return turns(room, asking(view), at >= steps.length);
  }

  /** @param {Partial<Room>} change */
  #lead(change) {
    const { room } = this;
    if (!room) return;
    const other = change.ask !== undefined && change.ask?.key !== room.ask?.key;
    const now = { ...room, ...change, results: other ? [null, null] : room.results };
    this.room = now;
    const { page, link, ask, round, phase } = now;
    this.sending.put(/** @type {Room} */ ({ page, link, ask, round, phase }));
    if (change.phase === "open") this.#count.answered = 0;
    this.changed();
  }

  async #csv() {
    try {
      const response = await fetch(`${this.address}/csv`, { headers: this.headers, cache: "no-store" });
      if (!response.ok) throw new Error(String(response.status));
      save(await response.blob(), `class-${this.code}.csv`);
    } catch {
      this.#tell(this.words.not_done);
    }
  }

  async #end() {
    try {
      const response = await fetch(`${this.address}/end`, { method: "POST", headers: this.headers });
      if (!response.ok) throw new Error(String(response.status));
    } catch {
      this.#tell(this.words.not_done);
    }
  }

  // ---------------------------------------------------------------- what comes

  /** @param {Room} room */
  heard(room) {
    clearTimeout(this.#doubt);
    this.#server = room;
    if (this.sending.waits) return; // it does not know yet what this page tells it
    const wait = this.#echo.until - Date.now();
    if (this.#echo.place && place(room) !== this.#echo.place && wait > 0) {
      // An older look, or already what another page has told it.
      this.#doubt = setTimeout(() => this.heard(room), wait);
      return;
    }
    this.#echo.place = "";
    const before = this.room;
    this.room = room;
    // Another page may lead as well: a phone in the lecturer's hand.
    if (before?.page !== room.page || before.link !== room.link) this.stage.open(room.page, room.link);
    this.changed();
  }

  /** @param {Room} told */
  #known(told) {
    this.#echo = { place: place(told), until: Date.now() + ECHO };
    // The stream may have been faster, and has told what came with it: the results.
    if (this.#server && place(this.#server) === this.#echo.place) this.heard(this.#server);
  }

  /** The class is where it was. */
  #refused() {
    this.#echo.place = "";
    if (this.#server) this.heard(this.#server);
    this.#tell(this.words.not_led);
  }

  /** @param {{here: number, answered: number}} count */
  counted(count) {
    this.#count = count;
    this.#numbers();
  }

  /** @param {View} view */
  shows({ page, at, link }) {
    const { room } = this;
    if (!room) return;
    if (page === room.page && link === room.link) return;
    const same = page === room.page && at === stepOf(room.link);
    this.#lead(same ? { link } : { page, link, ask: null, round: 1, phase: "look" });
  }

  /** @param {Player} player */
  begins({ steps }) {
    steps.next.hidden = true;
    steps.next.after(this.second, this.first);
  }

  acts() {}

  /** @param {boolean} away */
  away(away) {
    this.#tell(away ? this.words.away : "");
  }

  /** @param {string} text */
  #tell(text) {
    write(this.said, text);
  }

  /** A lecturer's page takes no answer. */
  vote() {
    return { takes: false, own: null, choose: () => {} };
  }

  render() {
    const { words } = this;
    const [first, second] = this.#turns;
    for (const [button, turn] of /** @type {const} */ ([[this.first, first], [this.second, second]])) {
      button.hidden = !turn;
      if (turn) write(button, words[`turn_${turn}`]);
    }
    this.#numbers();
  }

  #numbers() {
    const { words, room } = this;
    const { here, answered } = this.#count;
    const numbers = /** @type {[string, string][]} */ ([["here", String(here)], ["answered", String(answered)]]);
    const open = room?.phase === "open";
    write(this.here, say(open ? words.answered : here === 1 ? words.here_one : words.here, ...numbers));
    this.here.classList.toggle("ce-counts", open);
  }

  /** @returns {HTMLElement | undefined} */
  get holds() {
    return this.first.hidden ? this.stage.player?.steps.bar : this.first;
  }

  again() {
    this.sending.again();
  }

  leave() {
    this.#left.abort();
    clearTimeout(this.#doubt);
    this.sending.leave();
  }
}
