"""Reading a prepared lesson: text of a stranger, of which all that is right is kept.

Whatever is wrong is left out and said in words; what is left is a lesson that can be played.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, get_args
from urllib.parse import parse_qsl, urlencode

from ce_core.pipelines import PIPELINES
from lab.lesson import Lesson
from lab.parameters import AT, LANGUAGE, Parameters, excerpt
from lab.prepared.lesson import (
    LONGEST,
    Goal,
    Guess,
    Loss,
    Own,
    Prepared,
    PreparedStep,
    UnpackedError,
    unpack,
)
from lab.prepared.ready import content, is_ready
from lab.readers import LARGEST, LONGEST_TEXT, Reader, line, one_of
from lab.words import say
from live.parts import StepKind

T = TypeVar("T")

MOST_STEPS: Final = 20
MOST_OPTIONS: Final = 4
_MOST_NAMES: Final = 40  # of parts, and of parameters in a link or locked
_MOST_LINES: Final = 8
_KINDS: Final[Sequence[StepKind]] = get_args(StepKind)
LOSSES: Final[Sequence[Loss]] = get_args(Loss)

NAME: Final = line(40, "expected.line")  # of a lesson
TITLE: Final = line(24, "expected.line")  # of a step
QUESTION: Final = line(120, "expected.line")
TEXT: Final = line(300, "expected.line")
OPTION: Final = line(80, "expected.line")
_PART: Final = re.compile(r"[a-z][\w.-]{0,39}")


class Read:
    """What was read of a text: the lesson, and what was left out of it, in words.

    Parameters
    ----------
    text : str
        What a link says: a lesson packed, or the name of one that is ready.
    lessons : mapping of str to Lesson
        Those of the lab, by their pages.
    parameters : Parameters
        Those of all lessons.
    """

    def __init__(self, text: str, lessons: Mapping[str, Lesson], parameters: Parameters) -> None:
        self.lessons = {page: lesson for page, lesson in lessons.items() if lesson.steps}
        self.parameters = parameters
        self.lesson: Prepared | None = None
        self._faults: list[str] = []
        ready = is_ready(text)
        try:
            whole = self._whole(_object(content(text, lessons) if ready else unpack(text)))
            self.lesson = replace(whole, short=text) if ready else whole
        except UnpackedError as error:
            self._faults.append(say(f"teach.unread_{error.reason}", longest=LONGEST))

    @property
    def faults(self) -> list[str]:
        """What was left out, in a few lines."""
        return list(dict.fromkeys(self._faults))[:_MOST_LINES]

    def _whole(self, content: Mapping[str, Any]) -> Prepared:
        given = content.get("steps")
        if not isinstance(given, list) or not given:
            raise UnpackedError("damaged")
        if len(given) > MOST_STEPS:
            self._faults.append(say("teach.unread_steps", most=MOST_STEPS))
        read = [self._step(n, _object(step)) for n, step in enumerate(given[:MOST_STEPS], 1)]
        title = self._value(0, "title", NAME, content.get("title"), "")
        lesson = Prepared(title, tuple(step for step in read if step))
        if not lesson.steps:
            raise UnpackedError("damaged")
        if len(lesson.packed) > LONGEST:
            raise UnpackedError("long")
        return lesson

    def _step(self, n: int, given: Mapping[str, Any]) -> PreparedStep | None:
        page = self._value(n, "page", one_of(list(self.lessons)), given.get("page") or "?", "")
        if not page:
            return None
        lesson = self.lessons[page]
        kind: StepKind = self._value(n, "kind", one_of(_KINDS), given.get("kind", "see"), "see")
        asked = _asked(kind, given)
        tasks = [step.key for step in lesson.steps if step.kind == kind]
        known = one_of(tasks or [""])
        key = self._value(n, "key", known, given.get("key") or "?", "") if asked == "key" else ""
        link = self._link(n, lesson, given.get("link"), key)
        part = _object(given.get(asked))
        own = self._own(n, part) if asked == "own" else None
        guess = self._guess(n, part) if asked == "guess" else None
        goal = self._goal(n, lesson, link, part) if asked == "goal" else None
        if asked and not (key or own or guess or goal):
            kind = "see"  # without a question or a goal there is nothing to do
        return PreparedStep(
            page,
            link,
            self._value(n, "title", TITLE, given.get("title"), ""),
            self._value(n, "text", TEXT, given.get("text"), ""),
            kind,
            key,
            own,
            guess,
            goal,
            self._names(n, "hidden", given.get("hidden"), lambda name: bool(_PART.fullmatch(name))),
            self._names(n, "locked", given.get("locked"), {*parts(lesson)}.__contains__),
        )

    def _own(self, n: int, given: Mapping[str, Any]) -> Own | None:
        options = given.get("options")
        texts = options if isinstance(options, list) else []
        read = [self._value(n, "option", OPTION, text, "") for text in texts[:MOST_OPTIONS]]
        text = self._value(n, "question", QUESTION, given.get("text") or "", "")
        right = given.get("right")
        several = 2 <= len(texts) <= MOST_OPTIONS and all(read) and len(set(read)) == len(read)
        if text and several and type(right) is int and 0 <= right < len(read):
            return Own(text, tuple(read), right)
        self._faults.append(say("teach.unread_question", n=n, most=MOST_OPTIONS))
        return None

    def _guess(self, n: int, given: Mapping[str, Any]) -> Guess | None:
        text = self._value(n, "question", QUESTION, given.get("text") or "", "")
        of, low, high = given.get("of"), _number(given.get("low")), _number(given.get("high"))
        named = isinstance(of, str) and _PART.fullmatch(of)
        if text and named and low is not None and high is not None and low < high:
            return Guess(text, str(of), low, high)
        self._faults.append(say("teach.unread_guess", n=n))
        return None

    def _goal(self, n: int, lesson: Lesson, link: str, given: Mapping[str, Any]) -> Goal | None:
        at = int(dict(parse_qsl(link))[AT.key])
        if lesson.losses is None or not lesson.steps[at - 1].goals:
            self._faults.append(say("teach.unread_no_goal", n=n))
            return None
        text = self._value(n, "goal", QUESTION, given.get("text") or "", "")
        form, loss = given.get("form"), given.get("loss", "any")
        above, below = given.get("above"), given.get("below")
        asks_much = loss in LOSSES and (loss != "any" or above is not None or below is not None)
        if text and form in PIPELINES and asks_much:
            low, high = (_share(bound, end) for bound, end in ((above, 0.0), (below, 1.0)))
            if low is not None and high is not None and low < high:
                return Goal(text, form, loss, low or None, high if high < 1 else None)
        self._faults.append(say("teach.unread_goal", n=n))
        return None

    def _link(self, n: int, lesson: Lesson, given: object, key: str) -> str:
        """Read the settings that a step opens; a step with a key of its page shows its picture."""
        text = given if isinstance(given, str) else ""
        pairs = parse_qsl(text[:LONGEST_TEXT], keep_blank_values=True)[:_MOST_NAMES]
        link = {name: [value] for name, value in pairs if name != LANGUAGE.key}
        _, refused = self.parameters.read(link)
        for part in refused:
            self._faults.append(say("teach.unread_part", n=n, part=part))
            link.pop(part.key)
        keys = [step.key for step in lesson.steps]
        if key:
            link[AT.key] = [str(keys.index(key) + 1)]
        elif AT.key in link:
            at = AT.reader.read(link[AT.key][0])
            link[AT.key] = [str(min(at, len(keys)))]
        elif any(name in link for name in parts(lesson)):
            link[AT.key] = [str(len(keys))]  # numbers alone are for the free instrument
        else:
            link[AT.key] = ["1"]
        return urlencode({name: values[0] for name, values in link.items()}, safe=",")

    def _names(
        self, n: int, what: str, given: object, known: Callable[[str], bool]
    ) -> tuple[str, ...]:
        names = given if isinstance(given, list) else [] if given is None else [given]
        right = [name for name in names if isinstance(name, str) and known(name)]
        if len(right) < len(names):
            self._faults.append(say("teach.unread_names", n=n, what=say(f"teach.what_{what}")))
        return tuple(dict.fromkeys(right))[:_MOST_NAMES]

    def _value(self, n: int, what: str, reader: Reader[Any], given: object, other: T) -> Any | T:
        if given is None or given == "":
            return other
        try:
            return reader.read(given if isinstance(given, str) else "\0")
        except ValueError:
            named = say(f"teach.what_{what}")
            text, expected = excerpt(str(given)), reader.expected()
            key = "teach.unread_value" if n else "teach.unread_title"
            self._faults.append(say(key, n=n, what=named, text=text, expected=expected))
            return other


def parts(lesson: Lesson) -> list[str]:
    """Return what of a lesson can be locked: its parameters, by their keys."""
    return [parameter.key for parameter in lesson.parameters]


def _asked(kind: StepKind, given: Mapping[str, Any]) -> str:
    """Return which part of a step says what it asks for, or "" where it asks for nothing."""
    if kind == "reach":
        return "key" if given.get("goal") is None else "goal"
    if kind == "predict":
        return "guess" if given.get("guess") is not None else "key" if given.get("key") else "own"
    return ""


def _number(value: object) -> float | None:
    """Return a number of JSON that can be reckoned with; one may be larger than any float64."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) + 0.0 if abs(value) <= LARGEST else None


def _share(value: object, end: float) -> float | None:
    """Return a bound between 0 and 1; the end of these where there is none."""
    bound = end if value is None else _number(value)
    return bound if bound is not None and (value is None or 0 < bound < 1) else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
