// The player of the live component: it looks rows up, formats numbers and moves what is drawn.
// All that it shows was computed by NumPy; see pages/shared/live/__init__.py. The three files
// numbers.js, drawing.js and live.js are one module, in this order.

const TYPES = { f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array };
const MATHML = "http://www.w3.org/1998/Math/MathML";
const FEW = 8; // sliders that fit on a screen, beside figures that are taller than it
const APP = "[data-test-connection-state]"; // where Streamlit says whether its server answers
const FRAME = 60; // ms between two positions of a slider that plays
const LATE = 2000; // ms until an answer is missed
const BEAT = 8000; // ms that a sign of life may take at first; a slow network is given ever more
const KEPT = "ce-progress"; // where the tab keeps what the learner has done
const instances = new WeakMap();

// ---------------------------------------------------------------- the message

async function unpack(bytes) {
  const deflated = new Blob([bytes]).stream();
  const message = await new Response(
    deflated.pipeThrough(new DecompressionStream("deflate")),
  ).arrayBuffer();
  const length = new DataView(message).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
  const body = new Uint8Array(message, 4 + length);
  let offset = 0;
  const columns = {};
  for (const [name, type, shape] of head.columns) {
    const rows = shape[0] * shape[1];
    const items = shape[2] ?? 1;
    const data = new TYPES[type](rows * items);
    const bytes = new Uint8Array(data.buffer);
    const width = data.BYTES_PER_ELEMENT;
    // All first bytes come first, then all second ones: so arranged they deflate better.
    for (let byte = 0; byte < width; byte++) {
      for (let i = byte; i < bytes.length; i += width) bytes[i] = body[offset++];
    }
    columns[name] = { data, rows, positions: shape[1], items };
  }
  return { ...head, columns };
}

// ---------------------------------------------------------------- the document

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Streamlit takes these messages from the page itself; see server/address.py.
function tell(type, more) {
  window.postMessage({ stCommVersion: 1, type, ...more }, location.origin);
}

// Embedded in a page of another site, a browser may refuse the storage.
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return (window.ceStorage ??= {});
  }
}

function swatch(name) {
  return make("i", { class: "ce-swatch", "data-swatch": name, "aria-hidden": "true" });
}

// What decides which elements there are. The rest changes with every release, in place.
function outline({ sliders, figures, sentences, code, choice, choices, presets, ...rest }) {
  return JSON.stringify({
    ...rest,
    sliders: sliders.map(({ values, index, ...slider }) => slider),
    figures: figures.map(({ plot, alt, ...figure }) => figure),
    sentences: sentences.map(({ readout, title }) => [readout, title]),
    choices: choices.map(({ selected, ...choice }) => choice),
    presets: presets?.options,
    code: code !== null,
  });
}

class Live {
  constructor(root) {
    this.root = root;
    this.figures = [];
    this.shape = "";
    this.held = null; // the slider under the pointer or the arrow keys
    this.sent = null; // the slider whose release the server has not answered
    this.typed = null; // the text of a field that the server has not answered
    this.changes = []; // what the server has not yet said that it saw, numbered
    this.number = 0; // of the last change
    this.linked = true; // whether there is a connection, as far as Streamlit knows
    this.away = false; // whether there was none since the server's last message
    this.late = false; // whether an answer is missed
    this.moved = false; // whether the learner went back or forward without a connection
    this.seen = 0; // the number up to which the server has seen them
    this.resized = new ResizeObserver(() => this.frame());
    this.connection = new MutationObserver(() => this.online());
    this.drawn = 0; // how often the charts were begun anew
    this.received = 0; // messages; one that was unpacked too late is left out
    this.left = new AbortController();
    const listen = (target, type, heard) =>
      target.addEventListener(type, heard, { signal: this.left.signal, capture: true });
    listen(window, "popstate", () => (this.moved ||= this.away));
    // After a sleep nobody may have told the browser that its connection is dead.
    listen(window, "online", () => this.beat());
    listen(document, "visibilitychange", () => document.hidden || this.beat());
    listen(document, "click", ({ target }) => {
      if (!target.closest(".ce-live") && target.closest("a, button, label")) this.expect();
    });
  }

  // A new table has come. What the learner holds stays where the learner holds it.
  update(message) {
    this.answered(message.seen);
    this.keep(message.kept);
    this.columns = message.columns;
    this.words = message.words;
    const { sliders } = (this.instrument = message.instrument);
    const shape = outline(this.instrument);
    let focused;
    if (shape !== this.shape) {
      if (this.root.contains(document.activeElement)) focused = document.activeElement.dataset.focus;
      this.build();
      this.shape = shape;
      this.load(message.plotly);
    } else {
      this.replot();
    }
    const { presets } = this.instrument;
    this.pills.forEach((pill) => (pill.checked = pill.value === presets.picked));
    if (this.code) this.code.textContent = this.instrument.code.text;
    this.selects.forEach((select, i) => (select.selectedIndex = this.instrument.choices[i].selected));
    sliders.forEach((slider, s) => this.set(s, slider));
    this.typed = null;
    if (focused) this.root.querySelector(`[data-focus="${focused}"]`)?.focus();
    // The last slider is never masked, so its committed position is the committed picture.
    this.committed = [sliders.length - 1, sliders.at(-1).index];
    this.paint();
    if (this.held === null) this.speak();
    this.root.removeAttribute("aria-busy");
  }

  // A server that has seen less than before is a new one, and is told again what got lost; so is
  // one that could not be reached for a while.
  answered(seen) {
    const forgot = seen < this.seen || this.away;
    this.away = !this.linked;
    this.late = false;
    clearTimeout(this.doubt);
    this.doubt = undefined;
    this.seen = seen;
    this.number = Math.max(this.number, seen);
    this.changes = this.changes.filter(({ n }) => n > seen);
    if (this.changes.length === 0) {
      this.sent = null;
      return;
    }
    if (forgot) this.send(this.changes);
    this.expect();
  }

  // The tab keeps what was done, for a server that was started anew and for a page opened again.
  keep({ told, done }) {
    const kept = JSON.parse(storage()[KEPT] ?? "[]");
    const known = new Set(done.map(([page, part]) => `${page} ${part}`));
    if (told || kept.every(([page, part]) => known.has(`${page} ${part}`))) {
      storage()[KEPT] = JSON.stringify(done);
    } else if (!this.waits("progress")) this.commit("progress", kept);
  }

  commit(id, value) {
    this.changes.push({ n: (this.number += 1), id, value });
    if (!this.away) this.send(this.changes);
    this.expect();
  }

  // What was set last and not answered.
  waits(id) {
    return this.changes.findLast((change) => change.id === id);
  }

  // A connection may be dead though nobody has closed it. When an answer is missed, Streamlit is
  // asked for a sign of life of its server; without one it connects anew.
  expect(wait = LATE, patience = BEAT) {
    this.doubt ??= setTimeout(() => {
      this.doubt = undefined;
      this.late = this.changes.length > 0;
      this.paint();
      this.beat(patience);
      this.expect(2 * patience, 2 * patience);
    }, wait);
  }

  beat(patience = BEAT) {
    if (this.linked) tell("SEND_APP_HEARTBEAT", { ackTimeoutMilliseconds: patience });
  }

  build() {
    this.remove();
    const { instrument } = this;
    this.cells = [];
    this.controls = instrument.sliders.map((slider, s) => this.control(slider, s));
    this.selects = [];
    this.figures = instrument.figures.map((figure) => this.figure(figure));
    this.sentences = instrument.sentences.map(({ readout, title }) => ({
      node: make("p", { "data-readout": readout }),
      title: make("h2", { text: title }),
    }));
    this.status = make("p", { class: "ce-hidden", role: "status" });
    this.notice = make("p", { class: "ce-notice", hidden: true });
    this.offline = make("p", { class: "ce-notice ce-offline", role: "status" });
    this.code = null;
    const several = instrument.sliders.some(({ choice }) => choice);
    this.pills = [];
    const rest = instrument.tables.filter(({ main }) => !main);
    this.root.replaceChildren(
      ...(instrument.presets ? [this.presets(instrument.presets)] : []),
      make(
        "div",
        { class: "ce-controls" },
        make(
          "section",
          { class: instrument.sliders.length <= FEW ? "ce-stays" : "" },
          make("h2", { text: instrument.title }),
          make("p", { class: "ce-hint", text: instrument.hint }),
          make(
            "div",
            { class: "ce-sliders", ...(several && { role: "radiogroup", "aria-label": instrument.choice_label }) },
            ...this.controls.map((control) => control.node),
          ),
          make("div", { class: "ce-choices" }, ...instrument.choices.map((c) => this.choice(c))),
        ),
      ),
      this.notice,
      this.offline,
      make(
        "div",
        { class: "ce-figures" },
        ...instrument.tables.filter(({ main }) => main).map((table) => this.table(table)),
        ...this.figures.map((figure) => figure.node),
      ),
      this.results(instrument),
      ...(instrument.formulas.length ? [this.formulas(instrument)] : []),
      make("div", { class: "ce-tables" }, ...rest.map((table) => this.table(table))),
      ...(instrument.code ? [this.listing(instrument.code)] : []),
      this.status,
    );
    this.figures.forEach((figure) => this.resized.observe(figure.plot));
    const app = document.querySelector(APP);
    if (app) this.connection.observe(app, { attributeFilter: ["data-test-connection-state"] });
    this.connection.observe(document.body, { childList: true });
  }

  // Without the server the slider under the pointer goes on: its table is here. Streamlit covers
  // such a page with a dialog; it is closed, and a line says the same. A server that is back may
  // have been started anew, and Streamlit asks it for nothing.
  online() {
    const app = document.querySelector(APP);
    const linked = app === null || app.getAttribute("data-test-connection-state") === "CONNECTED";
    if (linked && !this.linked) {
      if (this.moved) window.dispatchEvent(new PopStateEvent("popstate"));
      else tell("RERUN_SCRIPT");
      this.moved = false;
    }
    this.linked = linked;
    this.away ||= !linked;
    if (!linked && document.querySelector("[data-testid=stDialog]")) tell("CLOSE_MODAL");
    this.paint();
  }

  results({ cards_title: title, cards }) {
    const heading = title ? [make("h2", { text: title })] : [];
    const row = make("div", { class: "ce-cards" }, ...cards.map((card) => this.card(card)));
    const said = this.sentences.map(({ title: name, node }) => make("div", {}, name, node));
    return make(
      "section",
      { class: "ce-results" },
      ...heading,
      ...(cards.length ? [row] : []),
      make("div", { class: "ce-said" }, ...said),
    );
  }

  formulas({ formulas_title: title, formulas }) {
    const shown = formulas.map(({ lead, math }) => {
      const attributes = { class: "ce-formula", tabindex: "0", role: "region", "aria-label": lead };
      const node = make("div", attributes, this.math(math));
      return make("div", {}, make("p", { class: "ce-hint", text: lead }), node);
    });
    const heading = title ? [make("h2", { text: title })] : [];
    return make("section", { class: "ce-formulas" }, ...heading, ...shown);
  }

  // A tree of [tag, ...children]; a child is a text, a tree, or a number that follows the drag.
  math([tag, ...children]) {
    const node = document.createElementNS(MATHML, tag);
    if (tag === "math") node.setAttribute("display", "block");
    for (const child of children) {
      if (Array.isArray(child)) node.append(this.math(child));
      else if (typeof child === "string") node.append(child);
      else {
        const number = document.createElementNS(MATHML, "mn");
        if (child.readout) number.dataset.readout = child.readout;
        this.cells.push({ ...child, node: number });
        node.append(number);
      }
    }
    return node;
  }

  cell(cell) {
    const node = make("span", { "data-readout": cell.readout });
    this.cells.push({ ...cell, node });
    if (cell.shade) node.classList.add("ce-shade");
    const under = cell.under ? [this.cell(cell.under)] : [];
    under.forEach((lower) => lower.classList.add("ce-below"));
    if (!cell.pick) return under.length ? make("span", {}, node, ...under) : node;
    const [id, value] = cell.pick;
    const button = make(
      "button",
      {
        type: "button",
        class: "ce-pick",
        "aria-label": cell.label,
        "aria-pressed": String(cell.picked),
        "data-focus": `pick-${value}`,
      },
      node,
      ...under,
    );
    button.addEventListener("click", () => this.commit(id, value));
    return button;
  }

  row(row) {
    const label = make("th", { scope: "row" });
    if (row.swatch) label.append(swatch(row.swatch));
    label.append(make(row.code ? "code" : "span", { text: row.label }));
    const cells = row.cells.map((cell) => make("td", {}, ...(cell ? [this.cell(cell)] : [])));
    return make("tr", {}, label, ...cells);
  }

  head(first, names) {
    const cells = names.map((name) => make("th", { scope: "col", text: name, title: name }));
    const corner = first ? make("th", { scope: "col", text: first }) : make("td");
    return make("thead", {}, make("tr", {}, corner, ...cells));
  }

  table({ title, lead, head, rows }) {
    const table = make("table", { "aria-label": title }, this.head(head[0], head.slice(1)));
    table.append(make("tbody", {}, ...rows.map((row) => this.row(row))));
    return make(
      "section",
      { class: "ce-table" },
      make("h2", { text: title }),
      make("p", { class: "ce-hint", text: lead }),
      make("div", { class: "ce-scroll", tabindex: "0", role: "region", "aria-label": title }, table),
    );
  }

  listing({ title, lead, copy, copied }) {
    this.code = make("code");
    const pre = make("pre", { tabindex: "0", role: "region", "aria-label": title }, this.code);
    const button = make("button", { type: "button", text: copy });
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(this.code);
      // Browsers give pages without HTTPS no clipboard; the selection is then ready for Ctrl+C.
      await navigator.clipboard?.writeText(this.code.textContent);
      if (navigator.clipboard) button.textContent = copied;
    });
    button.addEventListener("blur", () => (button.textContent = copy));
    return make(
      "section",
      { class: "ce-code" },
      make("h2", { text: title }),
      button,
      make("p", { class: "ce-hint", text: lead }),
      pre,
    );
  }

  card(card) {
    const title = make("h3", {}, ...(card.swatch ? [swatch(card.swatch)] : []), card.title);
    const value = make(
      "p",
      { class: "ce-value" },
      this.cell(card.value),
      " ",
      make("span", { class: "ce-unit", text: card.unit }),
    );
    const { second_label: label, second } = card;
    return make(
      "div",
      { class: "ce-card" },
      title,
      make("p", { class: "ce-hint", text: card.note }),
      value,
      ...(second ? [make("p", { class: "ce-hint" }, label, this.cell(second))] : []),
    );
  }

  // ---------------------------------------------------------------- the sliders

  control(slider, s) {
    const range = make("input", {
      type: "range",
      "aria-label": slider.label,
      "data-focus": `range-${slider.id}`,
      step: "any",
      disabled: slider.masked,
    });
    const field = make("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": this.words.exact.replace("{label}", () => slider.label),
      "data-focus": `field-${slider.id}`,
    });
    const name = make("span", { class: "ce-name", text: slider.name, title: slider.name });
    const radio = slider.choice
      ? make("input", {
          type: "radio",
          name: `${this.root.dataset.instance}-choice`,
          "aria-label": slider.choice,
          "data-focus": `radio-${slider.id}`,
        })
      : null;
    const label = make("label", {}, ...(radio ? [radio] : []), name);
    const node = make("div", { class: "ce-slider", "data-slider": slider.id }, label, range, field);

    range.addEventListener("input", () => this.move(s, this.position(s)));
    range.addEventListener("pointerdown", () => {
      this.pause();
      this.held = s;
      // The pointer may be released anywhere, and without a change there is no change event.
      for (const end of ["pointerup", "pointercancel"]) {
        window.addEventListener(end, () => this.release(s), { once: true });
      }
    });
    // Arrow keys change the value many times a second; the release of the key commits it.
    range.addEventListener("keydown", (event) => {
      if (/^(Arrow|Page|Home|End)/.test(event.key)) {
        event.preventDefault();
        this.pause();
        this.held = s;
        this.move(s, this.stepped(s, event.key));
      }
    });
    range.addEventListener("keyup", () => this.release(s));
    range.addEventListener("blur", () => this.release(s));
    range.addEventListener("change", () => this.release(s));
    field.addEventListener("change", () => {
      this.sent = s;
      this.typed = field.value;
      this.commit(slider.id, field.value);
    });
    field.addEventListener("focus", () => field.select());
    const chosen = this.instrument.sliders.slice(0, s).filter(({ choice }) => choice).length;
    radio?.addEventListener("change", () => this.commit(this.instrument.choice_id, chosen));
    if (slider.play.length) node.append(this.player(slider.play, s));
    return { node, range, field, radio, chosen, k: 0 };
  }

  // Buttons that move a slider by themselves: one position, or one after the other to the end.
  player([step, play, pause], s) {
    const one = make("button", { type: "button", text: step, "data-focus": `step-${s}` });
    const all = make("button", { type: "button", text: play, "data-focus": `play-${s}` });
    const last = () => this.instrument.sliders[s].values.length - 1;
    one.addEventListener("click", () => {
      this.pause();
      this.move(s, Math.min(this.controls[s].k + 1, last()));
      this.release(s);
    });
    all.addEventListener("click", () => {
      if (this.playing) return this.pause();
      const from = this.controls[s].k;
      this.move(s, from < last() ? from : 0);
      all.textContent = pause;
      this.playing = {
        timer: setInterval(() => {
          if (this.controls[s].k >= last()) this.pause();
          else this.move(s, this.controls[s].k + 1);
        }, FRAME),
        end: () => {
          all.textContent = play;
          this.release(s);
        },
      };
    });
    return make("span", { class: "ce-player" }, one, all);
  }

  pause() {
    if (!this.playing) return;
    const { timer, end } = this.playing;
    this.playing = null;
    clearInterval(timer);
    end();
  }

  choice({ id, label, options }) {
    const select = make("select", { "data-focus": `choice-${id}` });
    options.forEach(([value, text]) => select.append(new Option(text, value)));
    select.addEventListener("change", () => this.commit(id, select.value));
    this.selects.push(select);
    return make("label", {}, label, select);
  }

  presets({ id, label, options }) {
    const pills = options.map(([value, text]) => {
      const name = `${this.root.dataset.instance}-${id}`;
      const pill = make("input", { type: "radio", name, value, "data-focus": `preset-${value}` });
      pill.addEventListener("change", () => this.commit(id, value));
      this.pills.push(pill);
      return make("label", { class: "ce-pill" }, pill, make("span", { text }));
    });
    return make("div", { class: "ce-presets", role: "radiogroup", "aria-label": label }, ...pills);
  }

  set(s, slider) {
    const { range, radio, chosen } = this.controls[s];
    const last = slider.values.length - 1;
    range.min = slider.uneven ? 0 : slider.values[0];
    range.max = slider.uneven ? last : slider.values[last];
    if (radio) radio.checked = chosen === this.instrument.choice;
    if (this.held === s || this.waits(slider.id)) {
      this.controls[s].k = Math.min(this.controls[s].k, last);
      return;
    }
    this.controls[s].k = slider.index;
    this.show(s);
  }

  // What a slider and its field say at the position where the slider stands.
  show(s) {
    const { range, field, k } = this.controls[s];
    const { values, masked, uneven } = this.instrument.sliders[s];
    const text = masked ? "-inf" : String(values[k]);
    range.value = uneven ? k : values[k];
    range.setAttribute("aria-valuetext", text);
    // A number that somebody is typing is theirs until they commit it.
    const untouched = field.value === "" && field.dataset.filled === undefined;
    if (document.activeElement !== field || this.held === s || this.typed === field.value || untouched) {
      field.value = text;
      field.dataset.filled = "";
    }
  }

  position(s) {
    const { range } = this.controls[s];
    const last = this.instrument.sliders[s].values.length - 1;
    const share = (range.value - range.min) / (range.max - range.min);
    return Math.round(share * last);
  }

  stepped(s, key) {
    const last = this.instrument.sliders[s].values.length - 1;
    const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };
    const jumps = { PageUp: 10, PageDown: -10, Home: -last, End: last };
    const k = this.controls[s].k + (steps[key] ?? jumps[key] ?? 0);
    return Math.min(Math.max(k, 0), last);
  }

  move(s, k) {
    this.held = s;
    this.controls[s].k = k;
    this.show(s);
    this.schedule();
  }

  release(s) {
    if (this.held !== s) return;
    this.held = null;
    const { id, values, index } = this.instrument.sliders[s];
    const { k } = this.controls[s];
    if (k === index && !this.waits(id)) return;
    this.sent = s;
    this.commit(id, values[k]);
  }

  // ---------------------------------------------------------------- the picture

  schedule() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.paint();
    });
  }

  // The table holds one slider's movement with the others at their committed values. Until the
  // server has answered a release, a second slider has no true row, and the picture waits for it;
  // where the answer is missed, the picture goes on without the first, and says so.
  rowNow() {
    const s = this.held ?? this.sent;
    if (s === null) return this.committed;
    if (this.sent !== null && s !== this.sent && !this.away && !this.late) return null;
    return [s, this.controls[s].k];
  }

  // Say that the server is away or late, and mark what the picture leaves out for that reason.
  warn([shown]) {
    const left = new Set(this.away || this.late ? this.changes.map(({ id }) => id) : []);
    left.delete("progress");
    this.instrument.sliders.forEach(({ id, values }, s) => {
      const { node, k } = this.controls[s];
      if (s === shown && Number(this.waits(id)?.value) === values[k]) left.delete(id);
      node.classList.toggle("ce-waits", left.has(id));
    });
    const { offline, late, waits } = this.words;
    const first = this.root === document.querySelector(".ce-live"); // of the page; one is enough
    const lead = this.away ? (first || left.size) && offline : this.late && late;
    const text = [lead, left.size && waits].filter(Boolean).join(" ");
    if (this.offline.textContent !== text) this.offline.textContent = text;
  }

  paint() {
    const row = this.rowNow();
    if (!row) return;
    this.warn(row);
    for (const cell of this.cells) this.write(cell, row);
    this.sentences.forEach(({ node }, i) => {
      const text = fill(this.instrument.sentences[i], this.columns, row);
      if (node.textContent !== text) node.textContent = text;
    });
    const moved = row === this.committed ? null : this.instrument.sliders[row[0]].id;
    this.figures.forEach(({ drawing, node }, i) => {
      drawing?.show(this.columns, row);
      const { of } = this.instrument.figures[i];
      node.classList.toggle("ce-dim", Boolean(of && moved && !of.includes(moved)));
    });
  }

  write({ node, column, item, style, words, tones, shade, zero }, row) {
    const value = at(this.columns[column], row, item);
    let text;
    if (words?.length) text = words[value] ?? "";
    else if (style.kind === "bits") text = bits(this.columns[column], row, style.digits);
    else text = value === 0 && zero ? zero : format(value, style);
    if (node.textContent === text) return;
    node.textContent = text;
    node.classList.toggle("ce-odd", !words?.length && !Number.isFinite(value));
    if (tones?.length) node.dataset.tone = tones[value];
    if (shade) node.style.setProperty("--shade", Number.isFinite(value) ? value : 0);
  }

  speak() {
    const cards = this.instrument.cards.map(
      ({ title, value }) => `${title} ${format(at(this.columns[value.column], this.committed), value.style)}`,
    );
    const said = this.sentences.slice(0, 1).map(({ node }) => node.textContent);
    this.status.textContent = [cards.join(", "), ...said].filter(Boolean).join(". ");
  }

  figure(figure) {
    const plot = make("div", { class: "ce-plot", role: "img", "aria-label": figure.alt });
    const caption = make("figcaption", { text: figure.title });
    // With many classes the names of the rows leave the numbers no room, and stand above instead.
    const rows = figure.dense ? figure.rows.map(({ label, swatch: name }) => [name, label]) : [];
    const key = [...figure.key, ...rows].map(([name, text]) => make("span", {}, swatch(name), text));
    if (key.length) caption.append(make("span", { class: "ce-key", "aria-hidden": "true" }, ...key));
    const node = make("figure", { class: figure.tall ? "ce-tall" : figure.dense ? "ce-dense" : "" }, caption, plot);
    if (figure.rows.length) {
      const table = make("table", { class: "ce-under", "aria-label": figure.title });
      table.append(this.head("", figure.names));
      table.append(make("tbody", {}, ...figure.rows.map((r) => this.row(r))));
      node.append(table);
    }
    return { node, plot, drawing: null, background: "" };
  }

  async load(url) {
    const build = (this.drawn += 1);
    this.plotly = url;
    const style = getComputedStyle(this.root);
    this.ink = style.color;
    // The order is that of .streamlit/config.toml.
    const colours = style.getPropertyValue("--st-chart-categorical-colors").split(",");
    ["naive", "shifted", "fused", "onehot"].forEach((name, i) => {
      this.root.style.setProperty(`--${name}`, colours[i]);
    });
    try {
      await plotly(url);
    } catch {
      this.notice.textContent = this.words.no_chart;
      this.notice.hidden = false;
      return;
    }
    for (const figure of this.figures) {
      if (build !== this.drawn) return;
      if (!figure.drawing) this.drags(figure);
      figure.background = "";
      await this.replot(figure);
    }
  }

  // Draw anew the backgrounds that a release has changed.
  async replot(only) {
    for (const [i, figure] of this.figures.entries()) {
      if (only ? figure !== only : !figure.drawing) continue;
      const spec = this.instrument.figures[i];
      figure.plot.setAttribute("aria-label", spec.alt);
      const background = JSON.stringify(spec.plot);
      if (background === figure.background) continue;
      figure.background = background;
      await window.Plotly.react(figure.plot, this.themed(spec.plot));
      if (!this.figures.includes(figure)) return; // taken off the page while it was drawn
      figure.drawing = new Drawing(figure.plot, this.instrument.figures[i], this.words);
    }
    this.paint();
  }

  theme() {
    if (this.plotly && this.ink !== getComputedStyle(this.root).color) this.load(this.plotly);
  }

  // Plotly draws axes and lines in the colours that the page has now.
  themed({ data, layout }) {
    const style = getComputedStyle(this.root);
    const ink = style.color;
    const faint = ink.replace("rgb(", "rgba(").replace(")", ", 0.16)");
    const axis = { color: ink, gridcolor: faint, linecolor: ink, zerolinecolor: ink };
    // "ink", "faint" or the name of a swatch stands for a colour of the page.
    const named = (name) => {
      if (name === "ink") return ink;
      if (name === "faint") return faint;
      return style.getPropertyValue(`--${name}`).trim() || name;
    };
    const colour = ({ line, colorscale, ...rest }) => ({
      ...rest,
      ...(line && { line: { ...line, color: named(line.color ?? "ink") } }),
      ...(colorscale && { colorscale: colorscale.map(([place, name]) => [place, named(name)]) }),
    });
    return {
      config: { staticPlot: true },
      data: structuredClone(data).map(colour),
      layout: {
        ...structuredClone(layout),
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: ink, family: style.fontFamily, size: 12 },
        xaxis: { ...layout.xaxis, ...axis },
        yaxis: { ...layout.yaxis, ...axis },
        shapes: layout.shapes?.map(colour),
      },
    };
  }

  frame() {
    for (const [i, figure] of this.figures.entries()) {
      // Plotly resizes only what is on the screen; a page that is left has no size any more.
      if (!figure.drawing || !figure.plot.clientWidth) continue;
      window.Plotly.Plots.resize(figure.plot).then(() => {
        if (!this.figures.includes(figure)) return;
        figure.drawing = new Drawing(figure.plot, this.instrument.figures[i], this.words);
        this.paint();
      });
    }
  }

  // A bar or a point of a slider's own can be dragged by a mouse or pen: the position that brings
  // it nearest to the pointer is looked up. A finger scrolls the page here and has the slider.
  drags(figure) {
    const area = figure.plot;
    let grip = null; // what is dragged
    const place = (event) => {
      const box = area.querySelector(".main-svg").getBoundingClientRect();
      const { xaxis, yaxis } = area._fullLayout;
      return [event.clientX - box.left - xaxis._offset, event.clientY - box.top - yaxis._offset];
    };
    const hit = (event) => {
      const row = this.rowNow() ?? this.committed;
      const found = figure.drawing?.under(this.columns, row, place(event));
      const s = this.instrument.sliders.findIndex(({ id }) => id === found?.id);
      return s >= 0 && !this.instrument.sliders[s].masked ? { ...found, s } : null;
    };
    const follow = (event) => {
      const pointer = figure.drawing.inside(place(event));
      let best = this.controls[grip.s].k;
      let nearest = Infinity;
      this.instrument.sliders[grip.s].values.forEach((_, k) => {
        const distance = grip.away([grip.s, k], pointer);
        if (distance < nearest) [best, nearest] = [k, distance];
      });
      this.move(grip.s, best);
    };
    area.addEventListener("pointermove", (event) => {
      if (grip) follow(event);
      else area.classList.toggle("ce-grab", event.pointerType !== "touch" && hit(event) !== null);
    });
    area.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button !== 0) return;
      grip = hit(event);
      if (!grip) return;
      event.preventDefault();
      this.pause();
      area.setPointerCapture(event.pointerId);
      follow(event);
    });
    const end = () => {
      if (grip) this.release(grip.s);
      grip = null;
    };
    area.addEventListener("pointerup", end);
    area.addEventListener("pointercancel", end);
  }

  remove() {
    this.drawn += 1;
    this.pause();
    this.resized.disconnect();
    this.connection.disconnect();
    if (window.Plotly) this.figures.forEach((figure) => window.Plotly.purge(figure.plot));
    this.figures = []; // what is drawn for them yet comes too late
  }
}

let loading;
function plotly(url) {
  if (window.Plotly) return Promise.resolve();
  loading ??= new Promise((resolve, reject) => {
    const script = make("script", { src: url });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      loading = undefined;
      reject(new Error(`could not load ${url}`));
    });
    document.head.append(script);
  });
  return loading;
}

export default function ({ data, key, parentElement, setTriggerValue }) {
  let live = instances.get(parentElement);
  if (!live) {
    const root = parentElement.querySelector(".ce-live");
    root.dataset.instance = key;
    live = new Live(root);
    instances.set(parentElement, live);
  }
  live.send = (message) => setTriggerValue("commit", message);
  live.theme();
  const order = (live.received += 1);
  unpack(data).then((message) => {
    if (order === live.received) live.update(message);
  });
  return () => {
    live.remove();
    live.left.abort();
    clearTimeout(live.doubt);
    instances.delete(parentElement);
  };
}
