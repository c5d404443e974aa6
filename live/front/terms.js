// @ts-check
// Terms in a text, each a button that tells in a sentence what it means; and formulas.

import { make } from "./dom.js";
import { tree } from "./formulas.js";

/** @import {Tree} from "./types.js" */
/** @typedef {string | {text: string, term: string} | {formula: string}} Piece */

// What is no term and no formula stays as it is written.
const NAMED = /\[([a-z][^[\]|]*)(?:\|([a-z][\w-]*))?\]|\{([a-z][\w-]*)\}/gi;
const NO_CELLS = { inFormula: () => make("span") };

/** @type {Record<string, string>} */
let meanings = {};
/** @type {Record<string, Tree>} */
let formulas = {};
let close = "";
/** @type {WeakMap<Element, string>} */
const said = new WeakMap();
/** @type {HTMLElement | null} */
let open = null;

/**
 * Cut a text into plain pieces, terms and formulas: "[softmax]", or "[probabilities|softmax]" where
 * another word stands for it, and "{softmax}".
 *
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  /** @type {Piece[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(NAMED)) {
    if (match.index > end) found.push(text.slice(end, match.index));
    found.push(match[3] ? { formula: match[3] } : { text: match[1], term: match[2] ?? match[1] });
    end = match.index + match[0].length;
  }
  if (end < text.length || !found.length) found.push(text.slice(end));
  return found;
}

/** @param {string} text */
export const plainly = (text) =>
  pieces(text).map((p) => (typeof p === "string" ? p : "formula" in p ? p.formula : p.text)).join("");

/**
 * @param {Record<string, string>} terms
 * @param {Record<string, Tree>} named formulas
 * @param {string} closing what the button that closes the note is called
 */
export function know(terms, named, closing) {
  meanings = terms;
  formulas = named;
  close = closing;
}

/**
 * Write a text whose terms can be tapped.
 *
 * @template {HTMLElement} T
 * @param {T} node
 * @param {string} text
 * @returns {T}
 */
export function termed(node, text) {
  if (said.get(node) === text) return node;
  said.set(node, text);
  node.replaceChildren(...pieces(text).map(element));
  return node;
}

/** @param {Piece} piece */
function element(piece) {
  if (typeof piece === "string") return piece;
  if (!("formula" in piece)) return term(piece);
  const { formula } = piece;
  return Object.hasOwn(formulas, formula) ? tree(formulas[formula], NO_CELLS) : `{${formula}}`;
}

/** @param {{text: string, term: string}} piece */
function term({ text, term: name }) {
  if (!Object.hasOwn(meanings, name)) return text === name ? `[${text}]` : `[${text}|${name}]`;
  const button = make("button", { type: "button", class: "ce-term", "aria-expanded": "false", text });
  button.addEventListener("click", () => {
    const again = open?.dataset.term === name;
    shut();
    if (!again) tell(button, name);
  });
  return button;
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 */
function tell(button, name) {
  const end = make("button", { type: "button", class: "ce-close", "aria-label": close, text: "×" });
  const note = make(
    "div",
    { class: "ce-meaning", role: "status", "data-term": name },
    make("strong", { text: name }),
    make("span", { text: meanings[name] }),
    end,
  );
  (button.closest(".ce-page") ?? document.body).append(note);
  const box = button.getBoundingClientRect();
  const { width, height } = note.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left), Math.max(8, window.innerWidth - width - 8));
  const above = box.top - height - 6;
  note.style.left = `${left}px`;
  note.style.top = `${above > 8 ? above : box.bottom + 6}px`;
  button.setAttribute("aria-expanded", "true");
  open = note;
  const listening = new AbortController();
  const { signal } = listening;
  const finish = () => {
    listening.abort();
    button.setAttribute("aria-expanded", "false");
    note.remove();
    if (open === note) open = null;
  };
  note.addEventListener("ce-shut", finish, { signal });
  end.addEventListener("click", () => {
    finish();
    button.focus();
  }, { signal });
  window.addEventListener("keydown", (event) => event.key === "Escape" && finish(), { signal });
  window.addEventListener("resize", finish, { signal });
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      if (target instanceof Node && !note.contains(target) && !button.contains(target)) finish();
    },
    { signal },
  );
}

/** Close what is open. */
export function shut() {
  open?.dispatchEvent(new Event("ce-shut"));
}
