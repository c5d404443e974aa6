"""What a player can show, as data: sliders, figures, numbers and sentences that follow a drag.

Nothing here knows what is shown. A column `x[s, k]` holds what `x` is when slider `s` stands at its
position `k`; a part names its columns by the handles that `Columns.add` gave.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True, eq=False)
class Column:
    """A column of the table: its place in the message, the name it was given, and its numbers."""

    number: int
    name: str
    values: np.ndarray


class Columns:
    """The columns of one answer, in the order in which they are sent."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}

    def add(self, name: str, values: np.ndarray) -> Column:
        """Add a column, of shape (sliders, positions) or (sliders, positions, items).

        With one slider and one position it is the same everywhere.

        Raises
        ------
        ValueError
            If there is a column of this name.
        """
        if name in self._columns:
            raise ValueError(f"expected a new name for a column; got {name!r} again")
        column = self._columns[name] = Column(len(self._columns), name, values)
        return column

    def update(self, columns: Mapping[str, np.ndarray]) -> None:
        """Add several columns."""
        for name, values in columns.items():
            self.add(name, values)

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns.values())

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True)
class Style:
    """How a number is written.

    "fixed" has `digits` decimals, "significant" that many digits, "shortest" the fewest digits that
    tell the value within `digits`; each turns to scientific notation where a value is extreme.
    "bits" writes the last `width` bits of a column's bytes: a sign, `digits` of exponent, and the
    fraction.
    """

    kind: Literal["fixed", "significant", "shortest", "prose", "bits"]
    digits: int
    width: int = 0


@dataclass(frozen=True)
class Slider:
    """One row of the table's first axis, with a slider, a field for exact values, and a choice.

    The values rise. They are evenly spaced, but for the one at `index`, which is kept exactly;
    `uneven` ones are, and the slider moves from one to the next.
    """

    id: str
    name: str
    label: str
    values: Sequence[float]
    index: int
    masked: bool = False
    choice: str = ""  # the accessible name of a radio button in front of the row; none if empty
    uneven: bool = False
    play: Sequence[str] = ()  # the names of three buttons: one step, play, pause
    beside: bool = False  # it stands beside a stack, which does not drag it


@dataclass(frozen=True)
class Choice:
    """One of several, from a list; the browser asks for the value of the one that was picked."""

    id: str
    label: str
    options: Sequence[tuple[str, str]]  # value and text
    selected: int


@dataclass(frozen=True)
class Switch:
    """What is on or off; the browser asks for 1 or 0."""

    id: str
    label: str
    on: bool
    part: str = "switch"


@dataclass(frozen=True)
class Presets:
    """Pills in one row above the instrument; the browser asks for the value of the one picked."""

    id: str
    label: str
    options: Sequence[tuple[str, str]]  # value and text
    picked: str = ""


@dataclass(frozen=True)
class Editor:
    """A panel in which the rows of an instrument are named, masked, added and removed."""

    label: str
    names: Sequence[str]
    masked: Sequence[bool]
    name_labels: Sequence[str]
    mask_labels: Sequence[str]
    remove_labels: Sequence[str]
    add: str
    can_add: bool
    can_remove: bool
    notes: Sequence[str]
    longest: int  # letters of a name


@dataclass(frozen=True)
class Cell:
    """A number that follows the drag: `column[s, k]`, or `column[s, k, item]`.

    With `words`, the column holds the positions of words, and the word is shown. With `shade`, the
    number colours its background: -1 to 1. With `under`, a smaller cell stands below. With `pick`,
    the cell is a button that asks for (id, value); `picked` says that it is the one.
    """

    column: Column
    style: Style | None = None
    item: int = 0
    readout: str = ""  # the `data-readout` name under which tests and scripts find it
    words: Sequence[str] = ()
    tones: Sequence[str] = ()  # for each word "good", "warn", "bad" or nothing
    shade: bool = False
    under: "Cell | Sentence | None" = None
    pick: tuple[str, str] | None = None
    picked: bool = False
    label: str = ""  # what a button is called
    exponent: Column | None = None  # the number is column * 10**exponent
    zero: str = ""  # what stands in the place of 0


@dataclass(frozen=True)
class Row:
    """A line of numbers under a figure or in a table; `swatch` names the colour of its bars."""

    label: str
    cells: Sequence[Cell | None]
    swatch: str = ""
    code: bool = False  # the label is source code


@dataclass(frozen=True)
class Bars:
    """Trace number `trace` of the figure, whose bar lengths are `column[s, k, :]`."""

    trace: int
    column: Column
    swatch: str
    zero: Sequence[str]  # for each bar, what stands there while its value is 0
    drag: Sequence[str] = ()  # the sliders that its bars drag, one for each bar


@dataclass(frozen=True)
class Line:
    """A line through (x, y): columns of items, or fixed x. It has a gap where one is nan."""

    x: Column | Sequence[float]
    y: Column
    swatch: str
    dashed: bool = False
    part: str = ""  # under which a step names it


@dataclass(frozen=True)
class Point:
    """A point at (x, y), columns without items; `drag` is the slider that it drags."""

    x: Column
    y: Column
    swatch: str
    drag: str = ""


@dataclass(frozen=True)
class Arrows:
    """Upright arrows at the positions x, from one column of items to another."""

    x: Sequence[float]
    start: Column
    end: Column
    swatch: str


@dataclass(frozen=True)
class Figure:
    """A Plotly figure as plain JSON, with parts that move, and their values as text.

    `of` names the sliders that leave the background true; while another is held, it is dimmed. In
    `plot`, {"column": handle} stands for the items of a column, which is the same everywhere, and
    {"column": handle, "rows": m} for them cut into m rows.
    """

    title: str
    alt: str
    plot: Mapping[str, Any]
    bars: Sequence[Bars] = ()
    lines: Sequence[Line] = ()
    points: Sequence[Point] = ()
    arrows: Sequence[Arrows] = ()
    names: Sequence[str] = ()
    rows: Sequence[Row] = ()
    key: Sequence[tuple[str, str]] = ()  # swatch and text of lines and points
    dense: bool = False  # many bars: the plot's left margin is 40 px instead of 104 px
    of: Sequence[str] | None = None
    tall: bool = False
    wide: bool = False  # it takes the room of all columns of figures
    part: str = ""  # under which a step names it
    spare: bool = False  # where a phone has room for one alone, another that is shown has it


@dataclass(frozen=True)
class Band:
    """One row of bars of a `Stack`: bar i has the length `column[s, k, i]`.

    `part` names the row for steps, and "<part>.<i>" its bar i. On the same axis an arrow leads from
    the end of bar i to `arrows[s, k, i]`, and a line crosses it at `marks[s, k, i]`; for steps they
    are "<part>-arrows" and "<part>-marks".
    """

    part: str
    column: Column
    style: Style
    readout: str = ""  # of bar i: "<readout>-<i>"
    log: bool = False
    share: float = 1.0  # of the height, beside the shares of the other bands
    total: "Cell | None" = None  # a number of the whole row
    total_label: str = ""
    arrows: Column | None = None
    marks: Column | None = None


@dataclass(frozen=True)
class Look:
    """What of a band changes with a release: its words, its colour, its axis and its ceiling.

    On a logarithmic band the axis is one of powers of ten. `limit` is a value that is drawn as a
    line; what lies above it, or is infinite, is drawn as broken.
    """

    title: str
    note: str
    swatch: str
    low: float
    high: float
    limit: float | None = None
    limit_label: str = ""


@dataclass(frozen=True)
class Stack:
    """Bars in rows one above the other, so that a class is one vertical line.

    The bars of the band number `held` are dragged: bar i drags the slider `drag[i]`, and stands
    still where that is empty. `marked` is the item whose name is marked as the true one.
    """

    title: str
    alt: str
    names: Sequence[str]
    bands: Sequence[Band]
    looks: Sequence[Look]
    drag: Sequence[str]
    marked: int = -1
    mark: str = ""  # what the mark means, for those who do not see it
    held: int = 0


@dataclass(frozen=True)
class Lanes:
    """Lanes along a slider, which stand below it, so that its thumb runs over their stretches.

    A lane is a list of stretches (where it ends, its kind, what is written in it) from `low` on,
    and has a number at its end. The kinds "nan", "inf" and "max" are drawn as wrong, "zero" as
    lost, "off" as doubtful, and any other as right. `here` is the place that is marked. While
    another slider is held the stretches are dimmed: they are those of its release.
    """

    title: str
    alt: str
    part: str
    under: str  # the id of the slider
    here: Column
    labels: Sequence[str]
    cells: Sequence[Cell]
    low: float
    high: float
    stretches: Sequence[Sequence[tuple[float, str, str]]]


@dataclass(frozen=True)
class Card:
    """One large number with a title, a line of explanation, and a second number."""

    title: str
    note: str
    swatch: str
    value: Cell
    unit: str
    second_label: str = ""
    second: Cell | None = None
    off: "Sentence | None" = None  # how far the number is from what it should be
    large: bool = False  # its number is the one that the eye is to be on


@dataclass(frozen=True)
class Place:
    """What fills a place in a sentence: a number, a number with a power of ten, or a name."""

    column: Column
    style: Style | None = None
    exponent: Column | None = None
    names: Sequence[str] = ()
    item: int = 0


@dataclass(frozen=True)
class Sentence:
    """What the whole number `column[s, k]` says, with places filled from columns.

    It says the pieces `said[column[s, k]]`, or the one piece of that number where `said` is None.
    """

    readout: str
    title: str
    column: Column
    pieces: Sequence[str]
    places: Mapping[str, Place] = field(default_factory=dict)
    said: Sequence[Sequence[int]] | None = None
    glue: str = " "
    tones: Sequence[str] = ()  # for each number "good", "warn", "bad" or nothing


@dataclass(frozen=True)
class Table:
    """A table of numbers that follow the drag."""

    title: str
    lead: str
    head: Sequence[str]
    rows: Sequence[Row]
    main: bool = False  # it stands beside the controls, before the figures
    part: str = ""  # under which a step names it


@dataclass(frozen=True)
class Formula:
    """A formula in MathML, as nested lists, some of whose numbers follow the drag.

    A node is [tag, child, ...]; a child is a text, a node, or a `Cell`.
    """

    lead: str
    math: Sequence[Any]


@dataclass(frozen=True)
class Code:
    """Source code that changes on release, with a button that copies it.

    With `beside`, a page with steps shows it and the tables beside the figures, in one view, and
    the presets as a list at their side; else each has a tab.
    """

    title: str
    lead: str
    text: str
    copy: str
    copied: str
    beside: bool = False


@dataclass(frozen=True)
class Instrument:
    """Sliders, and all that follows them. The last slider is never masked.

    On a page with steps a `scene` is one picture in one view: its figures are large, its cards
    stand beside them, and its sliders below. With `lanes` the sliders stand on one side, its main
    table on the other, and the rest below. What is no scene and has no stacks is shown in tabs.
    """

    title: str
    hint: str
    sliders: Sequence[Slider]
    choice_id: str = ""  # what the radio buttons in front of the sliders set
    choice_label: str = ""
    choice: int = 0
    choices: Sequence[Choice] = ()
    switches: Sequence[Switch] = ()
    stacks: Sequence[Stack] = ()
    scene: bool = False
    lanes: Sequence[Lanes] = ()
    presets: Presets | None = None
    editor: Editor | None = None
    figures: Sequence[Figure] = ()
    cards_title: str = ""
    cards: Sequence[Card] = ()
    sentences: Sequence[Sentence] = ()
    formulas_title: str = ""
    formulas: Sequence[Formula] = ()
    tables: Sequence[Table] = ()
    code: Code | None = None


@dataclass(frozen=True)
class Break:
    """A button that opens the settings with which the instrument breaks."""

    title: str
    lead: str
    button: str


@dataclass(frozen=True)
class Section:
    """A heading and a text below it."""

    title: str
    text: str


@dataclass(frozen=True)
class Heading:
    """A heading and how to use what follows."""

    title: str
    hint: str


@dataclass(frozen=True)
class Link:
    """A link to another page, which carries the numbers along."""

    page: str
    label: str


@dataclass(frozen=True)
class Tile:
    """A page in a list of pages: its name, a line about it, and a small picture as SVG."""

    page: str
    label: str
    line: str
    picture: str
    alt: str


@dataclass(frozen=True)
class Tiles:
    """A list of pages."""

    title: str
    items: Sequence[Tile]
    note: str = ""


StepKind = Literal["predict", "reach", "see", "explore"]


@dataclass(frozen=True)
class Step:
    """A step of a path, in words; `lab.lesson.Step` says what its fields mean.

    Where steps lie on several pages, `page` names the one of each. Of what it shows, `hides` are
    the parts that are not seen, and `locks` the ids of what does not move.
    """

    key: str
    kind: StepKind
    title: str
    text: str
    task: str
    done: str
    shows: Sequence[str]
    covers: Sequence[str]
    times: int
    page: str = ""
    hides: Sequence[str] = ()
    locks: Sequence[str] = ()


@dataclass(frozen=True)
class Surround:
    """What stands around the instruments of a page."""

    title: str = ""
    steps: Sequence[Step] = ()

    breaking: Break | None = None
    questions: Heading | None = None
    closing: Section | None = None
    links: Sequence[Link] = ()
    tiles: Tiles | None = None
    reveals: bool = False  # the page shows more to those who have seen an answer
