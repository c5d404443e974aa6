// @ts-check
// What moves in a Plotly figure. Setting the path of a bar or a line is what keeps up with the
// screen: Plotly.restyle redraws all axes and takes longer than a frame.

import * as geometry from "./geometry.js";
import { at } from "./numbers.js";
import { draw } from "./svg.js";
import { Tween } from "./tween.js";

/** @import {Arrows, Bars, Column, Figure, Line, Place, Point, Row, Words} from "./types.js" */
/** @typedef {{left: number, right: number, path: SVGElement, mark: SVGElement, state?: string}} Bar */
/** @typedef {{id: string, away: (row: Row, pointer: Place) => number}} Grip what a pointer would drag */

/** The moving parts of one figure, in the pixels of its axes as they are now. */
export class Drawing {
  #tween = new Tween((ends) => this.#go(ends));

  /**
   * @param {any} plot the element that Plotly has drawn into
   * @param {Figure} figure
   * @param {Words} words
   */
  constructor(plot, figure, words) {
    const { xaxis, yaxis } = plot._fullLayout;
    /** @type {Map<string, string>} */
    this.states = new Map([
      ["nan", words.nan],
      ["inf", words.inf],
    ]);
    this.area = geometry.area({
      x: (value) => xaxis.c2p(value, true) ?? NaN, // Plotly has no place for inf
      y: (value) => yaxis.c2p(value, true) ?? NaN,
      width: xaxis._length,
      height: yaxis._length,
      log: yaxis.type === "log",
      base: plot.data[0]?.base,
    });
    for (const old of plot.querySelectorAll(".ce-moving")) old.remove();
    const group = draw(plot.querySelector(".cartesianlayer .overplot > .xy"), "g", {
      class: "ce-moving",
    });
    this.bars = figure.bars.map((spec) => ({ spec, bars: prepare(spec, plot, group) }));
    this.lines = figure.lines.map((spec) => ({
      spec,
      node: draw(group, "path", {
        class: `ce-line${spec.dashed ? " ce-dashed" : ""}`,
        "data-swatch": spec.swatch,
        ...(spec.part && { "data-part": spec.part }),
      }),
    }));
    this.arrows = figure.arrows.map((spec) => ({
      spec,
      nodes: spec.x.map(() =>
        draw(group, "path", { class: "ce-arrow", "data-swatch": spec.swatch }),
      ),
    }));
    this.points = figure.points.map((spec) => ({
      spec,
      // A finger needs more room than the point has.
      handle: spec.drag ? draw(group, "circle", { class: "ce-handle", r: 22 }) : null,
      node: draw(group, "circle", {
        class: `ce-point${spec.drag ? " ce-dragged" : ""}`,
        "data-swatch": spec.swatch,
        r: 6,
      }),
    }));
  }

  /**
   * @param {Column[]} columns
   * @param {Row} row
   * @param {boolean} moves whether bars and points are seen to go to where they stand now
   */
  show(columns, row, moves) {
    /** @type {number[]} */
    const ends = [];
    for (const { spec, bars } of this.bars) {
      bars.forEach((bar, i) => {
        const value = at(columns[spec.column], row, i);
        this.#say(bar, value, spec.zero[i]);
        ends.push(geometry.top(this.area, value));
      });
    }
    for (const { spec, node, handle } of this.points) {
      const place = this.#point(spec, columns, row);
      for (const part of [node, handle]) part?.setAttribute("visibility", place ? "visible" : "hidden");
      ends.push(...(place ?? [NaN, NaN]));
    }
    for (const { spec, node } of this.lines) node.setAttribute("d", this.#line(spec, columns, row));
    for (const { spec, nodes } of this.arrows) {
      nodes.forEach((node, i) => node.setAttribute("d", this.#arrow(spec, i, columns, row)));
    }
    this.#tween.go(ends, moves);
  }

  /** @param {number[]} ends of the bars, and then the places of the points */
  #go(ends) {
    let n = 0;
    for (const { bars } of this.bars) {
      for (const { left, right, path } of bars) {
        path.setAttribute("d", geometry.bar(this.area, left, right, ends[n++]));
      }
    }
    for (const { node, handle } of this.points) {
      const [cx, cy] = [String(ends[n++]), String(ends[n++])];
      if (cx === "NaN") continue;
      for (const part of [node, handle]) {
        part?.setAttribute("cx", cx);
        part?.setAttribute("cy", cy);
      }
    }
  }

  leave() {
    this.#tween.leave();
  }

  /**
   * @param {Line} spec
   * @param {Column[]} columns
   * @param {Row} row
   */
  #line({ x, y }, columns, row) {
    const across = Array.isArray(x)
      ? (/** @type {number} */ i) => x[i]
      : (/** @type {number} */ i) => at(columns[x], row, i);
    const up = (/** @type {number} */ i) => at(columns[y], row, i);
    return geometry.line(this.area, columns[y].items, across, up);
  }

  /**
   * @param {Arrows} spec
   * @param {number} i
   * @param {Column[]} columns
   * @param {Row} row
   */
  #arrow({ x, start, end }, i, columns, row) {
    return geometry.arrow(this.area, x[i], at(columns[start], row, i), at(columns[end], row, i));
  }

  /**
   * @param {Point} spec
   * @param {Column[]} columns
   * @param {Row} row
   */
  #point({ x, y }, columns, row) {
    return geometry.point(this.area, at(columns[x], row), at(columns[y], row));
  }

  /**
   * @param {Bar} bar
   * @param {number} value
   * @param {string} zero what stands there while the value is 0
   */
  #say(bar, value, zero) {
    const { left, right, path, mark } = bar;
    const state = geometry.state(value);
    if (bar.state === state) return;
    bar.state = path.dataset.state = state;
    const text = (state === "zero" ? zero : this.states.get(state)) ?? "";
    const { anchor, transform } = geometry.mark(this.area, left, right, state, text.length);
    mark.textContent = text;
    mark.setAttribute("text-anchor", anchor);
    mark.setAttribute("transform", transform);
  }

  /**
   * The slider that a pointer would drag, and how far the pointer is from where a row puts it: that
   * of the bar above or below it, or of the nearest point, wherever in the figure it is.
   *
   * @param {Column[]} columns
   * @param {Row} row
   * @param {Place} pointer
   * @returns {Grip | null}
   */
  under(columns, row, pointer) {
    const [x] = pointer;
    for (const { spec, bars } of this.bars) {
      const i = spec.drag.length
        ? bars.findIndex(({ left, right }) => x >= left && x <= right)
        : -1;
      if (i < 0) continue;
      const column = columns[spec.column];
      return {
        id: spec.drag[i],
        away: (r, [, y]) => Math.abs(geometry.top(this.area, at(column, r, i)) - y),
      };
    }
    const inside = this.inside(pointer);
    if (inside[0] !== pointer[0] || inside[1] !== pointer[1]) return null;
    const grips = this.points
      .filter(({ spec }) => spec.drag)
      .map(({ spec }) => ({
        id: spec.drag,
        away: (/** @type {Row} */ r, /** @type {Place} */ p) => {
          const place = this.#point(spec, columns, r);
          return place ? Math.hypot(place[0] - p[0], place[1] - p[1]) : NaN;
        },
      }));
    const best = geometry.closest(grips.length, (i) => grips[i].away(row, pointer), 0);
    return grips[best] ?? null;
  }

  /** @param {Place} place */
  inside(place) {
    return geometry.nearest(this.area, place);
  }
}

/**
 * A label beside each bar tells the values that have no length.
 *
 * @param {Bars} spec
 * @param {any} plot
 * @param {Element} group
 * @returns {Bar[]}
 */
function prepare(spec, plot, group) {
  const { xaxis } = plot._fullLayout;
  const layer = plot.querySelectorAll(".barlayer > .trace")[spec.trace];
  const paths = layer.querySelectorAll(".point > path");
  return plot.calcdata[spec.trace].map((/** @type {any} */ bar, /** @type {number} */ i) => {
    const path = paths[i];
    path.setAttribute("class", "ce-bar");
    path.dataset.swatch = spec.swatch;
    return {
      left: xaxis.c2p(bar.p0, true),
      right: xaxis.c2p(bar.p1, true),
      path,
      mark: draw(group, "text", { class: "ce-mark" }),
    };
  });
}
