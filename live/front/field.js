// @ts-check
// A text field whose text is the learner's until it is committed and answered.

/**
 * @typedef {object} Field
 * @property {(text: string, ours?: boolean) => void} show what holds now, unless somebody is typing
 * @property {(text: string) => void} answer what became of all that was committed
 */

/**
 * @param {HTMLInputElement} input
 * @param {(text: string) => void} commit
 * @returns {Field}
 */
export function field(input, commit) {
  let shown = "";
  /** @type {string | null} */
  let sent = null; // what was committed and is not answered
  input.addEventListener("change", () => {
    sent = input.value;
    commit(input.value);
  });
  input.addEventListener("focus", () => input.select());
  return {
    show(text, ours = false) {
      const theirs = input.value !== shown && input.value !== sent;
      if (theirs && !ours && document.activeElement === input) return;
      input.value = shown = text;
    },
    answer(text) {
      this.show(text);
      sent = null;
    },
  };
}
