import assert from "node:assert/strict";
import { test } from "node:test";

import { equal, shown, verdict } from "../../live/front/questions.js";

const question = {
  key: "flat",
  text: "Where?",
  options: ["left", "right"],
  right: 1,
  reasons: ["It rises.", "It is flat."],
  shown: "x=9",
};

test("questions are equal that a learner cannot tell apart", () => {
  assert.equal(equal(question, { ...question, shown: "x=9&format=float16" }), true);
  assert.equal(equal(question, { ...question, reasons: ["", ""] }), false);
});

test("the picture is shown with the learner's numbers where the question is still the same", () => {
  const now = [{ ...question, key: "other" }, { ...question, shown: "x=9&other=3" }];
  assert.equal(shown(question, now), "x=9&other=3");
  assert.equal(shown(question, [{ ...question, text: "Why?" }]), "x=9");
  assert.equal(shown(question, []), "x=9");
});

test("a verdict tells what was chosen, what is right and why", () => {
  const words = { right: "Right: {answer}. {reason}", wrong: "Not {chosen}: {answer}. {reason}" };
  assert.equal(verdict({ question, chosen: 1 }, words), "Right: right. It is flat.");
  assert.equal(verdict({ question, chosen: 0 }, words), "Not left: right. It rises.");
});
