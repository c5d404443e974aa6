// @ts-check
// What is entered: the numbers as text, as a small table or as a file, the targets, and the options.

import { body } from "./batchframes.js";
import { Grid, MOST } from "./batchgrid.js";
import { MOST as KEPT, keep } from "./batchkept.js";
import { Options } from "./batchoptions.js";
import { Source } from "./batchsource.js";
import { count, sheet, size, written } from "./batchtext.js";
import { make, write } from "./dom.js";
import { say } from "./sentences.js";

/** @import {Entered} from "./batchkept.js" */
/** @import {Fault, Read} from "./batchtypes.js" */

/** @typedef {{name: string, text: string, targets: string, options: Record<string, string>}} Example */
/** @typedef {{entered: Entered, files: (File | null)[]}} State */

const COLUMNS = ["auto", "first", "last", "apart", "none"];

export class Form {
  /** @type {Read | null} */
  #read = null; // what was read of what stands here now
  /** @type {State | null} */
  #before = null; // what something else has taken the place of
  #ours = false; // whether what stands here is an example that nobody has changed
  #wanted = false; // whether it is to be a table as soon as it is read
  #edited = false; // whether the table was changed since it was opened
  #format = ""; // the format that the numbers named which are edited as a table

  /**
   * @param {Record<string, string>} words
   * @param {{most: number, formats: string[], examples: Example[]}} given
   * @param {(now: boolean) => void} changed `now`: by no typing
   */
  constructor(words, { most, formats, examples }, changed) {
    this.words = words;
    this.most = most;
    this.changed = changed;
    const soon = () => {
      this.#ours = false;
      this.#change(false);
    };
    this.numbers = new Source({ name: words.box, hint: words.hint, key: "numbers" }, words, most, soon);
    this.targets = new Source({ name: words.targets_box, hint: words.targets_hint, key: "targets" }, words, most, soon);
    this.options = new Options(words, formats, soon);
    this.grid = new Grid(words, () => this.#edit());
    this.columns = this.#columns(soon);
    this.tabled = make("button", { type: "button", "aria-pressed": "false", text: words.table });
    this.tabled.addEventListener("click", () => {
      if (!this.grid.open) this.#tabulate();
      else {
        this.#open(false);
        this.numbers.box.focus();
      }
    });
    this.back = make("button", { type: "button", hidden: true, text: words.back_to_before });
    this.back.addEventListener("click", () => this.#restore());
    this.said = make("p", { class: "ce-hint ce-read-of", role: "status" });
    this.notes = make("ul", { class: "ce-hint ce-notes" });
    this.kept = make("p", { class: "ce-hint", role: "status" });
    const pills = examples.map((example) => {
      const pill = make("button", { type: "button", class: "ce-example", text: example.name });
      pill.addEventListener("click", () => this.#try(example));
      return pill;
    });
    const { numbers, targets } = this;
    this.apart = make(
      "div",
      { class: "ce-apart", hidden: true },
      make("div", { class: "ce-label" }, targets.label, targets.choose, targets.picker),
      targets.box,
      targets.chip,
      targets.told,
      targets.show,
    );
    this.node = make(
      "div",
      { class: "ce-entry" },
      make("h1", { text: words.title }),
      make("p", { class: "ce-lead", text: words.lead }),
      make("div", { class: "ce-examples", role: "group", "aria-label": words.examples }, make("span", { text: words.examples, "aria-hidden": "true" }), ...pills),
      make("div", { class: "ce-label" }, numbers.label, this.back),
      numbers.box,
      this.grid.node,
      numbers.chip,
      numbers.told,
      make("div", { class: "ce-tools" }, numbers.choose, numbers.picker, this.grid.more, this.grid.less, this.tabled, numbers.show),
      this.said,
      this.notes,
      make("label", { class: "ce-where" }, make("span", { text: words.targets }), this.columns),
      this.apart,
      this.options.node,
    );
    const privacy = make("p", { class: "ce-hint", text: say(words.privacy, ["most", size(most)]) });
    this.foot = make("div", { class: "ce-foot" }, privacy, this.kept);
  }

  /** @param {() => void} soon */
  #columns(soon) {
    const select = make("select");
    for (const key of COLUMNS) select.append(new Option(this.words[`targets_${key}`], key));
    select.addEventListener("change", () => {
      this.#place();
      soon();
    });
    return select;
  }

  /** The targets have a box where they are said to stand in one. */
  #place() {
    this.apart.hidden = this.columns.value !== "apart";
  }

  // ---------------------------------------------------------------- what is entered

  get empty() {
    return this.numbers.empty;
  }

  /** @returns {State} */
  get state() {
    const options = { ...this.options.values, columns: this.columns.value };
    const entered = { text: this.numbers.text, targets: this.targets.text, options };
    return { entered, files: [this.numbers.file, this.targets.file] };
  }

  /** @param {State} state */
  set({ entered: { text, targets, options }, files }) {
    this.numbers.set(text);
    this.targets.set(targets);
    this.options.set(options);
    this.columns.selectedIndex = Math.max(COLUMNS.indexOf(options.columns), 0);
    this.numbers.hold(files[0]);
    this.targets.hold(files[1]);
    this.#place();
  }

  /**
   * What is sent: all of it as it was typed.
   *
   * @param {string} lang
   * @param {string} as the kind of file that is asked for, or "" for what is shown
   */
  body(lang, as) {
    const { numbers, targets } = this;
    const apart = this.columns.value === "apart";
    const options = { ...this.options.values, columns: this.columns.value };
    const head = { lang, as, name: numbers.name, targets_name: apart ? targets.name : "", options };
    return body(head, numbers.blob, apart ? targets.blob : new Blob([]));
  }

  /** @param {boolean} now */
  #change(now) {
    this.#read = null;
    this.#wanted = false;
    this.keep();
    this.changed(now);
  }

  /** Let the tab keep it, and say where it cannot. */
  keep() {
    const long = !keep(this.state.entered);
    write(this.kept, long ? say(this.words.not_kept, ["most", size(KEPT)]) : this.words.kept);
  }

  /** Something else takes the place of what stands here, which can be brought back. */
  #remember() {
    if (!this.empty && !this.#ours) this.#before = this.state;
    this.back.hidden = !this.#before;
  }

  /** @param {Example} example */
  #try({ text, targets, options }) {
    this.#remember();
    this.#open(false);
    this.set({ entered: { text, targets, options }, files: [null, null] });
    this.#ours = true;
    this.#change(true);
  }

  #restore() {
    const before = this.#before;
    if (!before) return;
    this.#before = this.state; // and back again
    this.#ours = false;
    this.#open(false);
    this.set(before);
    this.#change(true);
  }

  // ---------------------------------------------------------------- as a table

  /** Show the text as a table, if it is a small one; where nothing stands, an empty one. */
  #tabulate() {
    const read = this.#read;
    this.#wanted = !read && !this.empty; // somebody has just typed
    const blank = { names: [], rows: Array.from({ length: 3 }, () => ["", "", ""]) };
    const shown = this.empty ? blank : read && sheet(read, this.columns.value === "apart", this.words.target);
    if (!shown) return;
    this.#format = read?.dtype ?? "";
    this.#edited = false;
    this.grid.show(shown);
    this.#open(true);
    this.grid.focus(0, 0);
  }

  /** A table of plain numbers takes the place of what was read: what that said of itself is set. */
  #edit() {
    if (!this.#edited) {
      this.#remember();
      const { values } = this.options;
      this.options.set({ ...values, format: values.format || this.#format });
      if (["first", "last"].includes(this.columns.value)) this.columns.value = "auto";
      this.numbers.hold(null);
    }
    this.#edited = true;
    this.#ours = false;
    this.numbers.set(written(this.grid.sheet));
    this.#change(false);
  }

  /** @param {boolean} open */
  #open(open) {
    this.grid.open = open;
    this.numbers.box.hidden = this.numbers.choose.hidden = open;
    this.tabled.setAttribute("aria-pressed", String(open));
    write(this.tabled, open ? this.words.text : this.words.table);
  }

  // ---------------------------------------------------------------- what the server says of it

  /** @param {Read} read */
  read(read) {
    this.#read = read;
    const { words } = this;
    const { rows, classes, dtype, notes } = read;
    const text = dtype ? words.read_as : words.read;
    write(this.said, say(text, ["rows", count(rows)], ["classes", count(classes)], ["dtype", dtype]));
    this.notes.replaceChildren(...notes.map((note) => make("li", { text: note })));
    const few = this.#fits(read);
    this.tabled.disabled = !few && !this.grid.open;
    const limit = say(words.no_table, ["rows", String(MOST.rows)], ["columns", String(MOST.columns)]);
    this.tabled.title = few ? "" : limit;
    if (few && this.#wanted) this.#tabulate();
  }

  /** @param {Read} read */
  #fits({ table, rows, classes }) {
    return table !== null && rows <= MOST.rows && classes <= MOST.columns;
  }

  /** What was said of it is of what stood here before. */
  clear() {
    for (const source of [this.numbers, this.targets]) source.fault(null);
    this.options.fault("", "");
    this.grid.mark(0, 0);
    if (this.empty) this.unread();
  }

  /** What stands here is no rows, or none that can be read. */
  unread() {
    this.tabled.disabled = !this.empty && !this.grid.open;
    this.tabled.title = "";
    write(this.said, "");
    this.notes.replaceChildren();
  }

  /** @param {Fault} fault */
  fault(fault) {
    const { field, text, line, column } = fault;
    if (this.options.fault(field, text)) return;
    if (field === "targets" && this.columns.value === "apart") {
      this.targets.fault(fault);
      return;
    }
    this.numbers.fault(fault);
    this.unread();
    if (!this.grid.open) return;
    this.grid.mark(line, column);
    this.numbers.show.hidden = true; // the box is not seen
  }
}
