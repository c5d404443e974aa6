import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Asking } from "../../live/front/batchask.js";
import { hold, later, settled } from "./lab.js";

/** A server whose answers the test writes, and what the page was told. */
class Page {
  asked = [];
  told = [];
  text = "1 2";

  constructor() {
    this.asking = new Asking("/batch", (_url, options) => this.#fetch(options), {
      body: () => (this.text ? new Blob([this.text]) : null),
      nothing: () => this.told.push("nothing"),
      begins: () => this.told.push("begins"),
      frame: ({ head }) => this.told.push(head.kind),
      away: (away) => this.told.push(away ? "away" : "here"),
      refused: (status) => this.told.push(`refused ${status}`),
      broken: (times) => this.told.push(`broken ${times}`),
      ends: () => this.told.push("ends"),
    });
  }

  #fetch({ body, signal }) {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      let write;
      const stream = new ReadableStream({
        start(controller) {
          write = controller;
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      });
      const answer = () => resolve(new Response(stream));
      this.asked.push({ body, signal, resolve, reject, answer, write });
    });
  }

  /** Send frames, and end the answer. */
  async say(asked, heads, ended = true) {
    asked.answer();
    for (const head of heads) asked.write.enqueue(frame(head));
    if (ended) asked.write.close();
    await settled();
  }

  async bodies() {
    return Promise.all(this.asked.map(({ body }) => body.text()));
  }
}

function frame(head) {
  const text = new TextEncoder().encode(JSON.stringify({ ...head, columns: [] }));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setUint32(0, 4 + text.length, true);
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  bytes.set(text, 8);
  return bytes;
}

const result = (done, of = 4) => ({ kind: "result", done, of });
const fault = (field) => ({ kind: "error", field, text: "", line: 1, column: 2 });

beforeEach(hold);

test("it asks once, a moment after the last change, with what stands there then", async () => {
  const page = new Page();
  page.asking.soon();
  await later(200);
  page.text = "3 4";
  page.asking.soon();
  await later(299);
  assert.equal(page.asked.length, 0);
  await later(1);
  assert.deepEqual(await page.bodies(), ["3 4"]);
});

test("where nothing stands nothing is asked, and that is told a moment later", async () => {
  const page = new Page();
  page.text = "";
  page.asking.soon();
  await later(299);
  assert.deepEqual(page.told, []);
  await later(1);
  assert.deepEqual(page.told, ["nothing"]);
  assert.equal(page.asked.length, 0);
});

test("a newer question gives up the older one, of which nothing more is heard", async () => {
  const page = new Page();
  page.asking.now();
  const [first] = page.asked;
  first.answer();
  first.write.enqueue(frame({ kind: "read" }));
  await settled();
  page.asking.now();
  assert.ok(first.signal.aborted);
  await page.say(page.asked[1], [result(4)]);
  assert.deepEqual(page.told, ["begins", "read", "begins", "result", "here", "ends"]);
});

test("a change alone gives up what is asked of numbers before", async () => {
  const page = new Page();
  page.asking.now();
  page.asking.soon();
  assert.ok(page.asked[0].signal.aborted);
});

test("Stop ends it, keeps what was told, and asks no further", async () => {
  const page = new Page();
  page.asking.now();
  await page.say(page.asked[0], [result(1)], false);
  page.asking.stop();
  await later(60_000);
  assert.deepEqual(page.told, ["begins", "result", "ends"]);
  assert.equal(page.asked.length, 1);
});

test("while the server is away it is asked again, with the same", async () => {
  const page = new Page();
  page.asking.now();
  page.asked[0].reject(new TypeError("no network"));
  await settled();
  assert.deepEqual(page.told, ["begins", "away"]);
  await later(1000);
  await page.say(page.asked[1], [result(4)]);
  assert.deepEqual(page.told, ["begins", "away", "result", "here", "ends"]);
  assert.deepEqual(await page.bodies(), ["1 2", "1 2"]);
});

test("an answer that was cut off between two frames is asked for anew", async () => {
  const page = new Page();
  page.asking.now();
  await page.say(page.asked[0], [result(2)]);
  assert.deepEqual(page.told, ["begins", "result", "away"]);
  await later(1000);
  assert.equal(page.asked.length, 2);
});

test("an error of the numbers ends an answer, and one of an option does not", async () => {
  const page = new Page();
  page.asking.now();
  await page.say(page.asked[0], [fault("numbers")]);
  assert.deepEqual(page.told, ["begins", "error", "here", "ends"]);
  page.told.length = 0;
  page.asking.now();
  await page.say(page.asked[1], [fault("weight")]);
  assert.deepEqual(page.told, ["begins", "error", "away"]);
});

test("what the server refuses is not sent again", async () => {
  const page = new Page();
  page.asking.now();
  page.asked[0].resolve(new Response("", { status: 413 }));
  await later(60_000);
  assert.deepEqual(page.told, ["begins", "refused 413", "ends"]);
  assert.equal(page.asked.length, 1);
});

test("a question at which the server fails three times is asked no more, until it is asked anew", async () => {
  const page = new Page();
  page.asking.now();
  await page.say(page.asked[0], [result(2)]); // broke off
  await later(1000);
  page.asked[1].resolve(new Response("", { status: 500 }));
  await settled();
  assert.deepEqual(page.told, ["begins", "result", "away", "away"]);
  await later(2000);
  await page.say(page.asked[2], []);
  await later(60_000);
  assert.deepEqual(page.told.slice(4), ["broken 3", "ends"]);
  assert.equal(page.asked.length, 3);
  page.asking.now();
  await page.say(page.asked[3], []);
  assert.equal(page.told.at(-1), "away");
});

test("a server that is away, or has no time, is asked for as long as that takes", async () => {
  const page = new Page();
  page.asking.now();
  for (let i = 0; i < 6; i += 1) {
    if (i % 2) page.asked[i].reject(new TypeError("no network"));
    else page.asked[i].resolve(new Response("", { status: 503 }));
    await settled();
    await later(8000);
  }
  assert.equal(page.asked.length, 7);
});
