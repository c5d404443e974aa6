// What moves in a Plotly figure. Setting the path of a bar or a line is what keeps up with the
// screen: Plotly.restyle redraws all axes and takes longer than a frame.

const SVG = "http://www.w3.org/2000/svg";

function draw(parent, tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

// The moving parts of one figure, in the pixels of its axes as they are now.
class Drawing {
  constructor(plot, figure, words) {
    const { xaxis, yaxis } = plot._fullLayout;
    this.words = words;
    this.bottom = yaxis._length;
    this.width = xaxis._length;
    this.x = (value) => xaxis.c2p(value, true);
    this.y = (value) => Math.min(Math.max(yaxis.c2p(value, true), 0), yaxis._length);
    this.base = this.y(yaxis.type === "log" ? 1 : 0);
    // Past the edges by less than a screen: far enough for a slope, near enough for SVG.
    const near = (pixel, length) => Math.min(Math.max(pixel, -length), 2 * length);
    this.far = {
      x: (value) => near(xaxis.c2p(value, true), xaxis._length),
      y: (value) => near(yaxis.c2p(value, true), yaxis._length),
    };
    plot.querySelectorAll(".ce-moving").forEach((old) => old.remove());
    const area = plot.querySelector(".cartesianlayer .overplot > .xy");
    const group = draw(area, "g", { class: "ce-moving" });
    this.bars = figure.bars.map((spec) => this.prepareBars(spec, plot, group));
    this.lines = figure.lines.map((spec) => ({
      ...spec,
      node: draw(group, "path", {
        class: `ce-line${spec.dashed ? " ce-dashed" : ""}`,
        "data-swatch": spec.swatch,
      }),
    }));
    this.arrows = figure.arrows.map((spec) => ({
      ...spec,
      nodes: spec.x.map(() => draw(group, "path", { class: "ce-arrow", "data-swatch": spec.swatch })),
    }));
    this.points = figure.points.map((spec) => ({
      ...spec,
      node: draw(group, "circle", { class: "ce-point", "data-swatch": spec.swatch, r: 6 }),
    }));
  }

  // A label beside each bar tells the values that have no length.
  prepareBars(spec, plot, group) {
    const { xaxis } = plot._fullLayout;
    const layer = plot.querySelectorAll(".barlayer > .trace")[spec.trace];
    const bars = plot.calcdata[spec.trace].map((bar, i) => {
      const path = layer.querySelectorAll(".point > path")[i];
      path.setAttribute("class", "ce-bar");
      path.dataset.swatch = spec.swatch;
      return {
        left: xaxis.c2p(bar.p0, true),
        right: xaxis.c2p(bar.p1, true),
        path,
        mark: draw(group, "text", { class: "ce-mark" }),
      };
    });
    return { ...spec, bars };
  }

  show(columns, row) {
    for (const { column, zero, bars } of this.bars) {
      bars.forEach((bar, i) => this.showBar(bar, at(columns[column], row, i), zero[i]));
    }
    for (const { x, y, node } of this.lines) {
      const fixed = Array.isArray(x);
      const count = columns[y].items;
      let path = "";
      let pen = "M";
      for (let i = 0; i < count; i += 1) {
        const px = this.far.x(fixed ? x[i] : at(columns[x], row, i));
        const py = this.far.y(at(columns[y], row, i));
        if (Number.isNaN(px) || Number.isNaN(py)) pen = "M";
        else {
          path += `${pen}${px.toFixed(1)},${py.toFixed(1)}`;
          pen = "L";
        }
      }
      node.setAttribute("d", path || "M0,0");
    }
    for (const { x, start, end, nodes } of this.arrows) {
      nodes.forEach((node, i) => {
        const from = this.far.y(at(columns[start], row, i));
        const to = this.far.y(at(columns[end], row, i));
        const px = this.x(x[i]);
        const head = Math.sign(to - from) * Math.min(7, Math.abs(to - from));
        const known = !Number.isNaN(from) && !Number.isNaN(to);
        const tip = `M${px - 5},${to - head}L${px},${to}L${px + 5},${to - head}`;
        node.setAttribute("d", known ? `M${px},${from}V${to}${tip}` : "M0,0");
      });
    }
    for (const { x, y, node } of this.points) {
      const [px, py] = [this.x(at(columns[x], row)), this.y(at(columns[y], row))];
      const known = !Number.isNaN(px) && !Number.isNaN(py);
      node.setAttribute("visibility", known ? "visible" : "hidden");
      if (known) {
        node.setAttribute("cx", px);
        node.setAttribute("cy", py);
      }
    }
  }

  showBar(bar, value, zero) {
    const { left, right, path, mark } = bar;
    const state = Number.isNaN(value) ? "nan" : value === 0 ? "zero" : Number.isFinite(value) ? "" : "inf";
    const top = this.top(value);
    path.setAttribute("d", `M${left},${this.base}V${top}H${right}V${this.base}Z`);
    if (bar.state === state) return;
    bar.state = path.dataset.state = state;
    mark.textContent = (state === "zero" ? zero : this.words[state]) ?? "";
    const x = (left + right) / 2;
    const y = state === "zero" ? Math.max(top, this.base) - 5 : 14;
    const upright = 8 * mark.textContent.length < right - left + 8;
    mark.setAttribute("text-anchor", upright ? "middle" : state === "zero" ? "start" : "end");
    mark.setAttribute("transform", `translate(${x + (upright ? 0 : 4)},${y}) rotate(${upright ? 0 : -90})`);
  }

  // On a log axis 0 lies below every chart; inf lies above; nan has no place and takes them all.
  top(value) {
    if (Number.isNaN(value) || value === Infinity) return 0;
    if (value === -Infinity) return this.bottom;
    if (value === 0) return this.base < this.bottom - 1 ? this.bottom : this.base;
    return this.y(value);
  }

  // The slider that a pointer would drag, and how far the pointer is from where a row puts it: that
  // of the bar above or below it, or of the nearest point, wherever in the figure it is.
  under(columns, row, pointer) {
    for (const { bars, drag, column } of this.bars) {
      const i = drag.length ? bars.findIndex(({ left, right }) => pointer[0] >= left && pointer[0] <= right) : -1;
      if (i >= 0) {
        return { id: drag[i], away: (r, [, y]) => Math.abs(this.top(at(columns[column], r, i)) - y) };
      }
    }
    const away = (point, r, [x, y]) =>
      Math.hypot(this.x(at(columns[point.x], r)) - x, this.y(at(columns[point.y], r)) - y);
    if (this.inside(pointer).some((pixel, i) => pixel !== pointer[i])) return null;
    const points = this.points.filter(({ drag }) => drag);
    points.sort((a, b) => away(a, row, pointer) - away(b, row, pointer));
    const [point] = points;
    return point ? { id: point.drag, away: (r, p) => away(point, r, p) } : null;
  }

  inside([x, y]) {
    return [Math.min(Math.max(x, 0), this.width), Math.min(Math.max(y, 0), this.bottom)];
  }
}
