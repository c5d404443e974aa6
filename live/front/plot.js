// @ts-check
// Plotly: loading it, and giving its figures the page's colours and the table's numbers.

import { make } from "./dom.js";
import { at } from "./numbers.js";

/** @import {Column, Plot} from "./types.js" */

// The order is that of .streamlit/config.toml.
export const SWATCHES = ["naive", "shifted", "fused", "onehot"];

/** @type {Promise<void> | undefined} */
let loading;

/** @returns {any} */
export const plotly = () => /** @type {any} */ (window).Plotly;

/**
 * @param {string} url
 * @returns {Promise<void>}
 */
export function load(url) {
  if (plotly()) return Promise.resolve();
  loading ??= new Promise((resolve, reject) => {
    const script = make("script", { src: url });
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => {
      loading = undefined;
      script.remove();
      reject(new Error(`could not load ${url}`));
    });
    document.head.append(script);
  });
  return loading;
}

/**
 * Name the theme's chart colours, and return what the text is written in.
 *
 * @param {HTMLElement} root
 */
export function colours(root) {
  const style = getComputedStyle(root);
  const chart = style.getPropertyValue("--st-chart-categorical-colors").split(",");
  SWATCHES.forEach((name, i) => root.style.setProperty(`--${name}`, chart[i] ?? ""));
  return style.color;
}

/**
 * Put the numbers of columns where a figure names them: {"column": n} is the list of its items,
 * and {"column": n, "rows": m} the same in m lists.
 *
 * @param {any} part
 * @param {Column[]} columns
 * @returns {any}
 */
export function filled(part, columns) {
  if (Array.isArray(part)) return part.map((child) => filled(child, columns));
  if (part === null || typeof part !== "object") return part;
  if (typeof part.column === "number") return items(columns[part.column], part.rows);
  return Object.fromEntries(
    Object.entries(part).map(([name, child]) => [name, filled(child, columns)]),
  );
}

/**
 * @param {Column} column
 * @param {number} [rows]
 */
function items(column, rows) {
  const list = Array.from({ length: column.items }, (_, i) => {
    const value = at(column, [0, 0], i);
    return Number.isFinite(value) ? value : null; // a gap
  });
  if (!rows) return list;
  const width = list.length / rows;
  return Array.from({ length: rows }, (_, i) => list.slice(i * width, (i + 1) * width));
}

/**
 * The margins and captions of a large figure, which grow with its letters.
 *
 * @param {any} layout
 * @param {number} size
 */
function roomy({ margin, annotations }, size) {
  const { l, r, t, b } = margin;
  const grown = size / 11;
  return {
    margin: { l: l * grown, r: r * grown, t: t * grown, b: b * grown },
    annotations: annotations?.map((/** @type {any} */ note) => ({ ...note, font: { size } })),
  };
}

/**
 * Let Plotly draw axes and lines in the colours that the page has now.
 *
 * @param {Plot} plot whose numbers are filled in
 * @param {Element} root
 */
export function themed({ data, layout }, root) {
  const style = getComputedStyle(root);
  const ink = style.color;
  const faint = ink.replace("rgb(", "rgba(").replace(")", ", 0.16)");
  const large = root.closest(".ce-scene, .ce-read, .ce-batch") ? parseFloat(style.fontSize) : 0; // px of its letters
  const axis = {
    ...{ color: ink, gridcolor: faint, linecolor: ink, zerolinecolor: ink },
    ...(large && { tickfont: { size: large } }),
  };
  const title = (/** @type {any} */ { title }) => title && large ? { title: { ...title, font: { size: large } } } : {};
  // "ink", "faint" or the name of a swatch stands for a colour of the page.
  const named = (/** @type {string} */ name) => {
    if (name === "ink") return ink;
    if (name === "faint") return faint;
    return style.getPropertyValue(`--${name}`).trim() || name;
  };
  const colour = (/** @type {any} */ { line, colorscale, fillcolor, ...rest }) => ({
    ...rest,
    ...(fillcolor && { fillcolor: named(fillcolor) }),
    ...(line && { line: { ...line, color: named(line.color ?? "ink") } }),
    ...(colorscale && {
      colorscale: colorscale.map((/** @type {any} */ [place, name]) => [place, named(name)]),
    }),
  });
  return {
    config: { staticPlot: true },
    data: structuredClone(data).map(colour),
    layout: {
      ...structuredClone(layout),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: ink, family: style.fontFamily, size: large || 12 },
      xaxis: { ...layout.xaxis, ...axis, ...title(layout.xaxis) },
      yaxis: { ...layout.yaxis, ...axis, ...title(layout.yaxis) },
      shapes: layout.shapes?.map(colour),
      ...(large && roomy(layout, large)),
    },
  };
}
