import assert from "node:assert/strict";
import { test } from "node:test";

import { Kept } from "../../live/front/kept.js";

const question = {
  key: "flat",
  text: "Where?",
  options: ["left", "right"],
  right: 1,
  reasons: ["no", "yes"],
  shown: "x=9",
};

/** @param {string} [text] */
function storage(text) {
  const kept = new Map(text === undefined ? [] : [["ce-progress", text]]);
  return {
    kept,
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
  };
}

test("a page opened again knows what was done", () => {
  const tab = storage();
  const first = new Kept(tab);
  first.take("sigmoid", question, 0);
  first.see("bugs", ["wrong_axis"]);
  first.breaks("sigmoid");
  first.finish("sigmoid", ["flat"]);
  const second = new Kept(tab);
  assert.deepEqual(second.answer("sigmoid", "flat"), { question, chosen: 0 });
  assert.deepEqual(second.seen("bugs"), ["wrong_axis"]);
  assert.deepEqual(second.finished, ["sigmoid"]);
  second.forget("sigmoid", "flat");
  assert.equal(new Kept(tab).answer("sigmoid", "flat"), undefined);
  assert.deepEqual(new Kept(tab).finished, ["sigmoid"]);
});

test("a page is finished when it was broken and every question answered", () => {
  const kept = new Kept(storage());
  kept.finish("sigmoid", []);
  kept.breaks("sigmoid");
  kept.finish("sigmoid", []);
  kept.finish("sigmoid", ["flat"]);
  assert.deepEqual(kept.finished, []);
  kept.take("sigmoid", question, 1);
  kept.finish("sigmoid", ["flat", "other"]);
  assert.deepEqual(kept.finished, []);
  kept.finish("sigmoid", ["flat"]);
  assert.deepEqual(kept.finished, ["sigmoid"]);
});

test("what cannot stand in an address is not kept", () => {
  const many = Array.from({ length: 500 }, (_, i) => `key${i}`);
  const done = ["sigmoid/finished", "a/b/finished", "x".repeat(99), "<b>/finished"];
  const kept = new Kept(storage(JSON.stringify({ done, seen: { p: ["a,b", "", "é", ...many] } })));
  assert.deepEqual(kept.finished, ["sigmoid"]);
  assert.equal(kept.seen("p")[0], "key0");
  assert.equal(kept.seen("p").length, 60);
});

test("a storage that refuses is no fault", () => {
  const refusing = {
    getItem: () => {
      throw new Error("refused");
    },
    setItem: () => {
      throw new Error("full");
    },
  };
  for (const tab of [refusing, null]) {
    const kept = new Kept(tab);
    kept.take("sigmoid", question, 1);
    assert.equal(kept.answer("sigmoid", "flat")?.chosen, 1);
  }
});

test("only what is new is news", () => {
  const kept = new Kept(storage());
  assert.equal(kept.see("bugs", []), false);
  assert.equal(kept.see("bugs", ["a"]), true);
  assert.equal(kept.see("bugs", ["a"]), false);
});

for (const text of [
  "",
  "{",
  "null",
  "[]",
  '"text"',
  "7",
  '{"answers": 7, "done": {}, "seen": []}',
  '{"answers": {"p": null, "q": {"k": null}}, "done": [7, null], "seen": {"p": {"0": "a"}}}',
  '{"__proto__": {"answers": {}}, "done": null}',
]) {
  test(`what is malformed is dropped: ${text}`, () => {
    const kept = new Kept(storage(text));
    assert.deepEqual([kept.finished, kept.seen("p"), kept.answer("q", "k")], [[], [], undefined]);
  });
}

for (const [name, wrong] of Object.entries({
  "another key": { question: { ...question, key: "other" }, chosen: 0 },
  "no such option": { question, chosen: 2 },
  "half an option": { question, chosen: 0.5 },
  "an option as text": { question, chosen: "0" },
  "a right one that is none": { question: { ...question, right: -1 }, chosen: 0 },
  "options that are no texts": { question: { ...question, options: [1, 2] }, chosen: 0 },
  "too few reasons": { question: { ...question, reasons: ["no"] }, chosen: 0 },
  "a link that is none": { question: { ...question, shown: {} }, chosen: 0 },
})) {
  test(`an answer is dropped that has ${name}, and the others stay`, () => {
    const whole = { question: { ...question, key: "whole" }, chosen: 1 };
    const text = JSON.stringify({ answers: { sigmoid: { flat: wrong, whole } } });
    const kept = new Kept(storage(text));
    assert.equal(kept.answer("sigmoid", "flat"), undefined);
    assert.deepEqual(kept.answer("sigmoid", "whole"), whole);
  });
}
