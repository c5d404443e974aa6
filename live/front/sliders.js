// @ts-check
// One slider: a range, a field for the exact value, and where it has one a radio button.

import { make } from "./dom.js";
import { field } from "./field.js";
import { closest } from "./geometry.js";
import { player } from "./play.js";
import { say } from "./sentences.js";
import { sliding } from "./sliding.js";

/** @import {SliderLayout, Words} from "./types.js" */

/**
 * @typedef {object} Hand what a slider tells of the learner's hand
 * @property {() => void} pause stop whatever plays
 * @property {() => void} hold
 * @property {() => void} move
 * @property {() => void} release
 * @property {(text: string) => void} type
 * @property {() => void} choose
 */

// By how many positions a key moves a slider; it stops at the ends.
const STEPS = new Map([
  ["ArrowUp", 1],
  ["ArrowRight", 1],
  ["ArrowDown", -1],
  ["ArrowLeft", -1],
  ["PageUp", 10],
  ["PageDown", -10],
  ["Home", -Infinity],
  ["End", Infinity],
]);

export class Slider {
  /** @type {(k: number) => number} */
  #value = () => NaN;
  #count = 0;
  #listening = new AbortController();
  masked = false;
  #locked = false;
  index = 0; // where the answer says that it stands
  k = 0; // where it stands

  /**
   * @param {SliderLayout} layout
   * @param {Words} words
   * @param {string} group the name that radio buttons of one instrument share
   * @param {Hand} hand
   */
  constructor(layout, words, group, hand) {
    const { id, label, name } = layout;
    this.layout = layout;
    this.hand = hand;
    this.range = make("input", {
      type: "range",
      "aria-label": label,
      "data-focus": `range-${id}`,
      step: "any",
    });
    const input = make("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": say(words.exact, ["label", label]),
      "data-focus": `field-${id}`,
    });
    this.typed = input;
    this.field = field(input, (text) => hand.type(text));
    this.radio = layout.choice ? this.#radio(group) : null;
    const title = make("span", { class: "ce-name", text: name, title: name });
    const head = make("label", {}, ...(this.radio ? [this.radio] : []), title);
    this.node = make("div", { class: "ce-slider", "data-slider": id }, head, this.range, input);
    this.play = layout.play.length ? this.#player() : null;
    if (this.play) this.node.append(this.play.node);
    this.#listen();
  }

  /** @param {string} group */
  #radio(group) {
    const radio = make("input", {
      type: "radio",
      name: group,
      "aria-label": this.layout.choice,
      "data-focus": `radio-${this.layout.id}`,
    });
    radio.addEventListener("change", () => this.hand.choose());
    return radio;
  }

  #player() {
    return player(this.layout.play, this.layout.id, {
      k: () => this.k,
      last: () => this.last,
      move: (k) => this.move(k),
      release: () => this.hand.release(),
      begin: () => this.hand.pause(),
    });
  }

  #listen() {
    const { range, hand } = this;
    const finger = sliding(range, () => this.#place());
    range.addEventListener("input", () => {
      if (finger.decided()) this.move(this.#position());
      else this.#place();
    });
    range.addEventListener("pointerdown", (event) => {
      hand.pause();
      finger.down(event, () => {
        hand.hold();
        if (event.pointerType === "touch") this.move(this.#position());
      });
      // The pointer may be released anywhere, and without a change there is no change event.
      for (const end of ["pointerup", "pointercancel"]) {
        const { signal } = this.#listening;
        window.addEventListener(end, () => hand.release(), { once: true, signal });
      }
    });
    // Arrow keys change the value many times a second; the release of the key commits it.
    range.addEventListener("keydown", (event) => {
      const step = STEPS.get(event.key);
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      hand.pause();
      this.move(Math.min(Math.max(this.k + step, 0), this.last));
    });
    for (const end of ["keyup", "blur", "change"]) {
      range.addEventListener(end, () => hand.release());
    }
  }

  get last() {
    return this.#count - 1;
  }

  /** @param {number} k */
  value(k) {
    return this.#value(k);
  }

  /** What the slider says where it stands, in the form of a link. */
  get text() {
    return this.masked ? "-inf" : String(this.value(this.k));
  }

  /** @param {number} k */
  move(k) {
    this.k = k;
    this.#place();
    this.field.show(this.text, true);
    this.hand.move();
  }

  /**
   * Take what an answer says.
   *
   * @param {{count: number, index: number, masked: boolean}} now
   * @param {(k: number) => number} value
   * @param {{held: boolean, waits: string | undefined}} hand whether it is held; what it was set to, unanswered
   */
  update({ count, index, masked }, value, { held, waits }) {
    const { range } = this;
    const { uneven } = this.layout;
    const before = this.#count ? this.value(this.k) : Number(waits);
    const from = this.#count ? this.k : index;
    this.#value = value;
    this.#count = count;
    this.masked = masked;
    this.index = index;
    range.disabled = masked || this.#locked;
    range.min = String(uneven ? 0 : value(0));
    range.max = String(uneven ? this.last : value(this.last));
    if (held || waits !== undefined) {
      this.k = closest(count, (k) => Math.abs(value(k) - before), index);
      this.#place();
      this.field.show(held ? this.text : (waits ?? this.text), held);
      return;
    }
    this.k = index;
    this.#place();
    this.field.answer(this.text);
    if (from < index) this.play?.run(from, index);
  }

  /**
   * @param {boolean} locked whether it stands still for now
   * @param {boolean} fixed whether it does in this step, its field too
   */
  lock(locked, fixed) {
    this.#locked = locked || fixed;
    this.range.disabled = this.#locked || this.masked;
    this.typed.disabled = fixed;
    this.play?.lock(this.#locked);
  }

  /** Put the range where the slider stands. */
  #place() {
    const { range, text, k } = this;
    range.value = String(this.layout.uneven ? k : this.value(k));
    range.setAttribute("aria-valuetext", text);
  }

  /** @param {boolean} chosen */
  choose(chosen) {
    if (this.radio) this.radio.checked = chosen;
  }

  #position() {
    const { value, min, max } = this.range;
    const share = (Number(value) - Number(min)) / (Number(max) - Number(min));
    return Math.round(share * this.last);
  }

  leave() {
    this.play?.pause();
    this.#listening.abort();
  }
}
