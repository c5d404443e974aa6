// @ts-check
// The parts of a picture that a step may hide, with the names that are read beside them.

import { shownPart } from "./path.js";
import { plainly } from "./terms.js";

/** @import {Answer} from "./types.js" */

/**
 * The cards whose number can be guessed, with their titles.
 *
 * @param {Answer} answer
 * @returns {[readout: string, title: string][]}
 */
export function cards({ layout }) {
  const numbers = layout.instruments[0].cards.filter(({ value }) => value.readout && !value.words.length);
  return numbers.map(({ value, title }) => [value.readout, plainly(title)]);
}

/**
 * @param {Answer} answer to the settings that the step opens
 * @param {Record<string, string>} words
 * @returns {[part: string, name: string][]}
 */
export function parts({ head, layout }, words) {
  const [spec] = layout.instruments;
  const [now] = head.instruments;
  const drags = spec.stacks.flatMap(({ drag }) => drag); // their bars are the handles
  /** @type {[string, string][]} */
  const all = [
    ...spec.stacks.flatMap(({ bands }, i) =>
      bands.map(({ part }, b) => /** @type {[string, string]} */ ([part, now.stacks[i].looks[b].title])),
    ),
    ...spec.figures.map(({ part, title }) => /** @type {[string, string]} */ ([part, title])),
    ...spec.lanes.map(({ part, title }) => /** @type {[string, string]} */ ([part, title])),
    ...spec.tables.map(({ part, title }) => /** @type {[string, string]} */ ([part, title])),
    ...spec.cards.map(({ value, title }) => /** @type {[string, string]} */ ([value.readout, title])),
    ...spec.switches.map(({ part, label }) => /** @type {[string, string]} */ ([part, label])),
    ...spec.sliders
      .filter(({ id }) => !drags.includes(id))
      .map(({ id, label }) => /** @type {[string, string]} */ ([`slider.${id}`, label])),
    ...(spec.choices.length && !spec.stacks.length ? [/** @type {[string, string]} */ (["choices", words.part_choices])] : []),
    ...(spec.presets ? [/** @type {[string, string]} */ (["presets", words.part_presets])] : []),
    ...(spec.editor ? [/** @type {[string, string]} */ (["editor", words.part_editor])] : []),
  ];
  const shows = layout.steps[(head.at ?? 1) - 1]?.shows ?? [];
  const seen = all.filter(([part, name]) => part && name && shownPart(part, shows));
  return [...new Map(seen.map(([part, name]) => [part, plainly(name)]))];
}
