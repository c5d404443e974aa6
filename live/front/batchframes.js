// @ts-check
// What is sent and what comes back: a body of a head and numbers, and a stream of frames.

import { unpack } from "./message.js";

/** @import {Frame} from "./batchtypes.js" */

const LENGTH = 4; // bytes, the lowest first

/**
 * Write a body: the length of the head, the head as JSON, the numbers, the targets.
 *
 * @param {Record<string, unknown>} head
 * @param {Blob} numbers
 * @param {Blob} targets
 */
export function body(head, numbers, targets) {
  const text = new TextEncoder().encode(
    JSON.stringify({ ...head, size: numbers.size, targets_size: targets.size }),
  );
  const length = new DataView(new ArrayBuffer(LENGTH));
  length.setUint32(0, text.length, true);
  return new Blob([length.buffer, text, numbers, targets]);
}

/**
 * Read frames as they come: each is its length and a message.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<Frame>}
 */
export async function* frames(stream) {
  const reader = stream.getReader();
  /** @type {Uint8Array} */
  let left = new Uint8Array(0);
  try {
    for (;;) {
      const end = whole(left);
      if (end <= left.length) {
        const bytes = /** @type {ArrayBuffer} */ (left.slice(LENGTH, end).buffer);
        yield /** @type {Frame} */ (/** @type {unknown} */ (unpack(bytes)));
        left = left.subarray(end);
        continue;
      }
      const { done, value } = await reader.read();
      if (done) break;
      left = joined(left, value);
    }
  } finally {
    void reader.cancel().catch(() => {}); // it may have ended, or broken off
  }
  if (left.length) throw new RangeError("the answer broke off within a frame");
}

/**
 * Where the first frame ends, as far as its length is there.
 *
 * @param {Uint8Array} bytes
 */
function whole({ buffer, byteOffset, length }) {
  return length < LENGTH ? LENGTH : LENGTH + new DataView(buffer, byteOffset).getUint32(0, true);
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
