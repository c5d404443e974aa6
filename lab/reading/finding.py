"""What a report says: its places and numbers, and the picture of the lab that shows the like."""

from dataclasses import dataclass

from lab.words import say


@dataclass(frozen=True)
class Range:
    """The smallest and the largest absolute value of one tensor.

    Attributes
    ----------
    line : int
        Where it stands in the report, counted from 1.
    module, kind : str
        The module that ran, and its class.
    what : str
        "input[0]", "output", or the name of a parameter.
    low, high : float
        As printed, with three digits.
    """

    line: int
    module: str
    kind: str
    what: str
    low: float
    high: float

    def told(self) -> str:
        """Say which tensor it is."""
        if not self.module:
            return say("reading.report_place_outermost", what=self.what)
        module = f"{self.module} ({self.kind})"
        return say("reading.report_place", what=self.what, module=module)


@dataclass(frozen=True)
class Link:
    """A page of the lab, the query that opens a picture on it, and what the picture shows."""

    page: str
    query: dict[str, str]
    key: str
    values: dict[str, object]

    def label(self) -> str:
        """Say what the picture shows."""
        return say(f"reading.report_open_{self.key}", **self.values)


@dataclass(frozen=True)
class Sentence:
    """A sentence about a report: its key, "reading.report_<key>", and what fills it."""

    key: str
    values: dict[str, object]

    def told(self) -> str:
        """Say it."""
        return say(f"reading.report_{self.key}", **self.values)


@dataclass(frozen=True)
class Report:
    """What a tool found.

    Attributes
    ----------
    tool : str
        "DebugUnderflowOverflow", "detect_anomaly" or "jax_debug_nans".
    first : Sentence
        Where a limit was passed first, or where the first nan came from.
    text : tuple of Sentence
        What else follows from the numbers.
    value : str
        What was found: "inf" or "nan"; "" if every number is finite.
    operation : str
        The name of the operation, in small letters; "" if the tool names modules.
    format : str
        The format whose limit was passed, as far as the numbers tell; "" if they do not.
    batch : int or None
        The batch in which it happened, counted from 0, if that is said.
    ranges : tuple of Range
        All that were printed, in order.
    passed : Range or None
        The first range that passed the limit of the format.
    link : Link or None
        The picture that shows the like.
    """

    tool: str
    first: Sentence
    text: tuple[Sentence, ...]
    value: str
    operation: str = ""
    format: str = ""
    batch: int | None = None
    ranges: tuple[Range, ...] = ()
    passed: Range | None = None
    link: Link | None = None

    def title(self) -> str:
        """Say what was read."""
        return say(f"reading.report_title_{self.tool}")
