import assert from "node:assert/strict";
import { test } from "node:test";

import { unpack } from "../../live/front/message.js";
import { at } from "../../live/front/numbers.js";

/**
 * @param {unknown} head
 * @param {number[]} body
 */
function bytes(head, body) {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const message = new Uint8Array(4 + text.length + body.length);
  new DataView(message.buffer).setUint32(0, text.length, true);
  message.set(text, 4);
  message.set(body, 4 + text.length);
  return message.buffer;
}

test("all first bytes come before all second ones", () => {
  // 258 and -2 as two bytes each: 02 01, fe ff.
  const { columns } = unpack(bytes({ columns: [["i2", [1, 2]]] }, [0x02, 0xfe, 0x01, 0xff]));
  assert.deepEqual([...columns[0].data], [258, -2]);
});

test("each type is read in its own width, one column after the other", () => {
  const head = {
    columns: [
      ["u1", [1, 1]],
      ["i1", [1, 1]],
      ["i4", [1, 1]],
      ["f4", [1, 1]],
      ["f8", [1, 1]],
    ],
  };
  const body = [200, 200, 1, 0, 0, 128, 0, 0, 192, 63, 0, 0, 0, 0, 0, 0, 0xf0, 0xbf];
  const { columns } = unpack(bytes(head, body));
  assert.deepEqual(
    columns.map(({ data }) => data[0]),
    [200, -56, -2147483647, 1.5, -1],
  );
});

test("numbers stand item by item, and in each slider by slider", () => {
  const { columns } = unpack(bytes({ columns: [["u1", [2, 3, 2]]] }, [...Array(12).keys()]));
  const [column] = columns;
  assert.deepEqual({ ...column, data: null }, { data: null, rows: 6, positions: 3, items: 2 });
  assert.equal(at(column, [1, 2], 0), 5);
  assert.equal(at(column, [0, 1], 1), 7);
});

test("a column of one slider and one position is the same everywhere", () => {
  const { columns } = unpack(bytes({ columns: [["u1", [1, 1, 3]]] }, [7, 8, 9]));
  assert.equal(at(columns[0], [4, 200], 2), 9);
});

test("the head is text of any language", () => {
  const { head } = unpack(bytes({ columns: [], notices: ["猫 = ½"] }, []));
  assert.deepEqual(head.notices, ["猫 = ½"]);
});

test("what is no message is told from one", () => {
  const html = new TextEncoder().encode("<!doctype html><html></html>").buffer;
  assert.throws(() => unpack(html));
  assert.throws(() => unpack(new ArrayBuffer(2)));
  assert.throws(() => unpack(bytes({ columns: [["f8", [1, 2]]] }, [1, 2, 3])), /too short/);
  assert.throws(() => unpack(bytes({ columns: [["constructor", [1, 1]]] }, [1])), /no such type/);
});
