// @ts-check
// A page: it is made when its styles stand, unless it was left before. Each can be printed.

import { printable } from "./printing.js";
import { styled } from "./style.js";

const PRINT = "print.css";

/**
 * @template {{style: string}} Data
 * @param {Data} data `style` is the address of live.css, beside which the others are
 * @param {string[]} styles
 * @param {(data: Data) => {update?: (data: Data) => void, leave: () => void}} build
 * @returns {{update: (data: Data) => void, leave: () => void}}
 */
export function paged(data, styles, build) {
  /** @type {ReturnType<typeof build> | null} */
  let page = null;
  let now = data;
  let left = false;
  const unprintable = printable();
  const sheets = [...styles, PRINT].map((name) => styled(data.style.replace("live.css", name)));
  void Promise.all(sheets).then(() => {
    if (!left) page = build(now);
  });
  return {
    update(other) {
      now = other;
      page?.update?.(other);
    },
    leave() {
      left = true;
      unprintable();
      page?.leave();
    },
  };
}
