// @ts-check
// One instrument: it wires its controls to what they move, and knows which row of the table shows.

import { arranged } from "./arranged.js";
import { Cells, shown } from "./cells.js";
import { listing } from "./code.js";
import { choice, presets } from "./controls.js";
import { make, write } from "./dom.js";
import { Editor } from "./editor.js";
import { Picture } from "./figures.js";
import { Lanes } from "./lanes.js";
import { led as arrangedInSteps } from "./led.js";
import { at, format } from "./numbers.js";
import { load } from "./plot.js";
import { fill } from "./sentences.js";
import { Slider } from "./sliders.js";
import { Stack } from "./stack.js";
import { toggle } from "./switches.js";
import { plainly, termed } from "./terms.js";

/** @import {Memory} from "./editor.js" */
/** @import {Change, Column, InstrumentLayout, Now, Row, Words} from "./types.js" */

/**
 * @typedef {object} Link what an instrument tells the page, and asks it
 * @property {(id: string, value: string, step?: boolean) => void} commit
 * @property {(id: string, value: string) => void} rest where a held slider stands now
 * @property {() => void} released the learner's hand is off a slider
 * @property {() => Change[]} changes what is committed and not answered
 * @property {boolean} led whether the page has steps
 * @property {() => boolean} locked whether the picture stands still until a question is answered
 * @property {(id: string) => boolean} fixed whether the step lets nobody move what a control is of
 * @property {() => void} painted the picture stands elsewhere
 * @property {() => void} drawn a figure was drawn anew: what of it is covered is not yet
 * @property {() => boolean} alone whether an answer is not to be waited for
 */

export class Instrument {
  /** @type {number | null} */
  held = null; // the slider under the pointer or the arrow keys
  /** @type {number | null} */
  #sent = null; // the slider whose release is not answered
  /** @type {Row} */
  #committed = [0, 0];
  /** @type {Row | null} */
  #row = null; // what the picture shows
  /** @type {Column[]} */
  #columns = [];
  /** @type {Now | null} */
  #now = null;
  #frame = 0;
  #left = false;
  #resized = new ResizeObserver(() => this.#resize());

  /**
   * @param {InstrumentLayout} layout
   * @param {Words} words
   * @param {number} number of the instrument on its page
   * @param {Memory} memory of the class editor
   * @param {Link} link
   */
  constructor(layout, words, number, memory, link) {
    this.layout = layout;
    this.link = link;
    const commit = (/** @type {string} */ id, /** @type {string} */ value) => link.commit(id, value);
    this.cells = new Cells(commit);
    this.sliders = layout.sliders.map((spec, s) => {
      const chosen = layout.sliders.slice(0, s).filter((other) => other.choice).length;
      return new Slider(spec, words, `ce-${number}-choice`, this.#hand(s, chosen));
    });
    this.choices = layout.choices.map((spec) => choice(spec, commit));
    this.switches = layout.switches.map((spec) => toggle(spec, commit));
    this.stacks = layout.stacks.map((spec) => new Stack(spec, this.cells, this.#grips()));
    this.lanes = layout.lanes.map((spec) => new Lanes(spec, this.cells));
    this.presets = layout.presets && presets(layout.presets, `ce-${number}-presets`, commit);
    this.editor = layout.editor && new Editor(layout.editor, memory, this.#classes());
    this.pictures = layout.figures.map((spec) => {
      return new Picture(spec, this.cells, words, this.#grips());
    });
    this.said = layout.sentences.map(({ readout }) => make("p", { "data-readout": readout }));
    this.code = layout.code && listing(layout.code);
    this.status = make("p", { class: "ce-hidden", role: "status" });
    this.notice = make("p", { class: "ce-notice", hidden: true, text: words.no_chart });
    const led = link.led ? arrangedInSteps(layout, this, words, number === 0) : null;
    this.tabs = led?.tabs ?? null;
    const parts = led?.nodes ?? arranged(layout, this);
    this.node = make("div", { class: "ce-live", "aria-busy": "true" }, ...parts);
    for (const { plot } of this.pictures) this.#resized.observe(plot);
  }

  // ---------------------------------------------------------------- what the parts tell

  /**
   * @param {number} s
   * @param {number} chosen which of the radio buttons is the slider's
   * @returns {import("./sliders.js").Hand}
   */
  #hand(s, chosen) {
    return {
      pause: () => this.pause(),
      hold: () => (this.held = s),
      move: () => this.#moved(s),
      release: () => this.#release(s),
      type: (text) => {
        this.#sent = s;
        this.link.commit(this.layout.sliders[s].id, text);
      },
      choose: () => this.link.commit(this.layout.choice_id, String(chosen)),
    };
  }

  /** @returns {import("./drag.js").Grips} */
  #grips() {
    return {
      seen: () => (this.#row ? { columns: this.#columns, row: this.#row } : null),
      slider: (id) => {
        const s = this.layout.sliders.findIndex((spec) => spec.id === id);
        const slider = this.sliders[s];
        if (!slider || slider.masked || this.link.locked() || this.link.fixed(id)) return null;
        return { s, k: slider.k, count: slider.last + 1, value: (k) => slider.value(k) };
      },
      begin: () => this.pause(),
      move: (s, k) => this.sliders[s].move(k),
      end: (s) => this.#release(s),
    };
  }

  /** @returns {import("./editor.js").Classes} */
  #classes() {
    const named = (/** @type {number} */ i) => {
      return this.sliders.find(({ layout }) => layout.id === `logits.${i}`);
    };
    return {
      logit: (i) => named(i)?.text ?? "0",
      commit: (id, value, step) => this.link.commit(id, value, step),
      waits: (id) => this.#waits(id) !== undefined,
    };
  }

  /** Nothing moves by itself any more. */
  pause() {
    for (const { play } of this.sliders) play?.pause();
  }

  /** @param {number} s */
  #moved(s) {
    this.held = s;
    this.link.rest(this.layout.sliders[s].id, this.sliders[s].text);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.paint();
    });
  }

  /** @param {number} s */
  #release(s) {
    if (this.held !== s) return;
    if (this.#frame) {
      // A key may be let go of within a frame: where it has led is seen while it is held.
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      this.paint();
    }
    this.held = null;
    const { id } = this.layout.sliders[s];
    const { k, index, text } = this.sliders[s];
    const set = k !== index || this.#waits(id) !== undefined;
    if (set) {
      this.#sent = s;
      this.link.commit(id, text);
    }
    this.link.released();
    if (!set) this.paint();
  }

  /** @param {string} id */
  #waits(id) {
    return this.link.changes().filter((change) => change.id === id).at(-1)?.value;
  }

  // ---------------------------------------------------------------- what an answer brings

  /**
   * What the learner holds stays where the learner holds it.
   *
   * @param {Now} now
   * @param {Column[]} columns
   */
  update(now, columns) {
    const { layout, sliders } = this;
    this.#now = now;
    this.#columns = columns;
    if (this.link.changes().length === 0) this.#sent = null;
    if (this.presets && !this.#waits(this.presets.id)) this.presets.show(now.picked);
    this.choices.forEach(({ id, show }, i) => {
      if (!this.#waits(id)) show(now.choices[i].selected);
    });
    this.switches.forEach(({ id, show }, i) => {
      if (!this.#waits(id)) show(now.switches[i].on);
    });
    this.stacks.forEach((stack, i) => stack.update(now.stacks[i]));
    this.lanes.forEach((lanes, i) => lanes.update(now.lanes[i]));
    if (this.code) this.code.show(now.code ?? "");
    const chosen = this.#waits(layout.choice_id) ?? String(now.choice);
    let choice = 0;
    sliders.forEach((slider, s) => {
      const value = (/** @type {number} */ k) => at(columns[layout.positions], [s, k]);
      const waits = this.#waits(layout.sliders[s].id);
      slider.update(now.sliders[s], value, { held: this.held === s, waits });
      if (slider.radio) slider.choose(chosen === String(choice++));
    });
    this.editor?.update();
    // The last slider is never masked, so its committed position is the committed picture.
    this.#committed = [sliders.length - 1, now.sliders[sliders.length - 1].index];
    this.#row = null;
    this.paint(this.held === null);
    if (this.held === null) this.#speak();
    this.node.removeAttribute("aria-busy");
    void this.#draw();
  }

  /** @param {string} url of Plotly */
  async draw(url) {
    try {
      await load(url);
    } catch {
      this.notice.hidden = false;
      return;
    }
    this.notice.hidden = true;
    await this.#draw();
  }

  /** Draw the backgrounds that have changed, one after the other. */
  async #draw() {
    for (const [i, picture] of this.pictures.entries()) {
      if (!this.#now) return;
      const { plot, alt } = this.#now.figures[i];
      if (await picture.draw(plot, alt, this.#columns)) this.#anew();
    }
  }

  async #resize() {
    const resized = await Promise.all(this.pictures.map((picture) => picture.resize()));
    if (resized.some(Boolean)) this.#anew();
  }

  #anew() {
    this.paint();
    this.link.drawn();
  }

  // ---------------------------------------------------------------- the picture

  /**
   * The table holds one slider's movement with the others at their committed values. Until a
   * release is answered, a second slider has no true row, and the picture waits for it; where the
   * answer is missed, the picture goes on without the first.
   *
   * @returns {Row | null}
   */
  #rowNow() {
    const s = this.held ?? this.#sent;
    if (s === null) return this.#committed;
    const { sliders } = this.layout;
    const others = this.link.changes().some(({ id }) => {
      return id !== sliders[s].id && sliders.some((other) => other.id === id);
    });
    return others && !this.link.alone() ? null : [s, this.sliders[s].k];
  }

  /** @param {boolean} [moves] whether the bars are seen to go to where they stand now */
  paint(moves = false) {
    if (!this.#now || this.#left) return;
    this.#row = this.#rowNow() ?? this.#row ?? this.#committed;
    const row = this.#row;
    const columns = this.#columns;
    this.cells.show(columns, row);
    this.said.forEach((node, i) => {
      const said = this.#now?.sentences[i] ?? null;
      termed(node, fill(this.layout.sentences[i], said, columns, row));
    });
    const moved = row === this.#committed ? null : this.layout.sliders[row[0]].id;
    for (const picture of this.pictures) picture.show(columns, row, moved, moves);
    for (const stack of this.stacks) stack.show(columns, row, moves);
    for (const lanes of this.lanes) lanes.show(columns, row, moved);
    this.link.painted();
  }

  /** The unanswered changes that the picture shows nevertheless: those of the slider in hand. */
  get shown() {
    if (!this.#row || this.#row === this.#committed) return [];
    const slider = this.sliders[this.#row[0]];
    const { id } = slider.layout;
    return Number(this.#waits(id)) === slider.value(slider.k) ? [id] : [];
  }

  /**
   * What a card shows where the picture stands; nothing before it stands.
   *
   * @param {string} readout of its number
   */
  card(readout) {
    const card = this.layout.cards.find(({ value }) => value.readout === readout);
    return card && this.#columns.length ? shown(card.value, this.#columns, this.#row ?? this.#committed) : null;
  }

  /** What a column says where the picture stands. */
  value(/** @type {number} */ column) {
    return at(this.#columns[column], this.#row ?? this.#committed);
  }

  /** What is locked may have changed. */
  lock() {
    const { locked, fixed } = this.link;
    for (const slider of this.sliders) slider.lock(locked(), fixed(slider.layout.id));
    for (const { id, node } of this.switches) node.disabled = locked() || fixed(id);
    for (const { id, node } of this.choices) node.inert = fixed(id);
    // Both set the logits, the one to those of an example.
    for (const part of [this.presets, this.editor]) if (part) part.node.inert = fixed("logits");
  }

  /** @param {Set<string>} left ids of changes that no picture shows */
  mark(left) {
    for (const { node, layout } of this.sliders) node.classList.toggle("ce-waits", left.has(layout.id));
  }

  #speak() {
    // What a step does not show, or covers until a question is answered, is not told either.
    const away = (/** @type {string} */ part) => this.node.querySelector(`[data-part="${part}"]:is([data-off], [data-covered])`);
    const seen = this.layout.cards.filter(({ value }) => !away(value.readout));
    const cards = seen.map(({ title, value: { column, item, style } }) => {
      const value = at(this.#columns[column], this.#committed, item);
      return `${plainly(title)} ${format(value, style ?? { kind: "shortest", digits: 6 })}`;
    });
    const said = this.said.slice(0, 1).map((node) => node.textContent);
    write(this.status, [cards.join(", "), ...said].filter(Boolean).join(". "));
  }

  leave() {
    this.#left = true;
    this.#now = null;
    this.held = null;
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
    for (const slider of this.sliders) slider.leave();
    for (const part of [...this.pictures, ...this.stacks]) part.leave();
    this.editor?.leave();
  }
}
