import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Lab, hold, later, opened } from "./lab.js";

beforeEach(hold);

test("the opening is asked for as it is, and its canonical link replaces it", async () => {
  const lab = new Lab("?x=1.0&y=3");
  lab.ask.open("x=1.0&y=3");
  assert.deepEqual(lab.queries, ["x=1.0&y=3"]);
  await lab.answer("x=1");
  assert.deepEqual(lab.steps, ["replace /pipeline?x=1"]);
  assert.deepEqual(lab.shown, ["x=1"]);
  assert.equal(lab.ask.link, "x=1");
});

test("a change is asked about at once, and is a step in the history when it is answered", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
  assert.deepEqual(lab.steps, []);
  await lab.answer("x=2");
  assert.deepEqual(lab.steps, ["push /pipeline?x=2"]);
  assert.deepEqual(lab.ask.changes, []);
});

test("what was refused leaves the link as it is, and makes no step", async () => {
  const lab = await opened();
  lab.ask.commit("x", "nonsense");
  await lab.answer("x=1");
  assert.deepEqual(lab.steps, []);
  assert.deepEqual(lab.shown, ["x=1"]);
});

test("one question at a time; what comes meanwhile goes with the next one", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  lab.ask.commit("y", "3");
  lab.ask.commit("z", "4");
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
  await lab.answer("x=2");
  assert.deepEqual(lab.queries, ["x=2&set=y:3&set=z:4"]);
  await lab.answer("x=2&y=3&z=4");
  assert.deepEqual(lab.queries, []);
  assert.deepEqual(lab.steps, ["push /pipeline?x=2", "push /pipeline?x=2&y=3&z=4"]);
});

test("a later value takes the place of one that was not asked about", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  lab.ask.commit("x", "3");
  lab.ask.commit("x", "4");
  assert.deepEqual(lab.ask.changes, [
    { id: "x", value: "2" },
    { id: "x", value: "4" },
  ]);
  lab.ask.commit("y", "1");
  lab.ask.commit("x", "5");
  lab.ask.commit("add", "", true);
  lab.ask.commit("add", "", true);
  await lab.answer("x=2");
  assert.deepEqual(lab.queries, ["x=2&set=x:4&set=y:1&set=x:5&set=add:&set=add:"]);
});

test("a list is not taken back by what one of its numbers is set to later", async () => {
  const lab = await opened();
  lab.ask.commit("y", "1");
  lab.ask.commit("logits.1", "[2.1, -3]");
  lab.ask.commit("logits.1", "4");
  lab.ask.commit("logits.1", "5");
  await lab.answer("x=1");
  assert.deepEqual(lab.queries, ["x=1&set=logits.1:[2.1,+-3]&set=logits.1:5"]);
});

test("a text of any length or kind fits into an address, and is no other than it was", async () => {
  const lab = await opened("");
  lab.ask.commit("x", "9".repeat(100_000));
  assert.equal(lab.queries[0], `set=x:${"9".repeat(1000)}…`);
  await lab.answer("");
  lab.ask.commit("names.0", "\ud800&set=y:1#%");
  assert.deepEqual([...new URLSearchParams(lab.asked[0].query)], [["set", "names.0:\ufffd&set=y:1#%"]]);
});

test("more changes than an address holds go one after the other", async () => {
  const lab = await opened();
  lab.ask.commit("a", "first");
  for (let i = 0; i < 40; i += 1) lab.ask.commit(`b.${i}`, "x".repeat(190));
  await lab.answer("x=1");
  const count = lab.queries[0].split("set=").length - 1;
  assert.ok(count > 5 && lab.asked[0].query.length < 4100);
  await lab.answer("x=2");
  assert.match(lab.queries[0], new RegExp(`^x=2&set=b[.]${count}:`));
});

test("back and forward open what the address bar says, and drop what is not answered", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  const [first] = lab.asked;
  lab.location.search = "?x=0";
  lab.ask.popped();
  assert.equal(first.given, true);
  assert.deepEqual(lab.queries, ["x=0"]);
  await lab.answer("x=0");
  assert.deepEqual([lab.shown, lab.steps, lab.ask.changes], [["x=0"], [], []]);
  lab.ask.popped();
  assert.deepEqual(lab.queries, []);
});

test("a step in the history to the same settings drops nothing", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  await lab.fail();
  lab.ask.popped();
  assert.deepEqual(lab.ask.changes, [{ id: "x", value: "2" }]);
  await later(1000);
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
});

test("a page within another one stays within it", async () => {
  const lab = new Lab("?embed=true&x=1.0");
  lab.ask.open("x=1.0");
  await lab.answer("x=1");
  lab.ask.popped();
  assert.deepEqual(lab.steps, ["replace /pipeline?x=1&embed=true"]);
  assert.deepEqual(lab.queries, []);
});

test("another page's address is another page's, for going there and for writing it", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  lab.location.pathname = "/softmax";
  lab.location.search = "?x=5";
  lab.ask.popped();
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
  await lab.answer("x=2");
  assert.deepEqual(lab.steps, []);
  assert.equal(lab.location.search, "?x=5");
});

test("a link that is gone to is a step, whatever was not answered before", async () => {
  const lab = await opened();
  lab.ask.commit("y", "2");
  lab.ask.go("x=9");
  assert.deepEqual(lab.queries, ["x=9"]);
  await lab.answer("x=9");
  assert.deepEqual(lab.steps, ["push /pipeline?x=9"]);
});

test("changes that a page before has left are asked about with the opening", async () => {
  const lab = new Lab();
  lab.ask.open("x=1", [{ id: "x", value: "2" }]);
  assert.deepEqual(lab.queries, ["x=1&set=x:2"]);
  await lab.answer("x=2");
  assert.deepEqual(lab.steps, ["replace /pipeline?x=2"]);
});

test("what was seen is told, and asked with anew when it changes", async () => {
  const lab = await opened();
  lab.seen = ["a", "b,c"];
  lab.ask.again();
  assert.deepEqual(lab.queries, ["x=1&seen=a,b,c"]);
  lab.seen = ["d"];
  lab.ask.again();
  assert.equal(lab.asked.length, 1);
  await lab.answer("x=1");
  assert.deepEqual(lab.queries, ["x=1&seen=d"]);
  await lab.answer("x=1");
  assert.deepEqual([lab.steps, lab.queries], [[], []]);
});

test("a layout is fetched with the same query, and once", async () => {
  const lab = new Lab();
  lab.ask.open("y=1");
  await lab.answer("y=1");
  assert.deepEqual(lab.layouts, [{ url: "/answer/pipeline/layout?v=1&y=1", cache: "default" }]);
  lab.ask.commit("y", "2");
  await lab.answer("y=2");
  assert.equal(lab.layouts.length, 1);
});

test("a page that is left asks no more", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  const [asked] = lab.asked;
  lab.ask.leave();
  assert.equal(asked.given, true);
  await later(60_000);
  assert.deepEqual(lab.queries, []);
});
