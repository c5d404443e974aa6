import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { hold, later, opened } from "./lab.js";

beforeEach(hold);

test("a slider that rests is asked about early, and its release is shown at once", async () => {
  const lab = await opened();
  lab.ask.rest("x", "2");
  await later(119);
  lab.ask.rest("x", "3"); // it moves on
  await later(119);
  assert.deepEqual(lab.queries, []);
  await later(1);
  assert.deepEqual(lab.queries, ["x=1&set=x:3"]);
  await lab.answer("x=3");
  assert.deepEqual(lab.shown, []);
  lab.ask.commit("x", "3");
  assert.deepEqual(lab.shown, ["x=3"]);
  assert.deepEqual(lab.queries, []);
  assert.deepEqual(lab.steps, ["push /pipeline?x=3"]);
});

test("the last place where a slider rests is the one that is asked about", async () => {
  const lab = await opened();
  lab.ask.rest("x", "2");
  await later(120);
  const [first] = lab.asked;
  lab.ask.rest("x", "3");
  await later(120);
  assert.equal(first.given, true);
  assert.deepEqual(lab.queries, ["x=1&set=x:3"]);
});

test("a release waits for the answer that is under way, and for no other", async () => {
  const lab = await opened();
  lab.ask.rest("x", "2");
  await later(120);
  lab.ask.commit("x", "2");
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
  await lab.answer("x=2");
  assert.deepEqual(lab.shown, ["x=2"]);
  lab.ask.rest("x", "3");
  await later(120);
  const [early] = lab.asked;
  lab.ask.commit("x", "4");
  assert.equal(early.given, true);
  assert.deepEqual(lab.queries, ["x=2&set=x:4"]);
});

test("nothing is asked early after the release, or while a change is not answered", async () => {
  const lab = await opened();
  lab.ask.rest("x", "2");
  lab.ask.stop();
  await later(500);
  assert.deepEqual(lab.queries, []);
  lab.ask.commit("y", "1");
  lab.ask.rest("x", "2");
  await later(500);
  assert.deepEqual(lab.queries, ["x=1&set=y:1"]);
});
