// @ts-check
// Fields of a form, each with its label above it.

import { make } from "./dom.js";

/**
 * @param {HTMLElement} field
 * @param {string} label
 */
const labelled = (field, label) =>
  make("div", { class: "ce-entry-of" }, make("label", { for: field.id, text: label }), field);

/**
 * @param {string} name
 * @param {string} label
 * @param {{value: string, longest?: number, rows?: number, inputmode?: string}} text
 * @param {(value: string) => void} set
 */
export function entry(name, label, { value, longest, rows, inputmode }, set) {
  const limits = { id: `ce-teach-${name}`, maxlength: longest, inputmode, autocomplete: "off" };
  const field = rows ? make("textarea", { ...limits, rows }) : make("input", { ...limits, type: "text" });
  field.value = value;
  field.addEventListener("input", () => set(field.value));
  return labelled(field, label);
}

/**
 * @param {string} name
 * @param {string} label
 * @param {[value: string, text: string][]} options
 * @param {string} chosen
 * @param {(value: string) => void} set
 */
export function list(name, label, options, chosen, set) {
  const select = make("select", { id: `ce-teach-${name}` });
  select.append(...options.map(([value, text]) => new Option(text, value)));
  select.value = chosen;
  select.addEventListener("change", () => set(select.value));
  return labelled(select, label);
}
