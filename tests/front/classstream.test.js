import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, mock, test } from "node:test";

import { Sending } from "../../live/front/classsend.js";
import { Listening } from "../../live/front/classstream.js";

const ROOM = `event: room\ndata: {"page":"start","link":"at=2&names=é"}\n\n`;

/** A server on this machine that answers as the test says, one request after the other. */
const requests = [];
const answers = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  requests.push({ headers: request.headers, body });
  (answers.shift() ?? ((away) => away.destroy()))(response);
});
let url = "";
let left = null;
const told = [];
let gone = null;
const handlers = {
  event: (name, data) => told.push([name, data]),
  away: (away) => away !== gone && told.push(["away", (gone = away)]),
  refused: (status) => told.push(["refused", status]),
  known: (value, reply) => told.push(["known", value, reply]),
};

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}/`;
});
beforeEach(() => {
  mock.method(Math, "random", () => -0.499); // pauses of a moment
  requests.length = answers.length = told.length = 0;
  gone = null;
});
afterEach(() => {
  left?.leave();
  mock.reset();
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** Wait for something, and no longer than any machine needs. */
async function until(condition) {
  for (let i = 0; i < 2500 && !condition(); i += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition(), String(condition));
}

const listens = () => (left = new Listening(url, { Authorization: "Bearer s" }, fetch, handlers));
const names = () => told.map(([name]) => name);

test("events that arrive in pieces are read, and pings are none", async () => {
  const bytes = Buffer.from(`: \n\n${ROOM}event: count\ndata: {"here":3,"answered":1}\n\n`);
  answers.push(async (response) => {
    for (const byte of bytes) {
      response.write(Buffer.from([byte])); // in the middle of a letter, too
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  listens();
  await until(() => told.length >= 3);
  assert.deepEqual(told, [
    ["away", false],
    ["room", { page: "start", link: "at=2&names=é" }],
    ["count", { here: 3, answered: 1 }],
  ]);
  assert.equal(requests[0].headers.authorization, "Bearer s");
});

test("a stream that ends or breaks off is made anew, until the room is gone", async () => {
  answers.push(
    (response) => response.end(ROOM),
    (response) => response.writeHead(503).end(),
    (response) => response.destroy(),
    (response) => response.write(ROOM, () => response.destroy()),
    (response) => response.writeHead(404).end(),
  );
  listens();
  await until(() => names().includes("refused"));
  assert.deepEqual(names(), ["away", "room", "away", "away", "room", "away", "refused"]);
  assert.equal(told.at(-1)[1], "404");
  assert.equal(requests.length, 5);
});

test("a connection that is silent for too long is given up, and its page wakes it at once", async () => {
  mock.timers.enable({ apis: ["Date"] });
  answers.push((response) => response.write(ROOM), (response) => response.write(ROOM));
  listens();
  await until(() => names().includes("room"));
  left.again(); // it has just said something
  mock.timers.tick(21_000);
  left.again();
  await until(() => names().filter((name) => name === "room").length === 2);
  assert.equal(requests.length, 2);
});

test("what is sent is sent until it is known, and only the newest of it", async () => {
  const sending = (left = new Sending(url, {}, fetch, { ...handlers, away: () => told.push(["away"]) }));
  let first;
  answers.push(
    (response) => response.destroy(),
    (response) => (first = response),
    (response) => response.writeHead(200, { "Content-Type": "application/json" }).end('{"met":true}'),
  );
  sending.put(1);
  await until(() => first);
  assert.ok(sending.waits);
  sending.put(2);
  sending.put(3);
  first.writeHead(204).end();
  await until(() => told.length === 3);
  assert.deepEqual(told, [["away"], ["known", 1, null], ["known", 3, { met: true }]]);
  assert.deepEqual(requests.map(({ body }) => body), ["1", "1", "3"]);
  assert.ok(!sending.waits);
});

test("what the room refuses is not sent again, and what it is too busy for is", async () => {
  const sending = (left = new Sending(url, {}, fetch, { ...handlers, away: () => told.push(["away"]) }));
  answers.push((response) => response.writeHead(429).end(), (response) => response.writeHead(409).end());
  sending.put("late");
  await until(() => told.length === 2);
  assert.deepEqual(told, [["away"], ["refused", "late"]]);
  assert.ok(!sending.waits);
});
