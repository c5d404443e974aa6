// @ts-check
// Asking for something until it is there, where nothing waits for it.

import { Refused } from "./fetching.js";

const FIRST = 1000; // ms; each further pause is twice as long
const LONGEST = 8000;

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @param {AbortSignal} signal
 * @returns {Promise<T | null>} nothing where it was given up or refused
 */
export async function patiently(ask, signal) {
  for (let pause = FIRST; !signal.aborted; pause = Math.min(2 * pause, LONGEST)) {
    try {
      const answer = await ask();
      return signal.aborted ? null : answer;
    } catch (error) {
      if (error instanceof Refused) return null;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return null;
}
