import assert from "node:assert/strict";
import { test } from "node:test";

import { entering } from "../../live/front/entering.js";

const START = { page: "start", steps: 6 };
const SHEET = { page: "softmax", steps: 0 };
const NONE = { page: "", link: "", changes: [] };
const SET = { id: "logits.0", value: "3" };

test("a typed address is opened as it is, and none begins the path", () => {
  assert.deepEqual(entering(START, "at=3", NONE, ""), { link: "at=3", changes: [] });
  assert.deepEqual(entering(START, "", NONE, ""), { link: "", changes: [] });
});

test("the same page goes on with its step and with what is unanswered", () => {
  const last = { page: "start", link: "logits=1,2&at=3", changes: [SET] };
  assert.deepEqual(entering(START, "", last, "3"), { link: last.link, changes: [SET] });
});

test("another page gets the numbers and what is unanswered, and not the step", () => {
  const last = { page: "start", link: "logits=1,2&at=3", changes: [SET, { id: "at", value: "4" }] };
  assert.deepEqual(entering(SHEET, "", last, ""), { link: "logits=1,2", changes: [SET] });
  assert.deepEqual(entering(SHEET, "logits=1,2", last, ""), { link: "logits=1,2", changes: [SET] });
  assert.deepEqual(entering(SHEET, "logits=9,9", last, ""), { link: "logits=9,9", changes: [] });
});

test("a page with steps opens the first of them, or the one at which it was left", () => {
  const last = { page: "softmax", link: "logits=1,2", changes: [] };
  const at = (value) => ({ link: "logits=1,2", changes: [{ id: "at", value }] });
  assert.deepEqual(entering(START, "logits=1,2", last, ""), at("1"));
  assert.deepEqual(entering(START, "", last, "4"), at("4"));
});

test("back in the history, an address that names a step is opened as it is", () => {
  const last = { page: "softmax", link: "logits=1,2", changes: [] };
  assert.deepEqual(entering(START, "logits=1,2&at=5", last, "2"), { link: "logits=1,2&at=5", changes: [] });
});
