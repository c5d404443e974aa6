import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempt } from "../../live/front/challengepath.js";
import { Run } from "../../live/front/challengerun.js";

const STEP = { key: "x-1", covers: ["p.1"], times: 1, locks: [], page: "start" };
const QUESTION = { options: ["a", "b", "c"], right: 1, reasons: ["not a", "b, because", "not c"] };

function tab() {
  const kept = new Map();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
}

/** Somebody at the first item, whose path is as a browser opens it. */
function begun(kind, storage = tab()) {
  const run = new Run("K7Q2M", storage);
  if (run.at === 0) run.next();
  const path = new Attempt(run, kind === "reach");
  path.update([{ ...STEP, kind }], 1, kind === "predict" ? QUESTION : null);
  return { run, path, storage };
}

test("an item is right at the first try, at the second, wrong, or skipped", () => {
  for (const [options, outcome] of [
    [[1], "first"],
    [[0, 1], "second"],
    [[0, 0, 1], "second"],
    [[2, 0, 1], "wrong"],
    [[2], "wrong"],
    [[], "skipped"],
  ]) {
    const { run, path } = begun("predict");
    for (const option of options) path.choose(option);
    assert.equal(path.locked, options.length < 2 && outcome !== "first");
    run.next();
    assert.equal(run.outcomes[0], outcome, String(options));
    assert.equal(run.at, 2);
  }
});

test("a goal is reached or skipped, and stays reached", () => {
  const { run, path, storage } = begun("reach");
  path.see(false, true);
  assert.deepEqual([path.reached, run.outcomes[0]], [false, "skipped"]);
  path.see(true, true);
  path.see(false, true);
  assert.deepEqual([path.reached, run.outcomes[0]], [true, "first"]);
  assert.equal(begun("reach", storage).path.reached, true);
});

test("a reload gives no try back", () => {
  const { path, storage } = begun("predict");
  path.choose(0);
  const second = begun("predict", storage);
  assert.deepEqual([second.path.tries, second.path.reason], [[0], "not a"]);
  second.path.choose(2);
  const third = begun("predict", storage);
  assert.deepEqual([third.path.tries, third.path.locked, third.path.reason], [[0, 2], false, "b, because"]);
  third.path.choose(1);
  assert.deepEqual(third.run.now, { tries: [{ option: 0, text: "a" }, { option: 2, text: "c" }], outcome: "wrong" });
});

test("the tab keeps the way of one seed to its end", () => {
  const storage = tab();
  const run = new Run("K7Q2M", storage);
  for (let i = 0; i < 11; i += 1) run.next();
  run.called("Ada");
  const again = new Run("K7Q2M", storage);
  assert.deepEqual([again.at, again.name, again.ended > 0], [11, "Ada", true]);
  assert.deepEqual(again.outcomes, Array(10).fill("skipped"));
  assert.deepEqual(new Run("00000", storage).at, 0);
});

test("what is not of its form begins anew", () => {
  const { run, storage } = begun("predict");
  const whole = JSON.parse(storage.kept.get("ce-challenge"));
  const tried = { option: 0, text: "a" };
  for (const wrong of [
    { at: 12 },
    { at: -1 },
    { at: "1" },
    { ended: null },
    { name: 5 },
    { went: [] },
    { went: Array(10).fill(null) },
    { went: Array(10).fill({ tries: [], outcome: "best" }) },
    { went: Array(10).fill({ tries: [tried, tried, tried], outcome: "" }) },
    { went: Array(10).fill({ tries: [{ option: "0", text: "a" }], outcome: "" }) },
  ]) {
    storage.setItem("ce-challenge", JSON.stringify({ ...whole, ...wrong }));
    assert.equal(new Run("K7Q2M", storage).at, 0, JSON.stringify(wrong));
  }
  for (const text of ["", "no JSON", "null", "[]", "5"]) {
    storage.setItem("ce-challenge", text);
    assert.equal(new Run("K7Q2M", storage).at, 0, text);
  }
  assert.equal(run.at, 1);
});
