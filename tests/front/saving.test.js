import assert from "node:assert/strict";
import { test } from "node:test";

import { plain } from "../../live/front/saving.js";

test("a mixed colour is told as every program knows it, and others stay as they are", () => {
  assert.equal(plain("color(srgb 0.5 0 1)"), "rgb(128, 0, 255)");
  assert.equal(plain("color(srgb 0.2 0.4 0.6 / 0.25)"), "rgba(51, 102, 153, 0.25)");
  for (const colour of ["rgb(1, 2, 3)", "none", "rgba(0, 0, 0, 0)", 'url("#clip1")']) {
    assert.equal(plain(colour), colour);
  }
});

test("the address of a file carries the version and the whole question", async () => {
  const { Lab } = await import("./lab.js");
  const { answers } = new Lab();
  assert.equal(answers.file("csv", "logits=1,2&set=format:float16"), "/answer/pipeline/csv?v=1&logits=1,2&set=format:float16");
  assert.equal(answers.file("npz", ""), "/answer/pipeline/npz?v=1");
});
