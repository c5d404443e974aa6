import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, framed, query, settings } from "../../live/front/query.js";

test("a question is a link, its changes in order, and what was seen", () => {
  const changes = [
    { id: "names.1", value: "a&b: c" },
    { id: "add", value: "" },
  ];
  const text = query("x=1", changes, ["b", "a"]);
  assert.equal(text, "x=1&set=names.1%3Aa%26b%3A+c&set=add%3A&seen=a%2Cb");
  assert.equal(query("", [], []), "");
});

test("how the page is shown within another one is no setting, and is kept", () => {
  const search = "?embed=true&x=1&embed_options=dark_theme&embedded=2";
  assert.equal(settings(search), "x=1&embedded=2");
  assert.equal(settings("?embed=true"), "");
  assert.equal(framed("x=2", search), "x=2&embed=true&embed_options=dark_theme");
  assert.equal(framed("x=2", "?x=1"), "x=2");
  assert.equal(framed("", ""), "");
});

test("a value is cut to what fits into an address, and says so", () => {
  for (const [sign, most] of [["9", 1000], ["\u2212", 250], ["\ud83d\udc08", 250]]) {
    const text = cut(String(sign).repeat(5000));
    const address = query("", [{ id: "x", value: text }], []);
    assert.ok(text.endsWith("…") && text.length === Number(most) + 1);
    assert.ok(address.length < 3100);
    assert.equal(cut(text.slice(0, -1)), text.slice(0, -1));
  }
});
