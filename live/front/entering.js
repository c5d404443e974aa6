// @ts-check
// With what a page is opened: the link of the address bar, or what was on the page before it.

import { carried } from "./query.js";

/** @import {Change} from "./types.js" */
/** @typedef {{page: string, link: string, changes: Change[]}} Last what the tab has shown last */

/**
 * Numbers come along to another page, and what was left unanswered with them; the step does not. A
 * page with steps opens at the one at which it was left, as that one opens.
 *
 * @param {{page: string, steps: number}} page
 * @param {string} here the link in the address bar
 * @param {Last} last
 * @param {string} left the step at which the page was left, or ""
 * @returns {{link: string, changes: Change[]}}
 */
export function entering({ page, steps }, here, last, left) {
  const other = last.page !== "" && last.page !== page;
  const before = other ? carried(last.link) : last.link;
  const link = here || before;
  const changes = link === before ? last.changes : [];
  if (!other) return { link, changes };
  const stay = changes.filter(({ id }) => id !== "at");
  const enters = steps > 0 && carried(link) === link;
  return { link, changes: enters ? [...stay, { id: "at", value: left || "1" }] : stay };
}
