import assert from "node:assert/strict";
import { test } from "node:test";

import { address, plain } from "../../live/front/links.js";

test("a link carries the learner's numbers along", () => {
  assert.equal(address("", "softmax", "logits=2%2C1"), "/softmax?logits=2%2C1");
  assert.equal(address("/lab", "softmax", ""), "/lab/softmax");
  assert.equal(address("/lab", "start", "at=2"), "/lab/?at=2"); // the first page has no path
});

test("only a plain click stays in the document", () => {
  const click = {
    button: 0,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    defaultPrevented: false,
  };
  assert.equal(plain(click), true);
  assert.equal(plain({ ...click, button: 1 }), false);
  for (const key of ["altKey", "ctrlKey", "metaKey", "shiftKey", "defaultPrevented"]) {
    assert.equal(plain({ ...click, [key]: true }), false);
  }
});
