import assert from "node:assert/strict";
import { test } from "node:test";

import { cell, place, sheet, size, written } from "../../live/front/batchtext.js";

const at = (text, line, column) => text.slice(...place(text, line, column));

test("a place is the number that stands there, to where it ends", () => {
  const text = "1, 2, 3\n4,oops,6\r\n[7; 8e9]\n";
  assert.equal(at(text, 1, 4), "2");
  assert.equal(at(text, 2, 3), "oops");
  assert.equal(at(text, 3, 5), "8e9");
  assert.equal(at(text, 2, 0), "4,oops,6");
});

test("columns count characters, as the server does, and lines may end in any way", () => {
  assert.equal(at("😀😀,x1\n", 1, 4), "x1");
  assert.equal(at("a\rb\r\n\nlast one", 4, 6), "one");
});

test("a place beyond the text is its end, and one where nothing stands is empty", () => {
  assert.deepEqual(place("1,2\n3", 2, 9), [5, 5]);
  assert.deepEqual(place("1,2", 9, 1), [0, 1]);
  assert.deepEqual(place("", 1, 1), [0, 0]);
});

const READ = { kind: "read", rows: 2, classes: 2, notes: [], dtype: "" };
const table = [
  ["1", "2,5"],
  ["-inf", "nan"],
];

test("the table of a text has its targets as a column that is named so", () => {
  const targets = ["0", "1"];
  assert.deepEqual(sheet({ ...READ, header: [], table, targets }, false, "target"), {
    names: ["z0", "z1", "target"],
    rows: [
      ["1", "2,5", "0"],
      ["-inf", "nan", "1"],
    ],
  });
  const named = { ...READ, header: ["cat", "dog"], table, targets };
  assert.deepEqual(sheet(named, false, "target").names, ["cat", "dog", "target"]);
  assert.deepEqual(sheet(named, true, "target"), { names: ["cat", "dog"], rows: table });
  assert.deepEqual(sheet({ ...READ, header: [], table, targets: null }, false, "target"), { names: [], rows: table });
  assert.equal(sheet({ ...READ, header: [], table: null, targets }, false, "target"), null);
});

test("a written table has a tab between cells and no line for an empty row", () => {
  const blank = { names: ["cat", "dog"], rows: [...table, ["", " "]] };
  assert.equal(written(blank), "cat\tdog\n1\t2.5\n-inf\tnan\n");
  assert.equal(written({ names: [], rows: table }), "1\t2.5\n-inf\tnan\n");
});

test("a decimal comma is written as a point, and what may be a thousand as it is", () => {
  const rows = [["1,25", "\u22120,5 ", "1,234", "0,234", "1,5x", "1,2,3"]];
  assert.equal(written({ names: ["a,1"], rows }), "a,1\n1.25\t\u22120.5 \t1,234\t0.234\t1,5x\t1,2,3\n");
});

test("the cell of a place is the one that was written there", () => {
  const shown = { names: ["cat", "dog"], rows: [["", ""], ...table] };
  const lines = written(shown).split("\n");
  assert.deepEqual(cell(shown, 2, lines[1].indexOf("2.5") + 1), [1, 1]);
  assert.deepEqual(cell(shown, 3, 1), [2, 0]);
  assert.deepEqual(cell(shown, 3, lines[2].length), [2, 1]);
  assert.deepEqual(cell(shown, 1, 1), [-1, 0]);
});

test("a size is said in three digits of its unit", () => {
  assert.equal(size(20 * 1024 * 1024), "20 MB");
  assert.equal(size(21 * 1024 * 1024 + 300_000), "21.3 MB");
  assert.equal(size(1536), "1.5 kB");
  assert.equal(size(900), "900 bytes");
});
