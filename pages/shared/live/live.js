// The player of the live component: it looks rows up, formats numbers and moves bars.
// All that it shows was computed by NumPy; see pages/shared/live/__init__.py.

const TYPES = { f8: Float64Array, f4: Float32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array };
const SVG = "http://www.w3.org/2000/svg";
const instances = new WeakMap();

// ---------------------------------------------------------------- the message

async function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const deflated = new Blob([bytes.subarray(4 + length)]).stream();
  const body = await new Response(
    deflated.pipeThrough(new DecompressionStream("deflate")),
  ).arrayBuffer();
  let offset = 0;
  const columns = {};
  for (const [name, type, shape] of head.columns) {
    const size = shape.reduce((a, b) => a * b, 1);
    columns[name] = {
      data: new TYPES[type](body, offset, size),
      positions: shape[1],
      items: shape[2] ?? 1,
    };
    offset += size * TYPES[type].BYTES_PER_ELEMENT;
  }
  return { ...head, columns };
}

const at = (column, [s, k], item = 0) =>
  column.data[(s * column.positions + k) * column.items + item];

// ---------------------------------------------------------------- numbers as text

function scientific(value, decimals) {
  return value.toExponential(Math.max(decimals, 0)).replace("e+", "e");
}

export function format(value, { kind, digits }) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (kind === "fixed") {
    if (value === 0) return (0).toFixed(digits);
    return size < 1e-4 || size >= 1e7 ? scientific(value, digits) : value.toFixed(digits);
  }
  if (value === 0) return "0";
  if (kind === "significant") {
    if (size < 1e-3 || size >= 1e5) return scientific(value, digits - 2);
    if (size >= 10 ** digits) return value.toFixed(0);
    return size === 1 ? String(value) : value.toPrecision(digits);
  }
  const shortest = Number(value.toPrecision(digits));
  if (size < 1e-4 || size >= 1e9) {
    return scientific(shortest, kind === "prose" ? 2 : digits - 1).replace(/\.?0+e/, "e");
  }
  const text = String(shortest);
  if (kind !== "prose") return text;
  const [whole, decimals] = text.split(".");
  const grouped =
    whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return decimals ? `${grouped}.${decimals}` : grouped;
}

function power(significand, exponent, style) {
  if (!Number.isFinite(significand)) return format(significand, style);
  if (exponent >= -3 && exponent < 7) {
    return format(Number(`${significand}e${exponent}`), style);
  }
  if (Math.abs(exponent) >= 1e6) return `10^${format(exponent, style)}`;
  return `${significand.toFixed(2)}e${exponent}`;
}

function fill(sentence, columns, row) {
  const template = sentence.templates[at(columns[sentence.column], row)];
  return template.replace(/\{(\w+)\}/g, (whole, name) => {
    const place = sentence.places[name];
    if (!place) return whole;
    const value = at(columns[place.column], row);
    if (place.names.length) return place.names[value] ?? "";
    if (place.exponent) return power(value, at(columns[place.exponent], row), place.style);
    return format(value, place.style);
  });
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

function swatch(name) {
  return make("i", { class: "ce-swatch", "data-swatch": name, "aria-hidden": "true" });
}

// What decides which elements there are. The rest changes with every release, in place.
function outline({ sliders, figures, sentences, code, choice, ...rest }) {
  return JSON.stringify({
    ...rest,
    sliders: sliders.map(({ values, index, ...slider }) => slider),
    figures: figures.map(({ plot, ...figure }) => figure),
    sentences: sentences.map(({ readout, title }) => [readout, title]),
  });
}

class Live {
  constructor(root) {
    this.root = root;
    this.shape = "";
    this.held = null; // the slider under the pointer or the arrow keys
    this.sent = null; // the slider whose release the server has not answered
    this.typed = null; // the text of a field that the server has not answered
    this.resized = new ResizeObserver(() => this.frame());
    this.drawn = 0; // how often the charts were begun anew
    this.received = 0; // messages; one that was unpacked too late is left out
  }

  // A new table has come. What the learner holds stays where the learner holds it.
  update(message) {
    this.sent = null;
    this.columns = message.columns;
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
    this.code.textContent = this.instrument.code.text;
    sliders.forEach((slider, s) => this.set(s, slider));
    this.typed = null;
    if (focused) this.root.querySelector(`[data-focus="${focused}"]`)?.focus();
    // The last slider is never masked, so its committed position is the committed picture.
    this.committed = [sliders.length - 1, sliders.at(-1).index];
    this.paint();
    if (this.held === null) this.speak();
    this.root.removeAttribute("aria-busy");
  }

  build() {
    this.remove();
    const { instrument } = this;
    this.cells = [];
    this.controls = instrument.sliders.map((slider, s) => this.control(slider, s));
    this.figures = instrument.figures.map((figure) => this.figure(figure));
    this.sentences = instrument.sentences.map(({ readout, title }) => ({
      node: make("p", { "data-readout": readout }),
      title: make("h2", { text: title }),
    }));
    this.status = make("p", { class: "ce-hidden", role: "status" });
    this.notice = make("p", { class: "ce-notice", hidden: true });
    this.root.replaceChildren(
      make(
        "section",
        { class: "ce-controls" },
        make("h2", { text: instrument.title }),
        make("p", { class: "ce-hint", text: instrument.hint }),
        make(
          "div",
          { class: "ce-sliders", role: "radiogroup", "aria-label": instrument.choice_label },
          ...this.controls.map((control) => control.node),
        ),
        make("div", { class: "ce-choices" }, ...instrument.choices.map((c) => this.choice(c))),
      ),
      this.notice,
      make("div", { class: "ce-figures" }, ...this.figures.map((figure) => figure.node)),
      make(
        "section",
        { class: "ce-results" },
        make("h2", { text: instrument.cards_title }),
        make("div", { class: "ce-cards" }, ...instrument.cards.map((card) => this.card(card))),
        make(
          "div",
          { class: "ce-said" },
          ...this.sentences.map(({ title, node }) => make("div", {}, title, node)),
        ),
      ),
      this.table(instrument.table),
      this.listing(instrument.code),
      this.status,
    );
    this.figures.forEach((figure) => this.resized.observe(figure.plot));
  }

  cell(cell, attributes = {}) {
    const node = make("span", { ...attributes, "data-readout": cell.readout });
    this.cells.push({ ...cell, node });
    return node;
  }

  row(row) {
    const label = make("th", { scope: "row" });
    if (row.swatch) label.append(swatch(row.swatch));
    label.append(make("span", { text: row.label }));
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
    const title = make("h3", {}, swatch(card.swatch), card.title);
    const value = make(
      "p",
      { class: "ce-value" },
      this.cell(card.value),
      " ",
      make("span", { class: "ce-unit", text: card.unit }),
    );
    const second = make("p", { class: "ce-hint" }, card.second_label, this.cell(card.second));
    return make(
      "div",
      { class: "ce-card" },
      title,
      make("p", { class: "ce-hint", text: card.note }),
      value,
      second,
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
      "aria-label": `${slider.label}, exact value`,
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
      this.send({ id: slider.id, value: field.value });
    });
    field.addEventListener("focus", () => field.select());
    radio?.addEventListener("change", () => this.send({ id: "target", value: s }));
    return { node, range, field, radio, k: 0 };
  }

  choice({ id, label, options, selected }) {
    const select = make("select", { "data-focus": `choice-${id}` });
    options.forEach((text, i) => {
      select.append(new Option(text, i, i === selected, i === selected));
    });
    select.addEventListener("change", () => this.send({ id, value: select.selectedIndex }));
    return make("label", {}, label, select);
  }

  set(s, slider) {
    const { range, radio } = this.controls[s];
    range.min = slider.values[0];
    range.max = slider.values.at(-1);
    if (radio) radio.checked = s === this.instrument.choice;
    if (this.held === s) return;
    this.controls[s].k = slider.index;
    this.show(s);
  }

  // What a slider and its field say at the position where the slider stands.
  show(s) {
    const { range, field, k } = this.controls[s];
    const { values, masked } = this.instrument.sliders[s];
    const text = masked ? "-inf" : String(values[k]);
    range.value = values[k];
    range.setAttribute("aria-valuetext", text);
    // A number that somebody is typing is theirs until they commit it.
    if (document.activeElement !== field || this.held === s || this.typed === field.value) {
      field.value = text;
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
    if (k === index) return;
    this.sent = s;
    this.send({ id, value: values[k] });
  }

  // ---------------------------------------------------------------- the picture

  schedule() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.paint();
    });
  }

  // The table holds one slider's movement with the others at their committed values. Until the
  // server has answered a release, a second slider has no true row, and the picture waits for it.
  rowNow() {
    const s = this.held ?? this.sent;
    if (s === null) return this.committed;
    if (this.sent !== null && s !== this.sent) return null;
    return [s, this.controls[s].k];
  }

  paint() {
    const row = this.rowNow();
    if (!row) return;
    for (const { node, column, item, style } of this.cells) {
      const value = at(this.columns[column], row, item);
      const text = format(value, style);
      if (node.textContent !== text) {
        node.textContent = text;
        node.classList.toggle("ce-odd", !Number.isFinite(value));
      }
    }
    this.sentences.forEach(({ node }, i) => {
      const text = fill(this.instrument.sentences[i], this.columns, row);
      if (node.textContent !== text) node.textContent = text;
    });
    for (const figure of this.figures) this.bars(figure, row);
  }

  speak() {
    const losses = this.instrument.cards.map(
      (card) => `${card.title} ${format(at(this.columns[card.value.column], this.committed), card.value.style)}`,
    );
    this.status.textContent = `${losses.join(", ")}. ${this.sentences[0].node.textContent}`;
  }

  figure(figure) {
    const plot = make("div", { class: "ce-plot", role: "img", "aria-label": figure.alt });
    const table = make("table", { class: "ce-under", "aria-label": figure.title });
    table.append(this.head("", figure.names), make("tbody", {}, ...figure.rows.map((r) => this.row(r))));
    const caption = make("figcaption", { text: figure.title });
    // With many classes the names of the rows leave the numbers no room, and stand above instead.
    if (figure.dense) {
      const key = figure.rows.map(({ label, swatch: name }) => make("span", {}, swatch(name), label));
      caption.append(make("span", { class: "ce-key", "aria-hidden": "true" }, ...key));
    }
    const node = make("figure", { class: figure.dense ? "ce-dense" : "" }, caption, plot, table);
    return { bars: figure.bars, node, plot, ready: false };
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
      this.notice.textContent = this.instrument.words.no_chart;
      this.notice.hidden = false;
      return;
    }
    for (const figure of this.figures) {
      if (build !== this.drawn) return;
      if (!figure.ready) this.drags(figure);
      figure.drawing = "";
      await this.replot(figure);
    }
  }

  // Draw anew the axes of the figures that a release has changed, and the bars in all.
  async replot(only) {
    for (const [i, figure] of this.figures.entries()) {
      if (only ? figure !== only : !figure.ready) continue;
      const { plot } = this.instrument.figures[i];
      const drawing = JSON.stringify(plot);
      if (drawing === figure.drawing) continue;
      figure.drawing = drawing;
      await window.Plotly.react(figure.plot, this.themed(plot));
      if (!this.figures.includes(figure)) return; // taken off the page while it was drawn
      figure.ready = true;
      this.prepare(figure);
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
    return {
      config: { staticPlot: true },
      data: structuredClone(data),
      layout: {
        ...structuredClone(layout),
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: ink, family: style.fontFamily, size: 12 },
        xaxis: { ...layout.xaxis, ...axis },
        yaxis: { ...layout.yaxis, ...axis },
        shapes: layout.shapes?.map((shape) => ({ ...shape, line: { ...shape.line, color: ink } })),
      },
    };
  }

  frame() {
    for (const figure of this.figures) {
      if (!figure.ready) continue;
      window.Plotly.Plots.resize(figure.plot).then(() => {
        if (!this.figures.includes(figure)) return;
        this.prepare(figure);
        this.paint();
      });
    }
  }

  // Where each bar stands, in pixels, and a label beside it for values that have no length.
  // Setting the path of a bar is what keeps up with the screen: Plotly.restyle redraws all axes
  // and takes longer than a frame.
  prepare(figure) {
    const { plot } = figure;
    const { xaxis, yaxis } = plot._fullLayout;
    const layers = plot.querySelectorAll(".barlayer > .trace");
    plot.querySelector(".ce-marks")?.remove();
    const marks = document.createElementNS(SVG, "g");
    marks.setAttribute("class", "ce-marks");
    plot.querySelector(".barlayer").append(marks);
    figure.bottom = yaxis._length;
    figure.y = (value) => Math.min(Math.max(yaxis.c2p(value, true), 0), yaxis._length);
    figure.base = figure.y(yaxis.type === "log" ? 1 : 0);
    figure.drawn = figure.bars.map(({ trace, column, swatch: colour, zero, drag }) => ({
      column,
      zero,
      drag,
      bars: plot.calcdata[trace].map((bar, i) => {
        const left = xaxis.c2p(bar.p0, true);
        const right = xaxis.c2p(bar.p1, true);
        const path = layers[trace].querySelectorAll(".point > path")[i];
        path.setAttribute("class", "ce-bar");
        path.dataset.swatch = colour;
        const mark = document.createElementNS(SVG, "text");
        marks.append(mark);
        return { left, right, path, mark };
      }),
    }));
  }

  bars(figure, row) {
    if (!figure.ready) return;
    for (const { column, zero, bars } of figure.drawn) {
      bars.forEach((bar, i) => {
        const { left, right, path, mark } = bar;
        const value = at(this.columns[column], row, i);
        const state = Number.isNaN(value) ? "nan" : value === 0 ? "zero" : Number.isFinite(value) ? "" : "inf";
        const top = this.top(figure, value);
        path.setAttribute("d", `M${left},${figure.base}V${top}H${right}V${figure.base}Z`);
        if (bar.state === state) return;
        bar.state = path.dataset.state = state;
        mark.textContent = (state === "zero" ? zero[i] : this.instrument.words[state]) ?? "";
        const x = (left + right) / 2;
        const y = state === "zero" ? Math.max(top, figure.base) - 5 : 14;
        const upright = 8 * mark.textContent.length < right - left + 8;
        mark.setAttribute("text-anchor", upright ? "middle" : state === "zero" ? "start" : "end");
        mark.setAttribute("transform", `translate(${x + (upright ? 0 : 4)},${y}) rotate(${upright ? 0 : -90})`);
      });
    }
  }

  // On a log axis 0 lies below every chart; inf lies above; nan has no place and takes them all.
  top(figure, value) {
    if (Number.isNaN(value) || value === Infinity) return 0;
    if (value === 0) return figure.base < figure.bottom - 1 ? figure.bottom : figure.base;
    return figure.y(value);
  }

  // A bar of a slider's own can be dragged by a mouse or pen: the position whose bar ends nearest
  // to the pointer is looked up. A finger scrolls the page here and has the slider.
  drags(figure) {
    const bars = figure.bars.find(({ drag }) => drag.length);
    if (!bars) return;
    const area = figure.plot;
    const offset = () => {
      const box = area.querySelector(".main-svg").getBoundingClientRect();
      const { _offset: top } = area._fullLayout.yaxis;
      const { _offset: left } = area._fullLayout.xaxis;
      return { left: box.left + left, top: box.top + top };
    };
    const hit = (event) => {
      const x = event.clientX - offset().left;
      const drawn = figure.drawn?.find(({ drag }) => drag.length).bars ?? [];
      const i = drawn.findIndex(({ left, right }) => x >= left && x <= right);
      const s = this.instrument.sliders.findIndex(({ id }) => id === bars.drag[i]);
      return s >= 0 && !this.instrument.sliders[s].masked ? [i, s] : null;
    };
    const follow = (event, [i, s]) => {
      const y = event.clientY - offset().top;
      const { values } = this.instrument.sliders[s];
      let best = this.controls[s].k;
      let distance = Infinity;
      values.forEach((_, k) => {
        const d = Math.abs(this.top(figure, at(this.columns[bars.column], [s, k], i)) - y);
        if (d < distance) [best, distance] = [k, d];
      });
      this.move(s, best);
    };
    area.addEventListener("pointermove", (event) => {
      if (figure.dragged) follow(event, figure.dragged);
      else area.classList.toggle("ce-grab", event.pointerType !== "touch" && hit(event) !== null);
    });
    area.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button !== 0) return;
      figure.dragged = hit(event);
      if (!figure.dragged) return;
      event.preventDefault();
      area.setPointerCapture(event.pointerId);
      follow(event, figure.dragged);
    });
    const end = () => {
      if (figure.dragged) this.release(figure.dragged[1]);
      figure.dragged = null;
    };
    area.addEventListener("pointerup", end);
    area.addEventListener("pointercancel", end);
  }

  remove() {
    this.drawn += 1;
    this.resized.disconnect();
    if (window.Plotly) this.figures?.forEach((figure) => window.Plotly.purge(figure.plot));
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
    instances.delete(parentElement);
  };
}
