import assert from "node:assert/strict";
import { test } from "node:test";

import { steps, swipe } from "../../live/front/keys.js";
import { carried, framed, going, settings } from "../../live/front/query.js";
import { pieces, plainly } from "../../live/front/terms.js";

test("a text falls apart into plain pieces and terms", () => {
  assert.deepEqual(pieces("a [softmax] of [scores|logit]."), [
    "a ",
    { text: "softmax", term: "softmax" },
    " of ",
    { text: "scores", term: "logit" },
    ".",
  ]);
  assert.deepEqual(pieces("no term, even with ] and ["), ["no term, even with ] and ["]);
  assert.deepEqual(pieces("the list [1, 2] is none"), ["the list [1, 2] is none"]);
  assert.deepEqual(pieces(""), [""]);
  assert.equal(plainly("the [probabilities|softmax]"), "the probabilities");
  assert.deepEqual(pieces("a [softmax], {softmax}."), ["a ", { text: "softmax", term: "softmax" }, ", ", { formula: "softmax" }, "."]);
  assert.deepEqual(pieces("the set {1, 2} and { x }"), ["the set {1, 2} and { x }"]);
  assert.equal(plainly("it is {log-sum-exp}"), "it is log-sum-exp");
});

test("keys go from step to step unless what has the focus uses them", () => {
  assert.deepEqual(["PageDown", "ArrowRight", "ArrowDown"].map((key) => steps(key, false)), [1, 1, 1]);
  assert.deepEqual(["PageUp", "ArrowLeft", "ArrowUp"].map((key) => steps(key, false)), [-1, -1, -1]);
  assert.deepEqual(["PageDown", "ArrowLeft"].map((key) => steps(key, true)), [0, 0]);
  assert.equal(steps("Enter", false), 0);
});

test("a swipe goes across, far, and more across than down", () => {
  assert.equal(swipe(-80, 10), 1);
  assert.equal(swipe(80, -10), -1);
  assert.equal(swipe(-40, 0), 0);
  assert.equal(swipe(-80, 60), 0);
});

test("another page is given all but the step, and the lecture goes along", () => {
  assert.equal(carried("logits=1%2C2&at=3&format=float16"), "logits=1%2C2&format=float16");
  assert.equal(carried(""), "");
  assert.equal(carried("logits=1%2C2&at=3&lesson=1.abc"), "logits=1%2C2");
  assert.equal(going("logits=1%2C2&at=3&lesson=1.abc", 4), "at=4&lesson=1.abc");
  assert.equal(settings("?at=3&lecture=1"), "at=3");
  assert.equal(framed("at=3", "?at=2&lecture=1"), "at=3&lecture=1");
});
