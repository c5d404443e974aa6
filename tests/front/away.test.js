import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Lab, hold, later, opened, settled } from "./lab.js";

beforeEach(hold);

test("without a network changes are kept, and asked about once it is back", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  await lab.fail();
  assert.equal(lab.ask.away, true);
  lab.ask.commit("y", "3");
  for (const pause of [1000, 2000, 4000, 4000]) {
    assert.deepEqual(lab.queries, []);
    await later(pause - 1);
    assert.deepEqual(lab.queries, []);
    await later(1);
    assert.deepEqual(lab.queries, ["x=1&set=x:2&set=y:3"]);
    await lab.fail();
  }
  lab.ask.retry(); // the browser says that it is online
  await lab.answer("x=2&y=3");
  assert.equal(lab.ask.away, false);
  assert.deepEqual(lab.steps, ["push /pipeline?x=2&y=3"]);
});

test("a server that is busy is left alone as long as it asks", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  await lab.fail(429, { "Retry-After": "7" });
  assert.equal(lab.ask.away, true);
  await later(6999);
  assert.deepEqual(lab.queries, []);
  await later(1);
  await lab.fail(503, { "Retry-After": "99999" });
  await later(60_000);
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
});

test("what the server will never answer is given up, and the link before holds", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  await lab.fail(414);
  assert.deepEqual(lab.queries, ["x=1"]);
  assert.deepEqual(lab.ask.changes, []);
  await lab.answer("x=1");
  assert.deepEqual(lab.shown, ["x=1"]);
  lab.ask.go("nonsense");
  await lab.fail(400);
  assert.deepEqual(lab.queries, []); // the answer is still there
  assert.deepEqual(lab.shown, ["x=1", "x=1"]);
});

test("an answer that is no message is asked for again", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  lab.asked.shift().resolve(new Response("<!doctype html>"));
  await settled();
  assert.equal(lab.ask.away, true);
  await later(1000);
  await lab.answer("x=2");
  assert.deepEqual(lab.shown, ["x=2"]);
});

test("an answer is missed after two seconds, and asked for again with ever more patience", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  await later(1999);
  assert.equal(lab.ask.late, false);
  await later(1);
  assert.equal(lab.ask.late, true);
  const [first] = lab.asked;
  lab.ask.commit("y", "3");
  await later(6000);
  assert.equal(first.given, true);
  assert.deepEqual(lab.queries, ["x=1&set=x:2&set=y:3"]);
  const [second] = lab.asked;
  await later(15_999);
  assert.equal(second.given, false);
  await later(1);
  assert.equal(second.given, true);
  assert.equal(lab.ask.away, false);
  await lab.answer("x=2&y=3");
  assert.equal(lab.ask.late, false);
});

test("numbers and a layout of two versions are not shown together", async () => {
  const lab = new Lab();
  lab.ask.open("");
  await lab.answer("x=1", "two");
  assert.deepEqual(lab.shown, []);
  assert.equal(lab.ask.away, true);
  await later(1000);
  assert.equal(lab.asked[0].cache, "no-cache");
  await lab.answer("x=1");
  assert.deepEqual(lab.shown, ["x=1"]);
  lab.ask.commit("x", "2");
  assert.equal(lab.asked[0].cache, "default");
});
