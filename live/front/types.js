// @ts-check
// The shapes of what the server answers: types alone, for the checker and the reader.

/** @typedef {Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array} Numbers */

/**
 * @typedef {object} Column
 * @property {Numbers} data item by item, and in each slider by slider
 * @property {number} rows sliders times positions; 1 where it is the same everywhere
 * @property {number} positions
 * @property {number} items
 */

/** @typedef {[slider: number, position: number]} Row */
/** @typedef {[x: number, y: number]} Place in pixels */

/**
 * @typedef {object} Style
 * @property {"fixed" | "significant" | "shortest" | "prose" | "bits"} kind
 * @property {number} digits
 * @property {number} [width]
 */

/**
 * @typedef {object} Cell
 * @property {number} column
 * @property {Style | null} style
 * @property {number} item
 * @property {string} readout
 * @property {string[]} words
 * @property {string[]} tones
 * @property {boolean} shade
 * @property {Cell | Sentence | null} under
 * @property {[id: string, value: string] | null} pick
 * @property {boolean} picked
 * @property {string} label
 * @property {number | null} exponent
 * @property {string} zero
 */

/** @typedef {{value: number, text: string}} Shown a number, and how it is written */
/** @typedef {{label: string, cells: (Cell | null)[], swatch: string, code: boolean}} TableRow */
/** @typedef {{title: string, lead: string, head: string[], rows: TableRow[], main: boolean, part: string}} Table */
/** @typedef {{trace: number, column: number, swatch: string, zero: string[], drag: string[]}} Bars */
/** @typedef {{x: number | number[], y: number, swatch: string, dashed: boolean, part: string}} Line */
/** @typedef {{x: number, y: number, swatch: string, drag: string}} Point */
/** @typedef {{x: number[], start: number, end: number, swatch: string}} Arrows */

/**
 * @typedef {object} Figure
 * @property {string} title
 * @property {Bars[]} bars
 * @property {Line[]} lines
 * @property {Point[]} points
 * @property {Arrows[]} arrows
 * @property {string[]} names
 * @property {TableRow[]} rows
 * @property {[swatch: string, text: string][]} key
 * @property {boolean} dense
 * @property {string[] | null} of
 * @property {boolean} tall
 * @property {boolean} wide
 * @property {string} part
 * @property {boolean} spare
 */

/** @typedef {{data: any[], layout: any}} Plot */

/**
 * @typedef {object} Card
 * @property {string} title
 * @property {string} note
 * @property {string} swatch
 * @property {Cell} value
 * @property {string} unit
 * @property {string} second_label
 * @property {Cell | null} second
 * @property {Sentence | null} off
 * @property {boolean} large
 */

/** @typedef {{column: number, style: Style | null, exponent?: number | null, names: string[], item: number}} Filling */

/**
 * @typedef {object} Sentence
 * @property {string} readout
 * @property {string} title
 * @property {number} column
 * @property {string[]} pieces
 * @property {string} glue
 * @property {string[]} tones
 * @property {Record<string, Filling>} places
 */

/** @typedef {[string, ...(string | Cell | any[])[]]} Tree of MathML: a tag and its children */
/** @typedef {{lead: string, math: Tree}} Formula */
/** @typedef {{title: string, lead: string, copy: string, copied: string, beside: boolean}} Code */

/**
 * @typedef {object} SliderLayout
 * @property {string} id
 * @property {string} name
 * @property {string} label
 * @property {string} choice
 * @property {boolean} uneven
 * @property {string[]} play
 * @property {boolean} beside
 */

/** @typedef {{id: string, label: string, options: [value: string, text: string][]}} Options */
/** @typedef {{id: string, label: string, part: string}} Switch */

/**
 * @typedef {object} Band a row of bars
 * @property {string} part
 * @property {number} column
 * @property {Style} style
 * @property {string} readout
 * @property {boolean} log
 * @property {number} share
 * @property {Cell | null} total
 * @property {string} total_label
 * @property {number | null} arrows
 * @property {number | null} marks
 */

/**
 * @typedef {object} Look what of a row of bars changes with a release
 * @property {string} title
 * @property {string} note
 * @property {string} swatch
 * @property {number} low
 * @property {number} high
 * @property {number | null} limit
 * @property {string} limit_label
 */

/**
 * @typedef {object} Stack
 * @property {string} title
 * @property {string[]} names
 * @property {Band[]} bands
 * @property {string[]} drag
 * @property {number} marked
 * @property {string} mark
 * @property {number} held the band whose bars are dragged
 */

/**
 * @typedef {object} Lanes stretches along a slider
 * @property {string} title
 * @property {string} part
 * @property {string} under the id of the slider
 * @property {number} here
 * @property {string[]} labels
 * @property {Cell[]} cells
 */

/**
 * @typedef {object} LanesNow what of them changes with a release
 * @property {string} alt
 * @property {number} low
 * @property {number} high
 * @property {[end: number, kind: string, text: string][][]} stretches
 */

/**
 * @typedef {object} Step
 * @property {string} key
 * @property {"predict" | "reach" | "see" | "explore"} kind
 * @property {string} title
 * @property {string} text
 * @property {string} task
 * @property {string} done
 * @property {string[]} shows
 * @property {string[]} covers
 * @property {number} times
 * @property {string} page where it lies, of steps on several pages
 * @property {string[]} hides
 * @property {string[]} locks
 */

/**
 * @typedef {object} EditorLayout
 * @property {string} label
 * @property {string[]} names
 * @property {boolean[]} masked
 * @property {string[]} name_labels
 * @property {string[]} mask_labels
 * @property {string[]} remove_labels
 * @property {string} add
 * @property {boolean} can_add
 * @property {boolean} can_remove
 * @property {string[]} notes
 * @property {number} longest
 */

/**
 * @typedef {object} InstrumentLayout
 * @property {string} title
 * @property {string} hint
 * @property {number} positions
 * @property {SliderLayout[]} sliders
 * @property {string} choice_id
 * @property {string} choice_label
 * @property {Options[]} choices
 * @property {Switch[]} switches
 * @property {Stack[]} stacks
 * @property {boolean} scene
 * @property {Lanes[]} lanes
 * @property {Options | null} presets
 * @property {EditorLayout | null} editor
 * @property {Figure[]} figures
 * @property {string} cards_title
 * @property {Card[]} cards
 * @property {Sentence[]} sentences
 * @property {string} formulas_title
 * @property {Formula[]} formulas
 * @property {Table[]} tables
 * @property {Code | null} code
 */

/** @typedef {{page: string, label: string}} Link */
/** @typedef {{page: string, label: string, line: string, picture: string, alt: string}} LessonItem */

/**
 * @typedef {object} Layout
 * @property {string} hash
 * @property {string} title
 * @property {Step[]} steps
 * @property {boolean} reveals
 * @property {InstrumentLayout[]} instruments
 * @property {{title: string, lead: string, button: string} | null} break
 * @property {{title: string, hint: string} | null} questions
 * @property {{title: string, text: string} | null} closing
 * @property {Link[]} links
 * @property {{title: string, items: LessonItem[], note: string} | null} lessons
 */

/**
 * @typedef {object} Now what an instrument shows for these settings
 * @property {{count: number, index: number, masked: boolean}[]} sliders
 * @property {number} choice
 * @property {{selected: number}[]} choices
 * @property {{on: boolean}[]} switches
 * @property {{alt: string, looks: Look[]}[]} stacks
 * @property {LanesNow[]} lanes
 * @property {string} picked
 * @property {{plot: Plot, alt: string}[]} figures
 * @property {((number[][]) | null)[]} sentences
 * @property {string | null} code
 */

/**
 * @typedef {object} Head
 * @property {string} layout
 * @property {string} link
 * @property {string} shared the link as others are given it
 * @property {string[]} notices
 * @property {string} topic
 * @property {number} [at] the step, counted from 1
 * @property {number} [goal] the column that says where it is met
 * @property {Question | NumberQuestion} [question] of the step
 * @property {string[]} sees
 * @property {Now[]} instruments
 * @property {[type: string, shape: number[]][]} columns
 */

/** @typedef {{head: Head, columns: Column[]}} Message */
/** @typedef {{head: Head, columns: Column[], layout: Layout}} Answer */

/**
 * @typedef {object} Question
 * @property {"choice"} [kind] as a tab may have kept it, without
 * @property {string} key
 * @property {string} text
 * @property {string[]} options
 * @property {number} right
 * @property {string[]} reasons
 * @property {string} shown
 */

/**
 * @typedef {object} NumberQuestion
 * @property {"number"} kind
 * @property {string} key
 * @property {string} text
 * @property {string} of the card that answers, by the readout of its number
 * @property {number} low
 * @property {number} high
 */

/** @typedef {{id: string, value: string}} Change */

/**
 * @typedef {object} Words
 * @property {string} no_chart
 * @property {string} offline
 * @property {string} late
 * @property {string} waits
 * @property {string} guess
 * @property {string} guess_none
 * @property {string} guess_expected
 * @property {string} guess_off
 * @property {string} guess_same
 * @property {string} guess_inf
 * @property {string} guess_nan
 * @property {string} nan
 * @property {string} inf
 * @property {string} exact
 * @property {string} right
 * @property {string} wrong
 * @property {string} show
 * @property {string} again
 * @property {string} done
 * @property {string} open
 * @property {string} steps
 * @property {string} back
 * @property {string} next
 * @property {string} lecture
 * @property {string} tries
 * @property {string} close
 * @property {string} class
 * @property {string} play
 * @property {string} copy
 * @property {string} copied
 * @property {string} share
 * @property {string} share_link
 * @property {string} share_code
 * @property {string} share_step
 * @property {string} share_page
 * @property {string} share_waits
 * @property {string} share_no_code
 * @property {string} take
 * @property {string} taken
 * @property {string} take_open
 * @property {string} class_start
 * @property {string} class_start_none
 * @property {string} class_start_often
 * @property {string} class_start_long
 * @property {string} class_start_away
 * @property {string} save
 * @property {string} saving
 * @property {string} picture
 * @property {string} numbers
 * @property {string} code
 */

/**
 * @typedef {object} Data what the component is given
 * @property {string} script
 * @property {string} style
 * @property {string} plotly
 * @property {string} page
 * @property {number} steps how many it has
 * @property {Record<string, string>} terms
 * @property {Record<string, Tree>} formulas that a text may name
 * @property {string} base
 * @property {string} version
 * @property {Words} words
 * @property {string[]} finished
 */

export {};
