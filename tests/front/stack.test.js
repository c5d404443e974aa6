import assert from "node:assert/strict";
import { test } from "node:test";

import { bar, dragged, level, strips } from "../../live/front/stackshape.js";
import { between, eased } from "../../live/front/tween.js";

const STRIP = { top: 100, height: 200 };
const SCORES = { low: -15, high: 15, limit: null };
const EXPS = { low: -7, high: 5, limit: 65504 };
const SHARES = { low: 0, high: 1, limit: null };

test("rows share what the gaps leave", () => {
  const [one, two] = strips(330, [2, 1], [20, 10]);
  assert.deepEqual(one, { top: 20, height: 200 });
  assert.deepEqual(two, { top: 230, height: 100 });
  assert.equal(strips(5, [1], [20])[0].height, 0);
});

test("a score grows from 0 up and down, and stays within its row", () => {
  assert.deepEqual(bar(STRIP, SCORES, false, 15), { y: 100, height: 100, state: "" });
  assert.deepEqual(bar(STRIP, SCORES, false, -7.5), { y: 200, height: 50, state: "" });
  assert.deepEqual(bar(STRIP, SCORES, false, -30), { y: 200, height: 100, state: "" });
  assert.deepEqual(bar(STRIP, SCORES, false, 0), { y: 198, height: 2, state: "zero" });
});

test("exp(0) has a height, 0 has none, and what broke stands above the ceiling", () => {
  assert.ok(Math.abs(bar(STRIP, EXPS, true, 1).height - (200 * 7) / 12) < 1e-9);
  assert.equal(bar(STRIP, EXPS, true, 0).height, 2);
  const broken = bar(STRIP, EXPS, true, Infinity);
  const most = bar(STRIP, EXPS, true, 65504);
  assert.ok(broken.y < 100 && broken.y < most.y);
  assert.equal(broken.state, "over");
  assert.equal(most.state, "");
});

test("nan takes the whole row", () => {
  assert.deepEqual(bar(STRIP, SHARES, false, NaN), { y: 100, height: 200, state: "nan" });
});

test("a place on the axis is a share of it", () => {
  assert.equal(level(SCORES, false, 0), 0.5);
  assert.equal(level(EXPS, true, 0.1), 0.5);
  assert.equal(level(SHARES, false, 7), 1);
});

test("a drag goes as far as the pointer", () => {
  assert.equal(dragged(STRIP, SCORES, 9, -20), 12);
  assert.equal(dragged(STRIP, SCORES, 9, 200), -21);
});

test("a bar goes all the way, slowly at both ends", () => {
  assert.deepEqual([eased(0), eased(0.5), eased(1)], [0, 0.5, 1]);
  assert.ok(eased(0.1) < 0.1 && eased(0.9) > 0.9);
  assert.deepEqual(between([0, 10], [10, 0], 0.25), [2.5, 7.5]);
  assert.deepEqual(between([NaN, 1], [10, 2], 0), [10, 1]);
});
