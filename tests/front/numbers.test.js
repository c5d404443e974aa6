import assert from "node:assert/strict";
import { test } from "node:test";

import { bits, format, power } from "../../live/front/numbers.js";

for (const [value, kind, digits, text] of /** @type {const} */ ([
  [0.41703, "fixed", 6, "0.417030"],
  [4.122307e-9, "fixed", 6, "4.122307e−9"],
  [120, "fixed", 6, "120.000000"],
  [0, "fixed", 6, "0.000000"],
  [-0, "fixed", 6, "0.000000"],
  [0.6590011, "significant", 4, "0.6590"],
  [1, "significant", 4, "1"],
  [0.99999, "significant", 4, "1.000"],
  [1096.6332, "significant", 3, "1097"],
  [99.6, "significant", 2, "100"],
  [999.9, "significant", 3, "1000"],
  [2.7e41, "significant", 3, "2.7e41"],
  [1.6689e-5, "significant", 4, "1.67e−5"],
  [0, "significant", 4, "0"],
  [0.10000000149011612, "shortest", 7, "0.1"],
  [-1e-30, "shortest", 7, "−1e−30"],
  [65504, "prose", 6, "65\u202f504"],
  [1234567, "prose", 7, "1\u202f234\u202f567"],
  [-1234, "prose", 6, "−1234"],
  [3.4028235e38, "prose", 6, "3.4e38"],
  [NaN, "fixed", 6, "nan"],
  [Infinity, "significant", 3, "inf"],
  [-Infinity, "shortest", 8, "−inf"],
])) {
  test(`${value}, ${kind} to ${digits}, is ${text}`, () => {
    assert.equal(format(value, { kind, digits }), text);
  });
}

test("a power of ten may be beyond every format", () => {
  const style = /** @type {const} */ ({ kind: "prose", digits: 6 });
  assert.equal(power(1.234567, 2, style), "123.457");
  assert.equal(power(1.5, 4000, style), "1.50e4000");
  assert.equal(power(1.5, 12345678, style), "10^12\u202f345\u202f678");
  assert.equal(power(NaN, 0, style), "nan");
});

test("bits are the sign, the exponent and the fraction", () => {
  // -1.5 as float32
  const data = new Uint8Array([0xbf, 0xc0, 0, 0]);
  const text = bits({ data, rows: 1, positions: 1, items: 4 }, [0, 0], 8, 32);
  assert.equal(text, "1 01111111 10000000000000000000000");
});

test("a number of six bits stands at the end of its byte", () => {
  // -28 as float6_e3m2fn
  const data = new Uint8Array([0b00111111]);
  assert.equal(bits({ data, rows: 1, positions: 1, items: 1 }, [0, 0], 3, 6), "1 111 11");
});
