// @ts-check
// A lesson that a teacher prepares, as it stands on the page, in its link, and in its file.

/**
 * @typedef {{text: string, options: string[], right: number}} Own
 * @typedef {{text: string, of: string, low: number | null, high: number | null}} Guess
 * @typedef {{text: string, form: string, loss: string, above?: number | string | null, below?: number | string | null}} Goal
 *
 * @typedef {object} LessonStep lab/prepared/lesson.py says what its fields are
 * @property {string} page
 * @property {string} link
 * @property {string} [title]
 * @property {string} [text]
 * @property {string} [kind]
 * @property {string} [key]
 * @property {Own | null} [own]
 * @property {Guess | null} [guess]
 * @property {Goal | null} [goal]
 * @property {string[]} [hidden]
 * @property {string[]} [locked]
 *
 * @typedef {{title: string, steps: LessonStep[]}} Prepared
 * @typedef {{title: string, steps: {key: string, kind: string, title: string, goals: boolean}[], locks: [string, string][]}} LabPage
 */

const VERSION = "1";

/**
 * Pack what JSON can hold into a text that a link takes as it is.
 *
 * @param {unknown} content
 */
export async function pack(content) {
  const packing = new Blob([JSON.stringify(content)]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(packing).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `${VERSION}.${btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/**
 * What a link that was pasted leads to: a page of the lab with its settings, or a whole lesson.
 *
 * @param {string} text
 * @param {string} base where the lab is, with its host
 * @param {string} first the page without a path
 * @returns {{page: string, link: string, lesson: string} | null}
 */
export function pasted(text, base, first) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  // The lab may be reached by another name: what counts is the path.
  const path = new URL(base).pathname.replace(/[/]$/, "");
  const rest = url.pathname.replace(/[/]$/, "");
  if (!/^https?:$/.test(url.protocol) || !(rest === path || rest.startsWith(`${path}/`))) return null;
  const page = rest.slice(path.length + 1) || first;
  return { page, link: url.search.slice(1), lesson: url.searchParams.get("lesson") ?? "" };
}

/**
 * The step of its page whose picture a step shows, counted from 1.
 *
 * @param {LessonStep} step
 */
export const at = ({ link }) => Number(new URLSearchParams(link).get("at") ?? 1);

/**
 * A step that was taken from the lab: at first there is to be done what there is.
 *
 * @param {LessonStep} step
 * @param {LabPage} page
 * @returns {LessonStep}
 */
export function begun(step, { steps }) {
  if (step.kind) return step;
  const { key, kind, title } = steps[at(step) - 1] ?? { key: "", kind: "see", title: "" };
  return { ...step, title: [...title].slice(0, 24).join(""), kind, key: kind === "predict" || kind === "reach" ? key : "" };
}

/**
 * Give a step something else to do; what is asked for is shown, too.
 *
 * @param {LessonStep} step
 * @param {string} chosen "see", "explore", "own", "guess", "goal", or a step of the page
 * @param {LabPage} page
 * @returns {LessonStep}
 */
export function doing(step, chosen, { steps }) {
  const n = steps.findIndex(({ key }) => chosen === `key.${key}`);
  if (n < 0) {
    const own = chosen === "own" ? { text: "", options: ["", ""], right: 0 } : null;
    const guess = chosen === "guess" ? { text: "", of: "", low: 0, high: 1 } : null;
    const goal = chosen === "goal" ? { text: "", form: "naive", loss: "inf" } : null;
    return { ...step, kind: goal ? "reach" : own || guess ? "predict" : chosen, key: "", own, guess, goal };
  }
  const link = new URLSearchParams(step.link);
  link.set("at", String(n + 1));
  return { ...step, kind: steps[n].kind, key: steps[n].key, own: null, guess: null, goal: null, link: link.toString() };
}

/**
 * What `doing` would be given for what there is to do.
 *
 * @param {LessonStep} step
 */
export const done = ({ kind, key, own, guess, goal }) =>
  own ? "own" : guess ? "guess" : goal ? "goal" : key ? `key.${key}` : (kind ?? "see");

/**
 * The lesson as it is sent: without the answers that were left empty.
 *
 * @param {Prepared} lesson
 * @returns {Prepared}
 */
export function sent({ title, steps }) {
  const filled = steps.map((step) => {
    if (!step.own) return step;
    const { text, options, right } = step.own;
    const left = options.filter((option) => option.trim());
    return { ...step, own: { text, options: left, right: options[right]?.trim() ? left.indexOf(options[right]) : -1 } };
  });
  return { title, steps: filled };
}
