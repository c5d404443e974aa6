// A server whose answers wait for the test, an address bar, and the player's end of a link.

import { mock } from "node:test";

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

export class Lab {
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
    const where = { base: "", page: "pipeline", version: "1" };
    const answers = new Answers(where, (url, options) => this.#fetch(url, options));
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
      const query = url.split("?")[1].replace(/^v=1&?/, "");
      const asked = { query, cache, resolve, reject, given: false };
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
export async function settled() {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function later(ms) {
  mock.timers.tick(ms);
  await settled();
}

export async function opened(link = "x=1") {
  const lab = new Lab();
  lab.ask.open("");
  await lab.answer(link);
  lab.shown.length = lab.steps.length = 0;
  return lab;
}

/** Hold the clock. */
export function hold() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
}
