import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, say } from "../../live/front/sentences.js";

/** @param {number[]} values */
const column = (...values) => ({
  data: new Float64Array(values),
  rows: values.length,
  positions: values.length,
  items: 1,
});

const sentence = {
  readout: "verdict",
  title: "What happened",
  column: 0,
  pieces: ["All fits.", "{class} was too large: {z}.", "Then {class} broke."],
  glue: " ",
  places: {
    class: { column: 1, style: null, names: ["cat", "{z}"], item: 0 },
    z: { column: 2, style: /** @type {const} */ ({ kind: "prose", digits: 6 }), names: [], item: 0 },
  },
};
const columns = [column(0, 1, 1), column(0, 0, 1), column(1, 12.5, 70000)];

test("a code says its pieces, with glue between them", () => {
  const said = [[0], [1, 2]];
  assert.equal(fill(sentence, said, columns, [0, 0]), "All fits.");
  assert.equal(fill(sentence, said, columns, [0, 1]), "cat was too large: 12.5. Then cat broke.");
});

test("without a list each code is the piece of its number", () => {
  assert.equal(fill(sentence, null, columns, [0, 1]), "cat was too large: 12.5.");
});

test("a name that looks like a place is a name", () => {
  assert.equal(fill(sentence, null, columns, [0, 2]), "{z} was too large: 70\u202f000.");
});

test("a place may be a number with an exponent of its own, in column 0 too", () => {
  const places = { p: { column: 1, style: null, exponent: 0, names: [], item: 0 } };
  const spec = { ...sentence, column: 2, pieces: ["{p}"], places };
  assert.equal(fill(spec, null, [column(300), column(2.5), column(0)], [0, 0]), "2.50e300");
});

test("what is no place stays, whatever objects inherit", () => {
  const spec = { ...sentence, pieces: ["{constructor} {nothing}"] };
  assert.equal(fill(spec, null, columns, [0, 0]), "{constructor} {nothing}");
  assert.equal(say("{a} {toString} {a}", ["a", "$& {b}"], ["b", "no"]), "$& {b} {toString} $& {b}");
});
