import assert from "node:assert/strict";
import { test } from "node:test";

import { Path, shownPart } from "../../live/front/path.js";

const STEPS = [
  { key: "drag", kind: "reach", covers: ["p.1"], times: 1, locks: [] },
  { key: "guess", kind: "predict", covers: ["p.1"], times: 1, locks: [] },
  { key: "wild", kind: "reach", covers: [], times: 3, locks: [] },
  { key: "free", kind: "explore", covers: [], times: 1, locks: [] },
];
const QUESTION = { options: ["a", "b", "c"], right: 1, reasons: ["not a", "b, because", "not c"] };

function walked(at, question = null) {
  const kept = new Set();
  const path = new Path({ did: (key) => kept.has(key), does: (key) => kept.add(key) });
  path.update(STEPS, at, question);
  return { path, kept };
}

test("a goal is reached once, by a hand or by what else moves the picture", () => {
  for (const held of [true, false]) {
    const { path, kept } = walked(1);
    assert.equal(path.see(false, held), false);
    assert.equal(path.see(true, held), true);
    assert.equal(path.see(true, held), false);
    assert.equal(path.reached, true);
    assert.deepEqual([...kept], ["drag"]);
  }
});

test("the parts of the next question are covered while the goal is met", () => {
  const { path } = walked(1);
  assert.deepEqual(path.covers, []);
  path.see(true, true);
  assert.deepEqual(path.covers, ["p.1"]);
  path.see(false, true);
  assert.deepEqual(path.covers, []);
});

test("a goal of three drags counts each drag once, and nothing but drags", () => {
  const { path, kept } = walked(3);
  assert.equal(path.see(true, false), false);
  for (const count of [1, 2]) {
    path.see(true, true);
    path.see(false, true);
    path.see(true, true);
    assert.equal(path.drags, count);
    path.letGo();
  }
  assert.equal(path.reached, false);
  assert.equal(path.see(true, true), true);
  assert.deepEqual([...kept], ["wild"]);
});

test("what was answered stays as it was asked until another step", () => {
  const { path } = walked(2, QUESTION);
  const other = { ...QUESTION, reasons: ["other", "numbers", "now"] };
  path.update(STEPS, 2, other);
  assert.equal(path.question, other); // it is open still, and about what is shown
  path.choose(1);
  path.update(STEPS, 2, QUESTION);
  assert.equal(path.reason, "numbers");
  path.update(STEPS, 3, null);
  path.update(STEPS, 2, QUESTION);
  assert.equal(path.reason, "b, because");
});

test("nothing moves until a question is answered, and a wrong answer has a second try", () => {
  const { path, kept } = walked(2, QUESTION);
  assert.equal(path.locked, true);
  assert.equal(path.reason, "");
  assert.equal(path.choose(0), false);
  assert.equal(path.reason, "not a");
  assert.deepEqual(path.covers, ["p.1"]);
  assert.equal(path.choose(0), false, "the same answer is no second try");
  assert.equal(path.locked, true);
  assert.equal(path.choose(1), true);
  assert.equal(path.locked, false);
  assert.equal(path.reason, "b, because");
  assert.deepEqual(path.covers, []);
  assert.deepEqual([...kept], ["guess"]);
  assert.equal(path.choose(2), false);
});

test("after two wrong answers the picture gives the right one", () => {
  const { path } = walked(2, QUESTION);
  path.choose(0);
  assert.equal(path.choose(2), true);
  assert.equal(path.reason, "b, because");
});

test("another step begins anew, and what was done stays done", () => {
  const { path } = walked(2, QUESTION);
  path.choose(1);
  path.update(STEPS, 3, null);
  path.see(true, true);
  path.update(STEPS, 2, QUESTION);
  assert.deepEqual([path.tries, path.drags, path.locked], [[], 0, false]);
  assert.equal(path.reason, "b, because");
});

test("the same step goes on when the picture is answered anew", () => {
  const { path } = walked(3);
  path.see(true, true);
  path.update([...STEPS], 3, null);
  assert.equal(path.drags, 1);
});

test("what is only seen is done when it is seen", () => {
  assert.deepEqual([...walked(4).kept], ["free"]);
});

test("a page without steps has no step", () => {
  const path = new Path({ did: () => false, does: () => assert.fail() });
  path.update([], 1, null);
  assert.deepEqual([path.step, path.locked, path.covers, path.reason], [undefined, false, [], ""]);
  assert.equal(path.see(true, true), false);
});

test("a part is shown by its name or by that of its row, and all are where none is named", () => {
  assert.equal(shownPart("p.1", ["p"]), true);
  assert.equal(shownPart("p.1", ["p.1"]), true);
  assert.equal(shownPart("p.2", ["p.1"]), false);
  assert.equal(shownPart("exp", ["p"]), false);
  assert.equal(shownPart("exp", []), true);
});

test("a step of a prepared lesson says what nobody moves, and its steps are kept apart", () => {
  const { path } = walked(4);
  assert.equal(path.place, null);
  path.update([{ ...STEPS[3], page: "softmax", locks: ["logits", "shift"] }], 1, null);
  assert.equal(path.place, "lesson");
  const ids = ["logits.2", "shift", "at", "logit", "temperature"];
  assert.deepEqual(ids.map((id) => path.fixed(id)), [true, true, false, false, false]);
});

test("a number is guessed once, and what is said of it stays until another step", () => {
  const { path, kept } = walked(2, { kind: "number", key: "own", text: "?", of: "loss", low: 0, high: 1 });
  assert.equal(path.locked, true);
  assert.deepEqual(path.covers, ["p.1"]);
  path.guess(2, "far off");
  assert.equal(path.locked, false);
  assert.deepEqual(path.covers, []);
  assert.deepEqual([...kept], ["guess"]);
  path.guess(3, "again");
  assert.equal(path.reason, "far off");
  path.update(STEPS, 3, null);
  path.update(STEPS, 2, path.question);
  assert.equal(path.reason, "");
});
