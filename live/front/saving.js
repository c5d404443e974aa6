// @ts-check
// A picture of what is on the screen, as one SVG that needs nothing from anywhere: the drawings with
// the styles that they are seen in, and the words and boxes around them where they stand.

import { make } from "./dom.js";
import { save } from "./download.js";
import { draw, put } from "./svg.js";

// What is seen of an element, all but the first inherited: it is written where it changes.
const SEEN = [
  ...["opacity", "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"],
  ...["stroke-linecap", "stroke-linejoin", "paint-order", "text-anchor"],
  ...["font-family", "font-size", "font-style", "font-weight", "font-variant-numeric"],
];
const ROUND = 16; // px of paper on each side
const HEAD = 40; // px for the title
const LARGE = 18; // px of its letters
const BOLD = 700;
const SHARP = 2; // pixels of a PNG for each of the screen
const SVG = "http://www.w3.org/2000/svg";
// The page's letters are not in the file: those that stand in for them keep to their room.
const FITTED = "spacingAndGlyphs";

/**
 * Save a figure as a file.
 *
 * @param {Element | Element[]} nodes what the picture has
 * @param {string} name what the file is called
 * @param {"svg" | "png"} kind
 * @param {string} [title] what stands above the picture
 */
export async function saveFigure(nodes, name, kind, title = name) {
  const svg = picture([nodes].flat(), title);
  const text = new XMLSerializer().serializeToString(svg);
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  const file = kind === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await painted(address, svg);
  save(file, `${name}.${kind}`);
}

/**
 * @param {string} address of an SVG
 * @param {SVGElement} svg
 */
async function painted(address, svg) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = make("canvas");
  canvas.width = SHARP * Number(svg.getAttribute("width"));
  canvas.height = SHARP * Number(svg.getAttribute("height"));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return /** @type {Promise<Blob>} */ (new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new RangeError("the picture is too large"))));
  }));
}

/**
 * @param {Element[]} nodes
 * @param {string} title
 */
function picture(nodes, title) {
  const seen = nodes.map((node) => node.getBoundingClientRect()).filter(({ width }) => width);
  const left = Math.min(...seen.map((box) => box.left)) - ROUND;
  const top = Math.min(...seen.map((box) => box.top)) - ROUND - HEAD;
  const { color, fontFamily } = getComputedStyle(nodes[0]);
  const letters = lengthOf(title, `${BOLD} ${LARGE}px ${fontFamily}`);
  const right = Math.max(left + ROUND + letters, ...seen.map((box) => box.right));
  const width = Math.ceil(right + ROUND - left);
  const height = Math.ceil(Math.max(...seen.map((box) => box.bottom)) + ROUND - top);
  const svg = /** @type {SVGElement} */ (document.createElementNS(SVG, "svg"));
  put(svg, { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": fontFamily });
  draw(svg, "title").textContent = title;
  draw(svg, "rect", { width, height, fill: paper(nodes[0]) });
  const head = { x: ROUND, y: ROUND + LARGE, "font-size": LARGE, "font-weight": BOLD, fill: plain(color) };
  draw(svg, "text", { ...head, textLength: letters, lengthAdjust: FITTED }).textContent = title;
  const all = draw(svg, "g", { transform: `translate(${-left},${-top})` });
  for (const node of nodes) copied(node, all);
  return svg;
}

/**
 * How long a text is, in px.
 *
 * @param {string} text
 * @param {string} font
 */
function lengthOf(text, font) {
  const paint = make("canvas").getContext("2d");
  if (!paint) return 0;
  paint.font = font;
  return paint.measureText(text).width;
}

/**
 * What is seen behind an element.
 *
 * @param {Element} node
 * @returns {string}
 */
function paper(node) {
  const colour = plain(getComputedStyle(node).backgroundColor);
  if (!clear(colour) || !node.parentElement) return colour;
  return paper(node.parentElement);
}

/** @param {string} colour */
const clear = (colour) => colour === "transparent" || / 0\)$/.test(colour.replace(",", ", "));

/**
 * A colour as every program knows it: browsers tell mixed ones as "color(srgb 0.5 0.5 0.5 / 0.5)".
 *
 * @param {string} colour
 */
export function plain(colour) {
  const [r, g, b, a] = (colour.match(/^color[(]srgb (.*)[)]$/)?.[1] ?? "").split(/[ /]+/).map(Number);
  if (b === undefined) return colour;
  const bytes = [r, g, b].map((part) => Math.round(255 * part));
  return a === undefined ? `rgb(${bytes.join(", ")})` : `rgba(${bytes.join(", ")}, ${a})`;
}

/**
 * Draw an element of the page, and what is in it, where it stands on the screen.
 *
 * @param {Element} node
 * @param {Element} into
 */
function copied(node, into) {
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  // What is cut away is read aloud only.
  if (style.display === "none" || style.clipPath !== "none") return;
  if (node.namespaceURI === SVG) {
    const copy = styled(node, null);
    put(copy, { x: box.left, y: box.top, width: box.width, height: box.height, overflow: "visible" });
    into.append(copy);
    return;
  }
  if (style.visibility === "visible") boxed(box, style, into);
  for (const child of node.childNodes) {
    if (child instanceof Element) copied(child, into);
    else if (style.visibility === "visible" && child instanceof Text) lettered(child, style, into);
  }
}

/**
 * @param {DOMRect} box
 * @param {CSSStyleDeclaration} style
 * @param {Element} into
 */
function boxed({ left, top, width, height }, style, into) {
  const fill = plain(style.backgroundColor);
  const all = [style.borderLeftWidth, style.borderRightWidth].map(parseFloat);
  const [edge] = all;
  const framed = edge > 0 && edge === all[1];
  const inset = framed ? edge / 2 : 0;
  if (!width || !height || (clear(fill) && !edge)) return;
  put(draw(into, "rect"), {
    ...{ x: left + inset, y: top + inset, width: width - 2 * inset, height: height - 2 * inset },
    ...{ rx: parseFloat(style.borderTopLeftRadius) || 0, fill },
    ...(framed && { stroke: plain(style.borderLeftColor), "stroke-width": edge }),
  });
  if (edge && !framed) draw(into, "rect", { x: left, y: top, width: edge, height, fill: plain(style.borderLeftColor) });
}

/**
 * Write a text line by line, as it is broken on the screen.
 *
 * @param {Text} node
 * @param {CSSStyleDeclaration} style
 * @param {Element} into
 */
function lettered(node, style, into) {
  const anchor = { center: "middle", right: "end", end: "end" }[style.textAlign] ?? "start";
  for (const { text, left, right, top, bottom } of lines(node)) {
    const x = { start: left, middle: (left + right) / 2, end: right }[anchor] ?? left;
    // Of a line's height the letters take what is below their middle and above it alike.
    const size = parseFloat(style.fontSize);
    put(draw(into, "text"), {
      ...{ x, y: (top + bottom) / 2 + 0.35 * size, "text-anchor": anchor, fill: plain(style.color) },
      ...{ "font-family": style.fontFamily, "font-size": size, "font-weight": style.fontWeight },
      ...{ "font-style": style.fontStyle, textLength: right - left, lengthAdjust: FITTED },
    });
    /** @type {Element} */ (into.lastElementChild).textContent = text;
  }
}

/**
 * @param {Text} node
 * @returns {{text: string, left: number, right: number, top: number, bottom: number}[]}
 */
function lines(node) {
  const range = document.createRange();
  /** @type {ReturnType<typeof lines>} */
  const found = [];
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const { left, right, top, bottom, width } = range.getBoundingClientRect();
    const last = found.at(-1);
    if (!width) continue;
    if (last && Math.abs(last.top - top) < 2) Object.assign(last, { text: `${last.text} ${word}`, right });
    else found.push({ text: word, left, right, top, bottom });
  }
  return found;
}

/**
 * Copy a drawing with what a style sheet says of it.
 *
 * @param {Element} node
 * @param {CSSStyleDeclaration | null} around the style of what it is in
 * @returns {SVGElement}
 */
function styled(node, around) {
  const style = getComputedStyle(node);
  const copy = /** @type {SVGElement} */ (document.createElementNS(SVG, node.localName));
  for (const { name, value } of node.attributes) if (own(name, value)) copy.setAttribute(name, value);
  for (const name of SEEN) {
    const value = plain(style.getPropertyValue(name));
    const before = name === "opacity" ? "1" : around && plain(around.getPropertyValue(name));
    if (value !== before) copy.setAttribute(name, value);
    else copy.removeAttribute(name);
  }
  if (node instanceof SVGCircleElement) copy.setAttribute("r", style.getPropertyValue("r"));
  if (node instanceof SVGTextContentElement && !node.childElementCount && node.textContent) {
    put(copy, { textLength: node.getComputedTextLength(), lengthAdjust: FITTED });
  }
  for (const child of node.childNodes) {
    if (child instanceof Text) copy.append(child.data);
    else if (child instanceof Element && !hidden(child)) copy.append(styled(child, style));
  }
  return copy;
}

/**
 * Whether nothing is seen of an element: what is covered on the screen is in no file.
 *
 * @param {Element} node
 */
function hidden(node) {
  const { display, visibility } = getComputedStyle(node);
  return display === "none" || (visibility !== "visible" && !node.childElementCount);
}

/**
 * Whether an attribute says something by itself, and of nothing elsewhere.
 *
 * @param {string} name
 * @param {string} value
 */
const own = (name, value) =>
  !/^(class|style|role|tabindex|xmlns.*|(aria|data)-.*)$/.test(name) && !/(url[(]["']?|^)[a-z]+:/i.test(value);
