import assert from "node:assert/strict";
import { test } from "node:test";

import { shown } from "../../live/front/cells.js";
import { place, read, told } from "../../live/front/guess.js";

const WORDS = {
  guess_off: "off {guess} {shown} {apart}",
  guess_same: "same {guess}",
  guess_inf: "inf {shown}",
  guess_nan: "nan {guess}",
};

test("a number is read as people type it, and nothing else is", () => {
  const numbers = { "2.5": 2.5, " 2,5 ": 2.5, "-3": -3, "\u22123": -3, "1e-3": 0.001, ".5": 0.5, "+7.": 7 };
  for (const [text, number] of Object.entries(numbers)) assert.equal(read(text), number, text);
  for (const text of ["", " ", "inf", "nan", "1 2", "0x10", "1.2.3", "1,2,3", "e5", ",", "--1", "<b>", "1e"]) {
    assert.ok(Number.isNaN(read(text)), text);
  }
});

test("the places of a line rise from one end to the other, and none looks like its neighbour", () => {
  const lines = [[0, 10], [-1, 1], [1000, 1001], [-5e-300, 5e-300], [-1e300, 1e300], [-3, -2.9]];
  for (const [low, high] of lines) {
    const places = Array.from({ length: 201 }, (_, k) => place(k, { low, high }));
    assert.equal(places[0], low);
    assert.equal(places[200], high);
    for (let k = 0; k < 200; k++) assert.ok(places[k] < places[k + 1], `${low} ${high} ${k}`);
  }
  assert.equal(place(100, { low: -1, high: 1 }), 0);
  assert.equal(place(13, { low: 0, high: 10 }), 0.65);
});

test("how far off a guess is, is said of what is shown, be it a number or not", () => {
  const said = (guess, value, text) => told(guess, { value, text }, WORDS);
  assert.equal(said(0.4, 0.34937, "0.3494"), "off 0.4 0.3494 0.0506");
  assert.equal(said(-2, 1, "1.0000"), "off \u22122 1.0000 3");
  assert.equal(said(0.3494, 0.34937, "0.3494"), "same 0.3494");
  assert.equal(said(2, 2, "2.0000"), "same 2");
  assert.equal(said(3, NaN, "nan"), "nan 3");
  assert.equal(said(3, Infinity, "inf"), "inf inf");
  assert.equal(said(3, -Infinity, "\u2212inf"), "inf \u2212inf");
  assert.equal(said(3, Infinity, "1.25e400"), "off 3 1.25e400 1.25e400");
});

test("a number with a power of ten is one, and may be beyond every float64", () => {
  const column = (value) => ({ data: [value], rows: 1, positions: 1, items: 1 });
  const cell = { column: 0, exponent: 1, item: 0, style: { kind: "prose", digits: 5 } };
  const of = (...values) => shown(cell, values.map(column), [0, 0]);
  assert.equal(of(3.25, -2).value, 0.0325);
  assert.deepEqual(of(2.5, 400), { value: Infinity, text: "2.50e400" });
  assert.deepEqual(of(Infinity, 0), { value: Infinity, text: "inf" });
  assert.equal(shown({ ...cell, exponent: null }, [column(1e-7)], [0, 0]).value, 1e-7);
});
