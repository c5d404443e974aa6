import assert from "node:assert/strict";
import { test } from "node:test";

import { body, frames } from "../../live/front/batchframes.js";

/** A message without columns, or with one of bytes. */
function message(head, numbers = []) {
  const columns = numbers.length ? [["u1", [1, numbers.length]]] : [];
  const text = new TextEncoder().encode(JSON.stringify({ ...head, columns }));
  return [...length(text.length), ...text, ...numbers];
}

const length = (count) => [...new Uint8Array(new Uint32Array([count]).buffer)];
const frame = (...given) => [...length(message(...given).length), ...message(...given)];

/** A stream that brings bytes in pieces of a size. */
function stream(bytes, size) {
  const all = Uint8Array.from(bytes);
  let start = 0;
  return new ReadableStream({
    pull(controller) {
      if (start >= all.length) controller.close();
      else controller.enqueue(all.subarray(start, (start += size)));
    },
  });
}

async function read(bytes, size) {
  const found = [];
  for await (const one of frames(stream(bytes, size))) found.push(one);
  return found;
}

const SENT = [
  ...frame({ kind: "read", notes: ["猫 = ½"] }),
  ...frame({ kind: "progress", done: 1, of: 2 }),
  ...frame({ kind: "result" }, [7, 8, 200]),
];

for (const size of [1, 3, 5, 64, SENT.length]) {
  test(`frames are whole however they are cut: ${size} bytes at a time`, async () => {
    const found = await read(SENT, size);
    assert.deepEqual(
      found.map(({ head }) => head.kind),
      ["read", "progress", "result"],
    );
    assert.deepEqual(found[0].head.notes, ["猫 = ½"]);
    assert.deepEqual([...found[2].columns[0].data], [7, 8, 200]);
  });
}

test("a frame is told as soon as it is there", async () => {
  const waits = new ReadableStream({
    start: (controller) => controller.enqueue(Uint8Array.from([...frame({ kind: "read" }), 9])),
  });
  const { value } = await frames(waits).next();
  assert.equal(value.head.kind, "read");
});

test("an answer that breaks off within a frame is an error", async () => {
  for (const end of [1, 6]) await assert.rejects(read(SENT.slice(0, -end), 64), /broke off/);
  assert.deepEqual(await read([], 64), []);
});

test("who reads no further lets go of the stream", async () => {
  let left = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(Uint8Array.from(frame({ kind: "progress" }))),
    cancel: () => (left = true),
  });
  for await (const one of frames(endless)) {
    assert.equal(one.head.kind, "progress");
    break;
  }
  assert.ok(left);
});

test("a body is a head and its length, the numbers and the targets", async () => {
  const sent = body({ as: "", name: "猫.csv" }, new Blob(["1,2"]), new Blob(["½"]));
  const bytes = new Uint8Array(await sent.arrayBuffer());
  const count = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + count)));
  assert.deepEqual(head, { as: "", name: "猫.csv", size: 3, targets_size: 2 });
  assert.equal(new TextDecoder().decode(bytes.subarray(4 + count)), "1,2½");
});
