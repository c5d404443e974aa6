// @ts-check
// Where the parts of an instrument stand on a page with steps: all in one view.

import { card } from "./cards.js";
import { dock } from "./dock.js";
import { make } from "./dom.js";
import { formulas } from "./formulas.js";
import { table } from "./tables.js";
import { Tabs } from "./tabs.js";

/** @import {Parts} from "./arranged.js" */
/** @import {Lanes} from "./lanes.js" */
/** @import {Stack} from "./stack.js" */
/** @import {InstrumentLayout, Words} from "./types.js" */

/**
 * @param {InstrumentLayout} layout
 * @param {Parts & {stacks: Stack[], lanes: Lanes[], switches: {node: HTMLElement}[]}} parts
 * @param {Words} words
 * @param {boolean} first whether it is the first one of its page; others become panels of it
 * @returns {{nodes: HTMLElement[], tabs: Tabs | null}}
 */
export function led(layout, parts, words, first) {
  const { cells } = parts;
  const cards = layout.cards.map((spec) => {
    const node = card(spec, cells, "h2");
    node.dataset.part = spec.value.readout;
    return node;
  });
  const sliders = /** @type {import("./sliders.js").Slider[]} */ (parts.sliders);
  const both = parts.stacks.length > 0 && parts.pictures.length > 0;
  const switches = parts.switches.map(({ node }) => node);
  const side = make("div", { class: "ce-side" }, ...switches, ...(both ? charts(parts, sliders, cards) : cards));
  if (parts.stacks.length) {
    const shown = layout.formulas.length ? [formulas(layout.formulas_title, layout.formulas, cells)] : [];
    side.prepend(...layout.tables.map((spec) => table(spec, cells)), ...shown);
  }
  if (layout.lanes.length) return { nodes: steered(layout, parts, words), tabs: null };
  if (layout.scene) {
    const picture = make("div", { class: "ce-scene" }, ...parts.pictures.map(({ node }) => node));
    named(sliders);
    const all = layout.sliders.map(({ id }) => id);
    const below = dock(sliders, all, words.class, { focus: () => {}, choose: () => {} });
    below.classList.add("ce-open");
    return { nodes: [picture, side, below, parts.notice, parts.status], tabs: null };
  }
  if (parts.stacks.length) {
    const [stack] = parts.stacks;
    const beside = both ? [] : sliders.filter((slider) => slider.layout.beside).map((slider) => slider.layout.id);
    const below = dock(sliders, stack.spec.drag, words.class, stack, beside);
    return { nodes: [stack.node, side, below, parts.status], tabs: null };
  }
  const all = panels(layout, parts, cards, words);
  if (!first) return { nodes: [...all.flatMap(([, ...content]) => content), parts.notice, parts.status], tabs: null };
  const tabs = new Tabs();
  all.forEach(([title, ...content]) => tabs.add(title, content));
  return { nodes: [tabs.node, parts.notice, parts.status], tabs };
}

/**
 * The sliders with their lanes, what is opened below them, and the main table beside.
 *
 * @param {InstrumentLayout} layout
 * @param {Parts & {lanes: Lanes[]}} parts
 * @param {Words} words
 */
function steered(layout, { cells, lanes, pictures, notice, status, ...parts }, words) {
  const sliders = /** @type {import("./sliders.js").Slider[]} */ (parts.sliders);
  named(sliders);
  const all = layout.sliders.map(({ id }) => id);
  const below = dock(sliders, all, words.class, { focus: () => {}, choose: () => {} });
  below.classList.add("ce-open");
  for (const { spec, node } of lanes) {
    sliders.find((slider) => slider.layout.id === spec.under)?.node.after(node);
  }
  const tables = layout.tables.map((spec) => ({ spec, node: table(spec, cells) }));
  const of = (/** @type {boolean} */ main) => tables.filter(({ spec }) => spec.main === main).map(({ node }) => node);
  const opened = make("div", { class: "ce-opened" }, ...pictures.map(({ node }) => node), ...of(false));
  return [make("div", { class: "ce-steer" }, below, opened), make("div", { class: "ce-main" }, ...of(true)), notice, status];
}

/**
 * The figures beside a stack, of which a step shows one; below it the sliders of what no bar shows,
 * and numbers.
 *
 * @param {Parts} parts
 * @param {import("./sliders.js").Slider[]} sliders
 * @param {HTMLElement[]} cards
 */
function charts({ pictures, notice }, sliders, cards) {
  const beside = sliders.filter(({ layout }) => layout.beside);
  named(beside);
  return [
    make("div", { class: "ce-scene ce-one" }, ...pictures.map(({ node }) => node)),
    make("div", { class: "ce-hands" }, ...beside.map(({ node }) => node)),
    make("div", { class: "ce-cards" }, ...cards),
    notice,
  ];
}

/**
 * @param {InstrumentLayout} layout
 * @param {Parts & {switches: {node: HTMLElement}[]}} parts
 * @param {HTMLElement[]} cards
 * @param {Words} words
 * @returns {[string, ...HTMLElement[]][]}
 */
function panels(layout, parts, cards, words) {
  const { cells, presets, editor, code, said, sliders, choices, pictures } = parts;
  named(sliders);
  if (presets) presets.node.dataset.part = "presets";
  if (editor) editor.node.dataset.part = "editor";
  const top = [presets, editor].filter((part) => part !== null).map(({ node }) => node);
  const main = layout.tables.filter((spec) => spec.main).map((spec) => table(spec, cells));
  const several = sliders.some(({ radio }) => radio);
  const controls = make(
    "div",
    { class: "ce-controls" },
    make("p", { class: "ce-hint", text: layout.hint }),
    make(
      "div",
      { class: "ce-sliders", ...(several && { role: "radiogroup", "aria-label": layout.choice_label }) },
      ...sliders.map(({ node }) => node),
    ),
    make("div", { class: "ce-choices", "data-part": "choices" }, ...choices.map(({ node }) => node)),
  );
  const figures = make("div", { class: "ce-figures" }, ...main, ...pictures.map(({ node }) => node));
  const others = layout.tables.filter((spec) => !spec.main);
  const source = layout.code?.beside ? read(parts, others) : null;
  const play = make(
    "div",
    { class: source ? "ce-play ce-read" : "ce-play" },
    ...(top.length ? [make("div", { class: "ce-top" }, ...top)] : []),
    ...(source ? [source] : []),
    controls,
    // It may scroll, which keys can do only where the focus is.
    make("div", { class: "ce-seen", tabindex: "0" }, figures, make("div", { class: "ce-cards" }, ...cards)),
  );
  const rest = layout.sentences.slice(1).map(
    ({ title }, i) => /** @type {[string, HTMLElement]} */ ([title, said[i + 1]]),
  );
  return [
    [words.play, play],
    ...(source ? [] : others).map(
      (spec) => /** @type {[string, HTMLElement]} */ ([spec.title, table(spec, cells)]),
    ),
    ...(layout.formulas.length
      ? [/** @type {[string, HTMLElement]} */ ([layout.formulas_title, formulas(layout.formulas_title, layout.formulas, cells)])]
      : []),
    ...rest,
    ...(code && layout.code && !source ? [/** @type {[string, HTMLElement]} */ ([layout.code.title, code.node])] : []),
  ];
}

/**
 * Give sliders the names by which a step shows them.
 *
 * @param {{node: HTMLElement}[]} sliders
 */
function named(sliders) {
  for (const { node } of sliders) node.dataset.part = `slider.${node.dataset.slider}`;
}

/**
 * Code that is read beside the figures, and what it is given.
 *
 * @param {Parts & {switches: {node: HTMLElement}[]}} parts
 * @param {import("./types.js").Table[]} tables
 */
function read({ code, cells, switches }, tables) {
  return make(
    "div",
    { class: "ce-source" },
    make("div", { class: "ce-switches" }, ...switches.map(({ node }) => node)),
    ...(code ? [code.node] : []),
    ...tables.map((spec) => table(spec, cells)),
  );
}
