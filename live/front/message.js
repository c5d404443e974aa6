// @ts-check
// From bytes to numbers: the length of the head, the head as JSON, and the columns.

/** @import {Column, Head, Message, Numbers} from "./types.js" */

/** @type {Map<string, new (length: number) => Numbers>} */
const TYPES = new Map(
  Object.entries({
    f8: Float64Array,
    f4: Float32Array,
    i4: Int32Array,
    i2: Int16Array,
    i1: Int8Array,
    u1: Uint8Array,
  }),
);

/**
 * @param {ArrayBuffer} bytes
 * @returns {Message}
 */
export function unpack(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  /** @type {Head} */
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const body = new Uint8Array(bytes, 4 + length);
  let offset = 0;
  const columns = head.columns.map(([type, shape]) => {
    const column = read(type, shape, body.subarray(offset));
    offset += column.data.byteLength;
    return column;
  });
  return { head, columns };
}

/**
 * @param {string} type
 * @param {number[]} shape
 * @param {Uint8Array} body
 * @returns {Column}
 */
function read(type, [sliders, positions, items = 1], body) {
  const Type = TYPES.get(type);
  if (!Type) throw new RangeError(`no such type: ${type}`);
  const rows = sliders * positions;
  const data = new Type(rows * items);
  const bytes = new Uint8Array(data.buffer);
  if (body.length < bytes.length) throw new RangeError("the message is too short");
  const width = data.BYTES_PER_ELEMENT;
  // All first bytes come first, then all second ones: so arranged they deflate better.
  let offset = 0;
  for (let byte = 0; byte < width; byte += 1) {
    for (let i = byte; i < bytes.length; i += width) bytes[i] = body[offset++];
  }
  return { data, rows, positions, items };
}
