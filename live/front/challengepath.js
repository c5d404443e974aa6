// @ts-check
// The path of one item of a challenge: one step, whose tries count and are kept.

import { Path } from "./path.js";

/** @import {Run} from "./challengerun.js" */
/** @import {Question, Step} from "./types.js" */

export class Attempt extends Path {
  /**
   * @param {Run} run
   * @param {boolean} reach
   */
  constructor(run, reach) {
    const { now } = run;
    super({ did: () => now.outcome !== "", does: () => reach && run.reached() });
    this.run = run;
  }

  /**
   * @param {Step[]} steps
   * @param {number} at
   * @param {Question | null} question
   */
  update(steps, at, question) {
    const opens = this.step === undefined;
    super.update(steps, at, question);
    if (opens) this.tries = this.run.now.tries.map(({ option }) => option);
  }

  /** @param {number} option */
  choose(option) {
    const { question, tries } = this;
    const before = tries.length;
    const answers = super.choose(option);
    if (question && question.kind !== "number" && tries.length > before) this.run.tried(option, question.options[option], option === question.right);
    return answers;
  }
}
