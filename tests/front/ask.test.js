import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Answers } from "../../live/front/answers.js";
import { Ask } from "../../live/front/ask.js";

const LAYOUT = { hash: "one", instruments: [], links: [] };

/** The bytes of an answer to a link. */
function message(link, layout = "one") {
  const head = { layout, link, notices: [], topic: "", sees: [], instruments: [], columns: [] };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}

/** A server whose answers wait for the test, an address bar, and the player's end of a link. */
class Lab {
  asked = []; // what waits for an answer
  layouts = [];
  shown = [];
  seen = [];
  steps = [];
  location = { pathname: "/pipeline", search: "" };

  constructor(search = "") {
    this.location.search = search;
    const step = (kind) => (_state, _title, url) => {
      this.steps.push(`${kind} ${url}`);
      this.location.search = url.slice("/pipeline".length);
    };
    const answers = new Answers("", "pipeline", (url, options) => this.#fetch(url, options));
    this.answers = answers;
    this.ask = new Ask(
      {
        answer: (query, signal) => answers.answer(query, signal),
        history: { state: null, pushState: step("push"), replaceState: step("replace") },
        location: this.location,
      },
      {
        answered: ({ head }) => this.shown.push(head.link),
        changed: () => {},
        seen: () => this.seen,
      },
    );
  }

  #fetch(url, { signal, cache }) {
    if (url.includes("/layout")) {
      this.layouts.push({ url, cache });
      return Promise.resolve(Response.json(LAYOUT));
    }
    return new Promise((resolve, reject) => {
      const asked = { query: url.split("?")[1] ?? "", cache, resolve, reject, given: false };
      signal.addEventListener("abort", () => {
        asked.given = true;
        this.asked = this.asked.filter((other) => other !== asked);
        reject(signal.reason);
      });
      this.asked.push(asked);
    });
  }

  get queries() {
    return this.asked.map(({ query }) => decodeURIComponent(query));
  }

  async answer(link, layout) {
    this.asked.shift().resolve(new Response(message(link, layout)));
    await settled();
  }

  async fail(status, headers) {
    const { resolve, reject } = this.asked.shift();
    if (status) resolve(new Response("", { status, headers }));
    else reject(new TypeError("no network"));
    await settled();
  }
}

/** Let all that is ready run. */
async function settled() {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function later(ms) {
  mock.timers.tick(ms);
  await settled();
}

async function opened(link = "x=1") {
  const lab = new Lab();
  lab.ask.open("");
  await lab.answer(link);
  lab.shown.length = lab.steps.length = 0;
  return lab;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

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

test("a text of any length or kind fits into an address, and is no other than it was", async () => {
  const lab = await opened("");
  lab.ask.commit("x", "9".repeat(100_000));
  assert.equal(lab.queries[0], `set=x:${"9".repeat(200)}…`);
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
  assert.deepEqual(lab.layouts, [{ url: "/answer/pipeline/layout?y=1", cache: "default" }]);
  lab.ask.commit("y", "2");
  await lab.answer("y=2");
  assert.equal(lab.layouts.length, 1);
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

test("a page that is left asks no more", async () => {
  const lab = await opened();
  lab.ask.commit("x", "2");
  const [asked] = lab.asked;
  lab.ask.leave();
  assert.equal(asked.given, true);
  await later(60_000);
  assert.deepEqual(lab.queries, []);
});
