import assert from "node:assert/strict";
import { test } from "node:test";

import { keep, kept } from "../../live/front/batchkept.js";

class Storage {
  all = new Map();
  getItem = (key) => this.all.get(key) ?? null;
  setItem = (key, text) => this.all.set(key, text);
}

const ENTERED = { text: "1 2\n3 4", targets: "0 1", options: { weight: "20, 10" } };
const NOTHING = { text: "", targets: "", options: {} };

test("what was entered is found again", () => {
  const storage = new Storage();
  assert.equal(keep(ENTERED, storage), true);
  assert.deepEqual(kept(storage), ENTERED);
});

test("what is too long is not kept, nor what was there before it, and it is said", () => {
  const storage = new Storage();
  keep(ENTERED, storage);
  assert.equal(keep({ ...ENTERED, text: "1".repeat(205_000) }, storage), false);
  assert.deepEqual(kept(storage), NOTHING);
});

test("without a storage, or with one that is full, it is said that nothing is kept", () => {
  assert.equal(keep(ENTERED, null), false);
  const full = { setItem: () => { throw new Error("full"); } };
  assert.equal(keep(ENTERED, full), false);
  assert.deepEqual(kept(null), NOTHING);
});

test("what somebody else has written is left out", () => {
  for (const text of ["{", "7", "[]", "null", '{"text":7,"targets":[],"options":7}', '{"options":{"weight":7}}']) {
    const storage = new Storage();
    storage.setItem("ce-numbers", text);
    assert.deepEqual(kept(storage), NOTHING, text);
  }
});
