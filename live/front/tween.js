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
  one.length === other.length && one.every((end, i) => Math.abs(end - other[i]) < 0.5);

const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

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
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
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
      this.#frame = share < 1 ? requestAnimationFrame(next) : 0;
    };
    this.#frame = requestAnimationFrame(next);
  }

  leave() {
    cancelAnimationFrame(this.#frame);
  }
}
