// @ts-check
// One question over the network, and what may become of it.

/** The server was not reached, or has no time now; it is asked again. */
export class Away extends Error {
  /**
   * @param {string} message
   * @param {number} wait ms that the server asked for
   */
  constructor(message, wait = 0) {
    super(message);
    this.wait = wait;
  }
}

/** The server will not answer this question, however often it is asked. */
export class Refused extends Error {}

const BUSY = new Set([408, 425, 429]);
const LONGEST = 60_000; // ms that a server may ask to be left alone

/**
 * @typedef {object} Options
 * @property {AbortSignal} [signal]
 * @property {RequestCache} [cache]
 */

/**
 * @template T
 * @param {typeof fetch} ask
 * @param {string} url
 * @param {Options} options
 * @param {(response: Response) => Promise<T>} read
 * @returns {Promise<T>}
 */
export async function get(ask, url, options, read) {
  let response;
  try {
    response = await ask(url, options);
  } catch (error) {
    throw new Away(String(error));
  }
  const { ok, status } = response;
  if (!ok && status < 500 && !BUSY.has(status)) throw new Refused(`${status} for ${url}`);
  if (!ok) {
    const seconds = Number(response.headers.get("Retry-After"));
    const wait = seconds > 0 ? Math.min(1000 * seconds, LONGEST) : 0;
    throw new Away(`${status} for ${url}`, wait);
  }
  try {
    return await read(response);
  } catch (error) {
    // Cut off on its way, or answered by something else that stands in between.
    throw new Away(String(error));
  }
}
