import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { code, newSeed, plainName, points, read, readSeed } from "../../live/front/challengecode.js";

// Written by lab/challenge/code.py, which tests/app/test_challenge.py holds to them.
const VECTORS = JSON.parse(readFileSync(new URL("challenge.json", import.meta.url), "utf8"));
const EDITION = 1;

test("the page writes the codes that Python writes, and reads them", () => {
  for (const { seed, name, plain, outcomes, code: written } of VECTORS) {
    assert.equal(plainName(name), plain);
    assert.equal(code(EDITION, seed, name, outcomes), written);
    assert.deepEqual(read(EDITION, written, name), { seed, outcomes });
    assert.deepEqual(read(EDITION, ` ${written.toLowerCase().replaceAll("-", "")}`, plain), { seed, outcomes });
  }
});

test("each wrong letter of a code, another name and another edition are noticed", () => {
  const { name, code: written } = VECTORS[0];
  for (let i = 0; i < written.length; i += 1) {
    if (written[i] === "-") continue;
    const other = written.slice(0, i) + (written[i] === "A" ? "B" : "A") + written.slice(i + 1);
    assert.equal(read(EDITION, other, name), "check", other);
  }
  assert.equal(read(EDITION, written, "Adb"), "check");
  assert.equal(read(EDITION + 1, written, name), "check");
  for (const none of ["", written.slice(1), `${written}A`, written.replace("K", "U"), "😀".repeat(8)]) {
    assert.equal(read(EDITION, none, name), "form", none);
  }
});

test("a seed is read as people write it, and a new one is one", () => {
  assert.deepEqual([" k7-o l i", "K7Q2M", "", "K7Q2", "K7Q2U", "K7Q2MM"].map(readSeed), ["K7011", "K7Q2M", "", "", "", ""]);
  const seeds = new Set(Array.from({ length: 50 }, newSeed));
  assert.ok(seeds.size > 45);
  for (const seed of seeds) assert.equal(readSeed(seed), seed);
});

test("the first try is two points, the second one", () => {
  assert.equal(points(["first", "second", "wrong", "skipped", "first"]), 5);
});
