// @ts-check
// Seeds, and the codes of results: the same as in lab/challenge/code.py, which says how and why.

/** @typedef {"skipped" | "first" | "second" | "wrong"} Outcome */

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SEED = 5;
const TRIES = 4;
const CHECK = 7;
/** @type {Outcome[]} */
const OUTCOMES = ["skipped", "first", "second", "wrong"];
const POINTS = { skipped: 0, first: 2, second: 1, wrong: 0 };

export const ITEMS = 10;
export const MOST = ITEMS * POINTS.first;

/** @param {Outcome[]} outcomes */
export const points = (outcomes) => outcomes.reduce((sum, outcome) => sum + POINTS[outcome], 0);

/**
 * @param {string} text as somebody typed it
 * @returns {string | null} nothing where there is a letter that no seed has
 */
function plainLetters(text) {
  const letters = text.replace(/[ -]+/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  return [...letters].every((letter) => LETTERS.includes(letter)) ? letters : null;
}

/**
 * @param {string} text
 * @returns {string} nothing where it is no seed
 */
export function readSeed(text) {
  const seed = plainLetters(text);
  return seed?.length === SEED ? seed : "";
}

/** @returns {string} */
export const newSeed = () => lettersOf(crypto.getRandomValues(new Uint32Array(1))[0], SEED);

/**
 * @param {number} number
 * @param {number} length
 */
function lettersOf(number, length) {
  return Array.from({ length }, (_, i) => LETTERS[Math.floor(number / 32 ** (length - 1 - i)) % 32]).join("");
}

/** @param {string} name */
export function plainName(name) {
  const folded = name.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("\u2019", "'");
  return folded.split(" ").filter(Boolean).join(" ");
}

/**
 * @param {number} edition of what is drawn
 * @param {string} seed
 * @param {string} name
 * @param {Outcome[]} outcomes
 */
export function code(edition, seed, name, outcomes) {
  const number = outcomes.reduce((sum, outcome, i) => sum + OUTCOMES.indexOf(outcome) * 4 ** i, 0);
  const tries = lettersOf(number, TRIES);
  return `${seed}-${tries}-${checksum(edition, seed, tries, name)}`;
}

/**
 * @param {number} edition
 * @param {string} text
 * @param {string} name
 * @returns {{seed: string, outcomes: Outcome[]} | "form" | "check"} what is wrong, where it is none
 */
export function read(edition, text, name) {
  const plain = plainLetters(text);
  if (plain?.length !== SEED + TRIES + CHECK) return "form";
  const seed = plain.slice(0, SEED);
  const tries = plain.slice(SEED, SEED + TRIES);
  if (plain.slice(-CHECK) !== checksum(edition, seed, tries, name)) return "check";
  const number = [...tries].reduce((sum, letter) => sum * 32 + LETTERS.indexOf(letter), 0);
  return { seed, outcomes: Array.from({ length: ITEMS }, (_, i) => OUTCOMES[Math.floor(number / 4 ** i) % 4]) };
}

/**
 * @param {number} edition
 * @param {string} seed
 * @param {string} tries
 * @param {string} name
 */
function checksum(edition, seed, tries, name) {
  const text = `cross-entropy challenge ${edition} ${seed} ${tries} ${plainName(name)}`;
  return lettersOf(crc32(new TextEncoder().encode(text)), CHECK);
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
