import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";

import { begun, doing, done, pack, pasted, sent } from "../../live/front/teachlesson.js";
import { keep, kept } from "../../live/front/teachkept.js";

const PAGE = {
  title: "Softmax",
  steps: [
    { key: "scores", kind: "predict", title: "Scores" },
    { key: "over", kind: "see", title: "Up and over, and even further" },
    { key: "everyone", kind: "reach", title: "Everyone" },
  ],
  locks: [],
};

test("a lesson is packed into letters that a link takes as they are", async () => {
  const content = { title: "größer ≤ 🐟".repeat(50), steps: [] };
  const text = await pack(content);
  assert.match(text, /^1[.][\w-]+$/);
  assert.deepEqual(JSON.parse(inflateSync(Buffer.from(text.slice(2), "base64url")).toString()), content);
});

test("a pasted link is of the lab by its path, whatever the lab's host is called", () => {
  const at = (text, base = "http://127.0.0.1:8501/lab") => pasted(text, base, "start");
  assert.deepEqual(at(" https://lab.example/lab/softmax?at=2&logits=3,1 "), {
    page: "softmax",
    link: "at=2&logits=3,1",
    lesson: "",
  });
  assert.equal(at("http://lab.example/lab?at=2")?.page, "start");
  assert.equal(at("http://lab.example/lab/softmax/?lesson=1.abc")?.lesson, "1.abc");
  for (const text of ["", "softmax", "http://lab.example/other/softmax", "http://lab.example/label", "javascript:alert(1)"]) {
    assert.equal(at(text), null, text);
  }
  assert.equal(pasted("http://lab.example/softmax", "http://127.0.0.1", "start")?.page, "softmax");
});

test("a step begins with what there is to do in it, and can be given something else", () => {
  const taken = begun({ page: "softmax", link: "at=1&logits=3,1" }, PAGE);
  assert.deepEqual([taken.kind, taken.key, taken.title, done(taken)], ["predict", "scores", "Scores", "key.scores"]);
  const seen = begun({ page: "softmax", link: "at=2" }, PAGE);
  assert.deepEqual([seen.kind, seen.key, seen.title.length, done(seen)], ["see", "", 24, "see"]);
  assert.equal(begun(seen, PAGE), seen);

  const goal = doing(taken, "key.everyone", PAGE);
  assert.deepEqual([goal.kind, goal.key, goal.own], ["reach", "everyone", null]);
  assert.equal(new URLSearchParams(goal.link).get("at"), "3");
  assert.equal(new URLSearchParams(goal.link).get("logits"), "3,1");
  const own = doing(goal, "own", PAGE);
  assert.deepEqual([own.kind, own.key, done(own)], ["predict", "", "own"]);
  assert.deepEqual([doing(own, "explore", PAGE).own, done(doing(own, "explore", PAGE))], [null, "explore"]);
  const guess = doing(own, "guess", PAGE);
  assert.deepEqual([guess.kind, guess.own, done(guess)], ["predict", null, "guess"]);
  const wanted = doing(guess, "goal", PAGE);
  assert.deepEqual([wanted.kind, wanted.guess, done(wanted)], ["reach", null, "goal"]);
  assert.deepEqual([doing(wanted, "key.scores", PAGE).goal, done(doing(wanted, "see", PAGE))], [null, "see"]);
});

test("answers that are left empty are not sent, and the right one stays right", () => {
  const send = (own) => sent({ title: "", steps: [{ page: "softmax", link: "", own }] }).steps[0].own;
  assert.deepEqual(send({ text: "?", options: ["a", "", "b"], right: 2 }), { text: "?", options: ["a", "b"], right: 1 });
  assert.equal(send({ text: "?", options: ["a", " ", "b"], right: 1 }).right, -1);
  assert.equal(send(null), null);
});

test("the tab keeps the lesson, and leaves out what is of another form", () => {
  const held = new Map();
  const storage = { getItem: (key) => held.get(key) ?? null, setItem: (key, text) => held.set(key, text) };
  const lesson = { title: "x", steps: [{ page: "softmax", link: "at=2" }] };
  keep(lesson, storage);
  assert.deepEqual(kept(storage), lesson);
  const wrong = [{ own: 5 }, { own: { text: "?", options: [1, 2] } }, { hidden: "x" }, { locked: [null] }, { guess: { text: 1 } }, { goal: "x" }];
  const steps = JSON.stringify({ steps: wrong.map((part) => ({ page: "a", link: "", ...part })) });
  for (const text of ["", "no JSON", "null", "[]", '{"title":1,"steps":[null,{"page":"a"},3]}', '{"steps":{}}', steps]) {
    held.set("ce-teach", text);
    assert.deepEqual(kept(storage), { title: "", steps: [] }, text);
  }
});
