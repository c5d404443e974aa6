import assert from "node:assert/strict";
import { test } from "node:test";

import * as geometry from "../../live/front/geometry.js";

// 100 px wide for 0 to 10, 200 px high for 0 at the bottom to 4 at the top.
const linear = geometry.area({
  x: (value) => 10 * value,
  y: (value) => 200 - 50 * value,
  width: 100,
  height: 200,
  log: false,
});
// 1 is 150 px from the top, and each power of ten 50 px.
const log = geometry.area({
  x: (value) => 10 * value,
  y: (value) => (value > 0 ? 150 - 50 * Math.log10(value) : NaN),
  width: 100,
  height: 200,
  log: true,
});

test("a bar grows from 0, on a log axis from 1", () => {
  assert.equal(geometry.bar(linear, 10, 20, geometry.top(linear, 2)), "M10,200V100H20V200Z");
  assert.equal(geometry.bar(log, 10, 20, geometry.top(log, 100)), "M10,150V50H20V150Z");
  assert.equal(geometry.bar(log, 10, 20, geometry.top(log, 0.1)), "M10,150V200H20V150Z");
});

test("values without a length have a place and a name", () => {
  assert.deepEqual([NaN, Infinity, -Infinity, 0, -0, 1].map(geometry.state), [
    "nan",
    "inf",
    "inf",
    "zero",
    "zero",
    "",
  ]);
  assert.equal(geometry.top(linear, Infinity), 0);
  assert.equal(geometry.top(linear, -Infinity), 200);
  assert.equal(geometry.top(linear, NaN), 0);
  assert.equal(geometry.top(linear, 0), 200);
  assert.equal(geometry.top(log, 0), 200); // below every chart
});

test("a mark lies down where it is wider than its bar", () => {
  assert.deepEqual(geometry.mark(linear, 10, 50, "nan", 3), {
    anchor: "middle",
    transform: "translate(30,14) rotate(0)",
  });
  assert.deepEqual(geometry.mark(linear, 10, 14, "zero", 6), {
    anchor: "start",
    transform: "translate(16,195) rotate(-90)",
  });
});

test("a line has a gap where it is nan, and ends within reach of the screen", () => {
  const corners = [1, NaN, 2, 1e9].flatMap((y, x) => [linear.farX(x), linear.farY(y)]);
  assert.equal(geometry.line(corners), "M0.0,150.0M20.0,100.0L30.0,-200.0");
  assert.equal(geometry.line([NaN, 1]), "M0,0");
});

test("an arrow points to where it ends", () => {
  assert.equal(geometry.arrow(linear, 5, 1, 3), "M50,150V50M45,57L50,50L55,57");
  assert.equal(geometry.arrow(linear, 5, 1, NaN), "M0,0");
});

test("a point has no place where a coordinate has none", () => {
  assert.deepEqual(geometry.point(linear, 5, 1), [50, 150]);
  assert.equal(geometry.point(linear, 5, NaN), null);
});

test("the nearest position is found, and none where nothing has a place", () => {
  const away = (/** @type {number} */ k) => Math.abs(k - 7.4);
  assert.equal(geometry.closest(20, away, 0), 7);
  assert.equal(
    geometry.closest(20, () => NaN, 3),
    3,
  );
  assert.deepEqual(geometry.nearest(linear, [-5, 300]), [0, 200]);
});
