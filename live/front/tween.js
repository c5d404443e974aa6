// @ts-check
// Numbers that go from where they are to where they shall be, in a moment.

const LENGTH = 350; // ms

/** @param {number} share of the time */
export const eased = (share) => (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);

/**
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} share
 */
export const between = (from, to, share) => to.map((end, i) => {
  const start = from[i];
  return Number.isFinite(start) ? start + (end - start) * share : end;
});

/**
 * @param {number[]} one
 * @param {number[]} other
 */
const near = (one, other) =>
  one.length === other.length && one.every((end, i) => Object.is(end, other[i]) || Math.abs(end - other[i]) < 0.5);

let moving = 0; // of the whole page

/**
 * Count what moves by itself on the page.
 *
 * @param {number} more
 */
export function stirs(more) {
  moving += more;
  document.documentElement.toggleAttribute("data-moves", moving > 0);
}

export const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Tween {
  /** @type {number[]} */
  shown = [];
  /** @type {number[]} */
  #to = [];
  #frame = 0; // 0 while nothing moves

  /** @param {(shown: number[]) => void} paint */
  constructor(paint) {
    this.paint = paint;
  }

  /**
   * @param {number[]} to
   * @param {boolean} moves whether it is seen to go there
   */
  go(to, moves) {
    if (this.#frame && near(to, this.#to)) return; // it is on its way there
    this.leave();
    this.#to = to;
    const from = this.shown;
    if (!moves || near(to, from) || from.length !== to.length || still()) {
      this.shown = to;
      this.paint(to);
      return;
    }
    const start = performance.now();
    const next = (/** @type {number} */ now) => {
      const share = Math.min(Math.max((now - start) / LENGTH, 0), 1);
      this.shown = between(from, to, eased(share));
      this.paint(this.shown);
      if (share < 1) this.#frame = requestAnimationFrame(next);
      else this.#end();
    };
    stirs(1);
    this.#frame = requestAnimationFrame(next);
  }

  #end() {
    this.#frame = 0;
    stirs(-1);
  }

  leave() {
    cancelAnimationFrame(this.#frame);
    if (this.#frame) this.#end();
  }
}
