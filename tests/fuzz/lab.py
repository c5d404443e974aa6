"""Fuzzers of the parsers: whatever arrives, the settings are valid and what was refused is told."""

import json
import math
import unicodedata
from urllib.parse import urlencode

from ce_core.bugs import BUGS
from ce_core.formats import FORMATS
from ce_core.pipelines import PIPELINES
from ce_core.scenarios import ALL_SCENARIOS
from lab.parameters import RefusedError, written
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
    assert now.format in ("float64", "float32", "float16", "bfloat16")
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


# An answer takes as long as many of the others.
TARGETS = (*(link, question, changes, name) * 4, answer)
