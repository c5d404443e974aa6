import assert from "node:assert/strict";
import { test } from "node:test";

import { asking, bare, belongs, played, stepOf, turns, whole } from "../../live/front/classask.js";
import { ClassKept } from "../../live/front/classkept.js";
import { ClassPath } from "../../live/front/classpath.js";
import { columns } from "../../live/front/classplots.js";
import { hosted } from "../../live/front/hosted.js";

const QUESTION = { key: "guess", text: "?", options: ["a", "b", "c"], right: 1, reasons: ["not a", "b, because", "not c"], shown: "" };
const STEP = { key: "guess", kind: "predict", covers: ["p"], times: 1, locks: [] };
const view = (more) => ({ page: "start", at: 1, step: STEP, question: QUESTION, link: "at=1", ...more });

test("a question of other numbers is another one of the same step, and fits what a room takes", () => {
  const ask = asking(view());
  assert.equal(ask.kind, "choice");
  assert.equal(ask.count, 3);
  assert.match(ask.key, /^start\.guess\.[a-z0-9]{1,7}$/);
  assert.equal(asking(view({ link: "at=1&x=2" })).key, ask.key);
  const other = asking(view({ question: { ...QUESTION, right: 2 } }));
  assert.notEqual(other.key, ask.key);
  assert.ok(belongs(other, view()));
  assert.ok(!belongs(ask, view({ step: { ...STEP, key: "guess-2" } })));
  const own = asking(view({ step: { ...STEP, key: `0123456789AB_${"x".repeat(60)}` } }));
  assert.match(own.key, /^[a-z0-9.-]{1,60}$/);
  const number = asking(view({ question: { kind: "number", text: "?", of: "loss", low: -1, high: 2 } }));
  assert.deepEqual([number.kind, number.low, number.high], ["number", -1, 2]);
  assert.equal(asking(view({ step: { ...STEP, kind: "reach" } })).kind, "state");
  assert.equal(asking(view({ step: { ...STEP, kind: "see" } })), null);
});

test("one button leads from look to the next step, through one vote or two", () => {
  const ask = asking(view());
  const state = { key: "k", kind: "state" };
  const way = (phase, round, asks, last = false) => turns({ phase, round }, asks, last);
  assert.deepEqual(way("look", 1, ask), ["ask"]);
  assert.deepEqual(way("open", 1, ask), ["show"]);
  assert.deepEqual(way("shown", 1, ask), ["again", "answer"]);
  assert.deepEqual(way("shown", 2, ask), ["answer"]);
  assert.deepEqual(way("answered", 2, ask), ["next"]);
  assert.deepEqual(way("shown", 1, state), ["again", "next"]);
  assert.deepEqual(way("shown", 2, state, true), []);
  assert.deepEqual(way("look", 1, null), ["next"]);
});

test("a page inside another one has an address of its own, and asks to be left for another page", () => {
  for (const base of ["", "/lab"]) {
    const gone = [];
    const place = hosted({ base, page: "start" }, "at=1", (page, link) => gone.push([page, link]));
    assert.equal(place.location.search, "?at=1");
    place.history.pushState({}, "", `${place.location.pathname}?at=2`);
    assert.equal(place.location.search, "?at=2");
    place.visit(`${base}/softmax?at=3&lesson=1.x`);
    place.visit(`${base}/?at=1`);
    place.visit(`http://127.0.0.1:1${base}/?at=1`);
    assert.deepEqual(gone, [["softmax", "at=3&lesson=1.x"], ["start", "at=1"], ["start", "at=1"]]);
  }
});

test("a link's lesson is told apart, and comes back", () => {
  const link = "at=2&lesson=1.abc&logits=1,2";
  assert.equal(bare(link), "at=2&logits=1,2");
  assert.equal(played(link), "1.abc");
  assert.equal(whole(bare(link), played(link)), "at=2&logits=1,2&lesson=1.abc");
  assert.equal(whole("", ""), "");
  assert.equal(stepOf(link), 2);
});

test("in a class an option is a vote, and is told right or wrong when the class is", () => {
  const chosen = [];
  const now = { phase: "look", takes: false, own: null, question: null, told: "", choose: (i) => chosen.push(i) };
  let here = true;
  const path = new ClassPath({ did: () => false, does: () => assert.fail("nothing is done") }, () => (here ? now : null));
  const go = (more) => {
    Object.assign(now, more);
    path.sync();
  };
  path.update([STEP], 1, QUESTION);
  path.choose(0);
  assert.deepEqual([chosen, path.takes, path.locked, path.covers], [[], false, true, ["p"]]);
  go({ phase: "open", takes: true });
  assert.equal(path.choose(0), false);
  go({ own: 0 });
  assert.deepEqual([chosen, path.tries, path.locked, path.judges, path.reason], [[0], [0], true, false, ""]);
  path.update([STEP], 1, QUESTION);
  assert.deepEqual(path.tries, [0]);
  go({ phase: "answered", takes: false, question: QUESTION });
  assert.deepEqual([path.answered, path.locked, path.covers, path.judges], [true, false, [], true]);
  assert.equal(path.reason, "not a b, because");
  here = false; // the class is at another step
  path.tries = [];
  assert.ok(path.takes && path.judges && path.locked);
  path.choose(2);
  assert.equal(path.reason, "not c");
});

test("a tab keeps its answers for one room, and takes nothing of another form", () => {
  const store = new Map();
  const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, text) => store.set(key, text) };
  const kept = new ClassKept("ABCDE", storage);
  kept.put("k", { round: 1, value: 2 });
  kept.ask("k", QUESTION);
  kept.ask("k", { ...QUESTION, right: 0 });
  const again = new ClassKept("ABCDE", storage);
  assert.equal(again.who, kept.who);
  assert.match(again.who, /^[\w-]{24}$/);
  assert.deepEqual(again.waiting("k"), { round: 1, value: 2 });
  assert.equal(again.question("k").right, 1);
  assert.equal(again.answer("toString"), null);
  assert.notEqual(new ClassKept("FGHJK", storage).who, kept.who);
  for (const [known, questions] of [[{ k: { round: 3, value: 1 } }, { k: { text: 1 } }], [{ k: null }, 7], [[], { k: { text: "", options: [1], reasons: [] } }]]) {
    store.set("ce-class", JSON.stringify({ code: "ABCDE", who: kept.who, known, waiting: known, questions }));
    const other = new ClassKept("ABCDE", storage);
    assert.deepEqual([other.answer("k"), other.question("k")], [null, null]);
  }
});

test("what the room has counts until it has a newer answer, and again where it does not take that", () => {
  const kept = new ClassKept("ABCDE", null);
  const [first, second, third] = [0, 1, 2].map((value) => ({ round: 1, value }));
  kept.put("k", first);
  kept.received("k", { ...first, met: null });
  kept.put("k", second);
  kept.put("k", third);
  kept.received("k", { ...second, met: null }); // while the third is on its way
  assert.deepEqual(kept.answer("k"), third);
  kept.drop("k", third);
  assert.deepEqual(kept.answer("k"), { ...second, met: null });
  assert.equal(kept.waiting("k"), null);
});

test("numbers are counted over their whole line, whose ends may be as far apart as can be", () => {
  assert.equal(columns([0, 1, 1], 0, 1).at(-1), 2);
  assert.equal(columns([0, 1, 1], 0, 1)[0], 1);
  assert.deepEqual(columns([-1.7e308, 0, 1.7e308], -1.7e308, 1.7e308).filter(Boolean), [1, 1, 1]);
});
