import assert from "node:assert/strict";
import { test } from "node:test";

import { area, top } from "../../live/front/geometry.js";
import { arrow } from "../../live/front/stackmarks.js";


test("an arrow ends in a head on the side to which it leads, and has none without a length", () => {
  assert.equal(arrow(10, 100, 60), "M10,100V60M3,67L10,60L17,67");
  assert.equal(arrow(10, 60, 100), "M10,60V100M3,93L10,100L17,93");
  assert.equal(arrow(10, 60, 60.5), "M0,0");
  assert.equal(arrow(10, 60, NaN), "M0,0");
  assert.equal(arrow(0, 10, 0), "M0,10V0M-6,6L0,0L6,6"); // the head of a short one is small
});

test("0 has no length on an axis with 0, and lies below all on a logarithmic one", () => {
  const scales = { x: Number, y: (/** @type {number} */ v) => 50 - 10 * v, width: 100, height: 100 };
  assert.equal(top(area({ ...scales, log: false }), 0), 50);
  assert.equal(top(area({ ...scales, log: true }), 0), 100);
});
