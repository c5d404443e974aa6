"""A prepared lesson as data, and the text of it that stands in a link."""

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from live.parts import StepKind

VERSION: Final = "1"
LONGEST: Final = 6000  # characters in a link, of the 16 000 that server/paths.py takes
MOST_BYTES: Final = 64 << 10  # unpacked: three times what 20 steps can hold that are not refused


class UnpackedError(ValueError):
    """A text that holds no lesson; `reason` is "long", "version" or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Own:
    """A question of the teacher's own; `right` is the position of the right option."""

    text: str
    options: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Guess:
    """A number that is guessed: the one that a card of the picture shows.

    `of` is the card, by the readout of its number, which is covered until it is guessed. The guess
    is one from `low` to `high`. The right number is nowhere here: it is read off the picture.
    """

    text: str
    of: str
    low: float
    high: float


Loss = Literal["any", "finite", "inf", "nan"]


@dataclass(frozen=True)
class Goal:
    """A state to be reached: what a loss of it is, and how probable the true class.

    Attributes
    ----------
    text : str
        What there is to do.
    form : str
        The form of the loss, a name in `ce_core.pipelines.PIPELINES`.
    loss : {"any", "finite", "inf", "nan"}
        What it is in the format of the picture.
    above, below : float, optional
        Between them lies the probability of the true class, on paper: the one that mathematics
        gives. That of a form that broke is 0 or nan.
    """

    text: str
    form: str
    loss: Loss = "any"
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class PreparedStep:
    """A step of a prepared lesson.

    Attributes
    ----------
    page : str
        The lesson of the lab on whose page it is played.
    link : str
        The settings that it opens, as `Answers.shared` writes them; `at` in it is the step of the
        page whose picture it shows.
    title, text : str
        What the teacher says, or "".
    kind : {"see", "explore", "predict", "reach"}
        What there is to do.
    key : str
        Of "reach" the step of the page that has the goal; of "predict" the one that has the
        question; or "" where one of the teacher's own stands here.
    own : Own, optional
        The question of "predict", with answers to choose from.
    guess : Guess, optional
        The question of "predict", whose answer is a number.
    goal : Goal, optional
        The goal of "reach".
    hidden : tuple of str
        The parts of the picture that are not seen, by their names in `live.parts`.
    locked : tuple of str
        The parameters that nobody moves, by their keys.
    """

    page: str
    link: str
    title: str = ""
    text: str = ""
    kind: StepKind = "see"
    key: str = ""
    own: Own | None = None
    guess: Guess | None = None
    goal: Goal | None = None
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()

    @property
    def opens(self) -> dict[str, str]:
        """The settings that it opens, as a link has them."""
        return dict(parse_qsl(self.link, keep_blank_values=True))


@dataclass(frozen=True)
class Prepared:
    """A prepared lesson: its title, its steps, and what stands for it in a link, if that is short.

    Where `short` is "", the link holds the whole lesson.
    """

    title: str
    steps: tuple[PreparedStep, ...]
    short: str = ""

    @cached_property
    def packed(self) -> str:
        """The text of it in a link."""
        return self.short or pack(plain(self))

    @cached_property
    def name(self) -> str:
        """What tells it from other lessons."""
        return blake2b(self.packed.encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Playing:
    """A prepared lesson that is played, and its step, counted from 1."""

    lesson: Prepared
    at: int

    @property
    def step(self) -> PreparedStep:
        """The step."""
        return self.lesson.steps[self.at - 1]


def plain(lesson: Prepared) -> dict[str, Any]:
    """Return a lesson as JSON has it; what is empty is left out."""
    steps = [asdict(step, dict_factory=_filled) for step in lesson.steps]
    return {"title": lesson.title, "steps": steps}


def _filled(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in parts if value not in (None, "", ())}


def pack(content: object) -> str:
    r"""Write what JSON can hold into a text that a link takes as it is.

    Examples
    --------
    >>> unpack(pack({"title": "Kreuz\u00adentropie"}))
    {'title': 'Kreuz\xadentropie'}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    packed = base64.urlsafe_b64encode(zlib.compress(text, 9)).rstrip(b"=").decode()
    return f"{VERSION}.{packed}"


def unpack(text: str) -> object:
    """Read what `pack` has written; what comes of a stranger's text may be anything of JSON.

    Raises
    ------
    UnpackedError
        If the text is longer than `LONGEST`, of another version, damaged, or unpacks to more than
        `MOST_BYTES`.
    """
    if len(text) > LONGEST:
        raise UnpackedError("long")
    version, _, packed = text.partition(".")
    if version != VERSION:
        raise UnpackedError("version")
    try:
        bits = base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True)
        inflating = zlib.decompressobj()
        content = inflating.decompress(bits, MOST_BYTES)
        if not inflating.eof or inflating.unused_data:
            raise UnpackedError("damaged")
        return json.loads(content)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise UnpackedError("damaged") from error
