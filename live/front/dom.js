// @ts-check
// Elements, made without any text being read as markup.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] `text` is the element's text
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = String(value ?? "");
    else if (value === true) node.setAttribute(name, "");
    else if (value) node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** @param {string} name */
export function swatch(name) {
  return make("i", { class: "ce-swatch", "data-swatch": name, "aria-hidden": "true" });
}

/**
 * Leave a text alone that says so already: what is set anew is read aloud anew.
 *
 * @param {Node} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
