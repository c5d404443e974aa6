// @ts-check
// What the server answers about links: the numbers with the layout they belong to, and questions.

import { Away, get } from "./fetching.js";
import { unpack } from "./message.js";

/** @import {Answer, Layout, Question} from "./types.js" */

const KEPT = 8; // layouts

export class Answers {
  /** @type {Map<string, Layout>} */
  #layouts = new Map();
  #anew = false; // whether what the browser has stored fits together no more

  /**
   * @param {{base: string, page: string, version: string}} where
   * @param {typeof fetch} ask
   */
  constructor({ base, page, version }, ask) {
    this.address = `${base}/answer/${encodeURIComponent(page)}`;
    this.version = `v=${version}`; // what a browser keeps of one version is no answer of another
    this.ask = ask;
  }

  /**
   * @param {string} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<Answer>}
   */
  async answer(query, signal) {
    const bytes = (/** @type {Response} */ response) => response.arrayBuffer().then(unpack);
    const message = await this.#get("", query, signal, bytes);
    const hash = message.head.layout;
    const layout = this.#layouts.get(hash) ?? (await this.#layout(hash, query, signal));
    this.#anew = false;
    return { ...message, layout };
  }

  /**
   * @param {string} hash
   * @param {string} query
   * @param {AbortSignal} [signal]
   */
  async #layout(hash, query, signal) {
    /** @type {Layout} */
    const layout = await this.#get("/layout", query, signal, (response) => response.json());
    if (layout.hash !== hash) {
      this.#anew = true; // another version of the app has come in between
      throw new Away("the layout is that of another version");
    }
    this.#layouts.set(hash, layout);
    const [oldest] = this.#layouts.keys();
    if (this.#layouts.size > KEPT) this.#layouts.delete(oldest);
    return layout;
  }

  /**
   * @param {string} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<Question[]>}
   */
  questions(query, signal) {
    return this.#get("/questions", query, signal, (response) => response.json());
  }

  /**
   * The address of what is on the screen, as a file of this kind.
   *
   * @param {string} kind
   * @param {string} query
   */
  file(kind, query) {
    return this.#url(`/${kind}`, query);
  }

  /**
   * @param {string} path
   * @param {string} query
   */
  #url(path, query) {
    return `${this.address}${path}?${this.version}${query && `&${query}`}`;
  }

  /**
   * @template T
   * @param {string} path
   * @param {string} query
   * @param {AbortSignal | undefined} signal
   * @param {(response: Response) => Promise<T>} read
   */
  #get(path, query, signal, read) {
    return get(this.ask, this.#url(path, query), { signal, cache: this.#anew ? "no-cache" : "default" }, read);
  }
}
