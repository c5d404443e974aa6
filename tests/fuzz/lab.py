"""Fuzzers of the parsers: whatever arrives, the settings are valid and what was refused is told."""

import base64
import json
import math
import unicodedata
import zlib
from typing import Any
from urllib.parse import urlencode

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES
from ce_core.scenarios import ALL_SCENARIOS
from lab.parameters import RefusedError, written
from lab.prepared.reading import LOSSES, Read
from lab.readers import name as name_reader
from lab.settings import Settings
from tests.app.instruments import ANSWERS, FIRST, settings, take, unpacked
from tests.fuzz.source import Source

PAGES = tuple(ANSWERS.lessons)
PARAMETERS = {parameter.key: parameter for parameter in ANSWERS.parameters.all}
LISTS = [f"{p.key}.{i}" for p in PARAMETERS.values() if p.split for i in range(10)]
ACTS = sorted({id_ for lesson in ANSWERS.lessons.values() for id_ in lesson.acts})
IDS = [*PARAMETERS, *LISTS, *ACTS, *["add"] * 10, *(f"remove.{i}" for i in range(10))]
CELLS = [f"{fmt}.{form}" for fmt in FORMATS for form in PIPELINES]
LED = {page: lesson for page, lesson in ANSWERS.lessons.items() if lesson.steps}
LINKS = ("", "at=1", "at=2&logits=3,1,-7", "at=99", "logits=1,-inf&target=1", "at=8&lesson=1.x&q")
JUNK = (None, True, -1, 0.5, 10**400, math.nan, -math.inf, "", "x", "<b>", [], [[]], {}, "x" * 301)
VALUES = (*ALL_SCENARIOS, *BUGS, *CELLS, *FORMATS, "10", "100", "1000", "-inf", "1e300", "-0", "60")


def assert_valid(now: Settings, page: str = "pipeline") -> None:
    """Check the settings against the rules, and that a link of the page reopens them."""
    count = len(now.logits)
    assert 2 <= count <= 10
    assert all(z == -math.inf or abs(z) <= 1e300 for z in now.logits)
    assert "-0.0" not in map(str, (*now.logits, *now.get("model"), now.shift))
    assert len(now.names) == len(set(now.names)) == count
    assert all(1 <= len(name) <= 20 for name in now.names)
    assert all(name.replace("\u200d", "").isprintable() for name in now.names)  # joins emoji
    assert type(now.target) is int
    assert 0 <= now.target < count
    assert len(now.get("counts")) == count
    assert all(type(n) is int and 0 <= n <= 1000 for n in now.get("counts"))
    assert sum(now.get("counts")) > 0
    assert len(now.get("model")) == count
    assert all(0 <= p <= 1 for p in now.get("model"))
    assert abs(sum(now.get("model")) - 1) <= 1e-5
    numbers = (now.shift, now.get("x"), now.get("other"), now.get("dose"))
    assert all(abs(number) <= 1e300 for number in numbers)
    assert now.format in FORMATS
    assert now.reach in (10, 100, 1000)
    assert now.reach <= now.effective_reach < math.inf
    assert 0.01 <= now.get("temperature") <= 100
    assert 0 <= now.get("smoothing") <= 1
    assert 0.001 <= now.get("rate") <= 100
    assert now.get("step") in range(61)
    assert now.get("cell") in CELLS
    assert now.get("bug") in BUGS
    assert now.get("repaired") in (0, 1)
    again, notices = ANSWERS.read(page, ANSWERS.link(page, now))
    assert (again.having_seen(now.seen), notices) == (now, [])


def assert_told(notices: list[str]) -> None:
    """Check that what is told of a stranger's texts is short, on one line, and can be sent."""
    assert len(notices) < 20
    for notice in notices:
        assert 0 < len(notice) < 300
        assert len(notice.splitlines()) == 1
        notice.encode()


def link(source: Source) -> None:
    """Open a link: any keys, any number of times, with any text."""
    query: dict[str, list[str]] = {}
    for part in source.rest().split("&"):
        key, _, text = part.partition("=")
        query.setdefault(key, []).append(text)
    read = ANSWERS.parameters.read
    now, refused = read(query)
    assert_valid(now, source.pick(PAGES))
    told = {part.key: part.text for part in refused}
    assert len(told) == len(refused)
    for key, texts in query.items():
        if key in told:
            assert told[key] == " & ".join(texts)
        else:  # it was taken: written again, it reads the same
            assert read(query | {key: [written(now.get(key))]})[0] == now
            assert len(texts) == 1
    untold = {key: texts for key, texts in query.items() if key not in told}
    assert read(untold) == (now, [])


def question(source: Source) -> None:
    """Ask a page with any query: a link, changes to it, and what was seen."""
    page = source.pick(PAGES)
    now, notices = ANSWERS.read(page, source.rest())
    assert_valid(now, page)
    assert_told(notices)


def changes(source: Source) -> None:
    """Change what can be changed in any order, and what cannot."""
    _changed(source, source.pick(PAGES))


def _changed(source: Source, page: str) -> Settings:
    now = FIRST
    for _ in range(source.whole(0, 12)):
        id_ = source.pick(IDS) if source.whole(0, 15) else source.text()
        now = _taken(now, id_, _value(source), page)
    return now


def _value(source: Source) -> str:
    kind = source.whole(0, 3)
    if kind == 0:
        return source.text()
    return written(source.number()) if kind == 1 else source.pick(VALUES)


def _taken(now: Settings, id_: str, text: str, page: str) -> Settings:
    try:
        changed = take(now, id_, text, page)
    except RefusedError as error:
        assert_told([str(error)])
        return now
    assert_valid(changed, page)
    return changed


def name(source: Source) -> None:
    """Name a class."""
    text = source.rest()
    read = name_reader().read
    try:
        cleaned = read(text)
    except ValueError:
        return
    assert read(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert len(cleaned.splitlines()) == 1
    assert_valid(settings(names=(cleaned, "another", "a third")))


def answer(source: Source) -> None:
    """Answer a page for whatever settings there may be, in full."""
    page = source.pick(PAGES)
    asked = [ANSWERS.link(page, _changed(source, page))]
    if source.yes():
        asked.append(urlencode({"seen": ",".join(source.pick(list(BUGS)) for _ in range(3))}))
    query = "&".join(asked)
    head, _ = unpacked(ANSWERS.numbers(page, query).body)
    assert head["notices"] == []
    assert head["layout"] == json.loads(ANSWERS.layout(page, query).body)["hash"]
    for made in json.loads(ANSWERS.questions(page, query).body):
        assert 0 <= made["right"] < len(made["options"]) == len(made["reasons"])
        assert ANSWERS.read(page, made["shown"])[1] == []


def lesson(source: Source) -> None:
    """Open a lesson that somebody prepared, whose parts may be right or anything else."""
    steps = [_or_junk(source, _step(source)) for _ in range(source.whole(1, 3))]
    content = _or_junk(source, {"title": source.text(), "steps": _or_junk(source, steps)})
    bits = zlib.compress(json.dumps(content).encode())
    found = _read(f"1.{base64.urlsafe_b64encode(bits).decode().rstrip('=')}")
    assert_told(found.faults)
    if found.lesson is None:
        assert len(found.faults) > 0
        return
    again = _read(found.lesson.packed)
    assert (again.lesson, again.faults) == (found.lesson, [])  # what is left has no fault any more
    for n, step in enumerate(found.lesson.steps, 1):
        asked = urlencode({"lesson": found.lesson.packed, "at": n})
        now, notices = ANSWERS.read(step.page, asked)
        assert notices == []
        assert_valid(now, step.page)
    if source.whole(0, 15) == 15:
        head, columns = unpacked(ANSWERS.numbers(step.page, asked).body)
        assert columns[head["goal"]].max() <= 1
        if step.guess is None:  # which asks nothing where the picture has no such card
            assert ("question" in head) == (step.kind == "predict")


def _read(text: str) -> Read:
    return Read(text, ANSWERS.lessons, ANSWERS.parameters)


def _step(source: Source) -> dict[str, Any]:
    page, text = source.pick(list(LED)), source.pick(("Why?", source.text()))
    of = source.pick(("loss-naive", "share", "animal", "loss"))
    asked, kind, parts = source.pick(
        (
            ("own", "predict", {"options": ["a", source.text()], "right": source.whole(0, 2)}),
            ("guess", "predict", {"of": of, "low": source.number(), "high": source.number()}),
            (
                "goal",
                "reach",
                {
                    "form": source.pick(PIPELINES),
                    "loss": source.pick(LOSSES),
                    "above": source.whole(0, 8) / 8,
                    "below": source.whole(0, 8) / 8,
                },
            ),
        )
    )
    right = {
        "page": page,
        "link": source.pick(LINKS),
        "title": source.text(),
        "text": text,
        "kind": source.pick((kind, kind, "see", "explore", "predict", "reach")),
        asked: _some(source, {"text": text} | parts),
        "hidden": ["p", of],
        "locked": ["logits"],
    }
    if source.yes():
        right = {key: part for key, part in right.items() if key != asked}
        right["key"] = source.pick([step.key for step in LED[page].steps])
    return _some(source, right)


def _some(source: Source, parts: dict[str, Any]) -> dict[str, Any]:
    """Return most of these parts, one of which may be anything."""
    return {key: _or_junk(source, part) for key, part in parts.items() if source.whole(0, 15)}


def _or_junk(source: Source, value: Any) -> Any:
    return source.pick(JUNK) if source.whole(0, 31) == 31 else value


# An answer takes as long as many of the others.
TARGETS = (*(link, question, changes, name) * 4, *(lesson,) * 4, answer)
