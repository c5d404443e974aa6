import assert from "node:assert/strict";
import { test } from "node:test";

import { filled } from "../../live/front/plot.js";

const columns = [
  { data: new Float64Array([1, 2, NaN, Infinity]), rows: 1, positions: 1, items: 4 },
];

test("numbers of a column stand where a figure names it, with gaps where there are none", () => {
  const plot = { data: [{ type: "scatter", x: [0, 1], y: { column: 0 } }], layout: { title: null } };
  assert.deepEqual(filled(plot, columns), {
    data: [{ type: "scatter", x: [0, 1], y: [1, 2, null, null] }],
    layout: { title: null },
  });
});

test("a column may be cut into rows", () => {
  assert.deepEqual(filled({ z: { column: 0, rows: 2 } }, columns), {
    z: [
      [1, 2],
      [null, null],
    ],
  });
});
