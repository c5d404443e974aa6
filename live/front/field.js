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
  const whole = () => input.selectionStart === 0 && input.selectionEnd === input.value.length;
  /** @param {string} text */
  const set = (text) => {
    sent = input.value;
    commit(text);
  };
  input.addEventListener("change", () => set(input.value));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!text) return;
    event.preventDefault();
    // A field has one line: without blanks, the numbers of two lines would become one.
    const line = text.replace(/[\r\n]+/g, " ");
    if (whole()) {
      input.value = line;
      input.select(); // so that what is pasted next takes its place, too
      set(text); // in its lines, as these tell rows from columns
    } else {
      document.execCommand("insertText", false, line); // as if it were typed, for Enter and undo
    }
  });
  return {
    show(text, ours = false) {
      const theirs = input.value !== shown && input.value !== sent;
      if (theirs && !ours && document.activeElement === input) return;
      const selected = whole() && document.activeElement === input;
      input.value = text;
      shown = input.value;
      if (selected) input.select();
    },
    answer(text) {
      this.show(text);
      sent = null;
    },
  };
}
