// @ts-check
// A page on paper: what is drawn keeps the shape that it has on the screen, whatever room the paper
// has, its colours are those of the sheet, and its address stands at the end. The rest is print.css.

import { make } from "./dom.js";
import { SWATCHES } from "./plot.js";

const STRETCHED = 1.3; // how many times as large as on the screen a drawing may be

/** @returns {() => void} what ends it */
export function printable() {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  const address = make("p", { class: "ce-address" });
  /** @type {(() => void)[]} */
  let undo = [];
  const prepare = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const pages = document.querySelectorAll(".ce-page"); // one may show another inside
    if (!pages.length) return;
    undo = [...fitted(pages[0]), ...[...pages].flatMap(recoloured)];
    address.textContent = location.href;
    document.body.append(address);
  };
  // On the screen a drawing follows the size of the window.
  const restore = () => {
    for (const back of undo) back();
    undo = [];
    address.remove();
  };
  window.addEventListener("beforeprint", prepare, options);
  window.addEventListener("afterprint", restore, options);
  return () => {
    listening.abort();
    restore();
  };
}

/**
 * Let drawings be stretched as a whole; those that are not seen have no shape.
 *
 * @param {HTMLElement} page
 */
function fitted(page) {
  return [...page.querySelectorAll("svg")].flatMap((svg) => {
    const { width, height } = svg.getBoundingClientRect();
    if (!width || !height || svg.hasAttribute("viewBox")) return [];
    const { fontSize, maxWidth } = svg.style;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.fontSize = getComputedStyle(svg).fontSize;
    svg.style.maxWidth = `${STRETCHED * width}px`;
    return () => {
      svg.removeAttribute("viewBox");
      Object.assign(svg.style, { fontSize, maxWidth });
    };
  });
}

/**
 * Let the sheet say the colours that Plotly has drawn in.
 *
 * @param {HTMLElement} page
 */
function recoloured(page) {
  const { style } = new Option(); // says a colour as browsers do
  const swatches = SWATCHES.filter((name) => page.style.getPropertyValue(`--${name}`)); // none where it draws nothing
  const named = new Map(
    swatches.map((name) => {
      style.color = page.style.getPropertyValue(`--${name}`);
      return [style.color, `var(--${name})`];
    }),
  );
  return [...page.querySelectorAll(".main-svg [style]")].flatMap((node) => {
    if (!(node instanceof SVGElement)) return [];
    const { stroke, fill } = node.style;
    if (!named.has(stroke) && !named.has(fill)) return [];
    Object.assign(node.style, { stroke: named.get(stroke) ?? stroke, fill: named.get(fill) ?? fill });
    return () => Object.assign(node.style, { stroke, fill });
  });
}
