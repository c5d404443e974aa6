// @ts-check
// The shapes of what the server answers about many rows: types alone, as those of types.js.

/** @import {Card, Cell, Column, Figure, InstrumentLayout, Now, Plot, Sentence} from "./types.js" */

/**
 * @typedef {object} Read what was read of the numbers
 * @property {"read"} kind
 * @property {number} rows
 * @property {number} classes
 * @property {string[]} notes
 * @property {string} dtype
 * @property {string[]} header names of the classes; none if empty
 * @property {string[][] | null} table the logits as they were written, where there are few
 * @property {string[] | null} targets that were found beside them, as they were written
 */

/** @typedef {{kind: "progress", done: number, of: number}} Progress in rows */

/**
 * @typedef {object} Result of the rows so far
 * @property {"result"} kind
 * @property {number} done
 * @property {number} of
 * @property {string} summary
 * @property {Card[]} reduced what a batch is reduced to, in each form, and the accuracy
 * @property {Card | null} denominator with its parts as the card's note
 * @property {{title: string, lead: string, text: string}[]} advice
 * @property {{page: string, queries: string[], note: string}} opens each of the worst rows in a lesson, and what of it is left out
 * @property {RowsLayout} layout
 * @property {Now[]} instruments
 * @property {{plot: Plot, alt: string}[]} figures
 * @property {[type: string, shape: number[]][]} columns
 */

/**
 * @typedef {object} RowsLayout
 * @property {{head: string[], cells: (Cell | Sentence)[]}} rows of the table, at each position of the first slider
 * @property {InstrumentLayout[]} instruments the first one is that of the chosen row
 * @property {Figure[]} figures the histograms
 */

/** @typedef {{kind: "report", title: string, text: string[], first: string, link: {page: string, query: string, label: string}}} Report */
/** @typedef {{kind: "error", field: string, text: string, line: number, column: number}} Fault */
/** @typedef {Read | Progress | Result | Report | Fault} Head */
/** @typedef {{head: Head, columns: Column[]}} Frame */

export {};
