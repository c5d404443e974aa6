// @ts-check
// What the tab keeps for a reload, as JSON. A browser may refuse it, or have no room left.

/** @typedef {Pick<Storage, "getItem" | "setItem">} Stored */

/** @returns {Stored | null} */
export function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // embedded in a page of another site, a browser may refuse it
  }
}

/**
 * @param {Pick<Stored, "getItem"> | null} kept
 * @param {string} key
 * @returns {any} nothing where there is none; anybody may have written it
 */
export function read(kept, key) {
  try {
    return JSON.parse(kept?.getItem(key) || "null");
  } catch {
    return null;
  }
}

/**
 * @param {Pick<Stored, "setItem"> | null} kept
 * @param {string} key
 * @param {string} text
 * @returns {boolean} whether a reload finds it; else it is kept as long as the page stands
 */
export function store(kept, key, text) {
  try {
    kept?.setItem(key, text);
    return kept !== null;
  } catch {
    return false;
  }
}
