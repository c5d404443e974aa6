"""Write what teachers read on their page into the docs as well: `python -m docs.teaching`.

The sentences have one source, lab/words; in the docs they stand between two comments.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lab.teaching.misconceptions import misconceptions
from lab.teaching.plans import plans
from lab.teaching.ways import Part, ways
from lab.words import say
from pages.main import LESSONS

_HERE: Final = Path(__file__).parent
_ADDRESS: Final = "https://lab.example.org"


def _plans() -> str:
    return "\n\n".join(_plan(plan) for plan in plans())


def _plan(plan: Mapping[str, Any]) -> str:
    heads = [say(f"guide.plan_{name}") for name in ("ask", "comes", "say")]
    lines = [
        f"### {plan['title']}",
        "",
        f"{say('guide.ready_minutes', minutes=plan['minutes'])}, `?lesson={plan['lesson']}`. "
        f"{plan['line']}",
        "",
        *(f"- {say(f'guide.ready_{name}')}: {plan[name]}" for name in ("needs", "aim")),
        "",
        f"| min | | {' | '.join(heads)} |",
        "|---|---|---|---|---|",
    ]
    for row in plan["rows"]:
        step = f"**{row['title']}**, {row['does']}"
        said = [row["ask"], row["comes"], row["say"]]
        lines.append(f"| {row['minutes']} | {step} | {' | '.join(said)} |")
    return "\n".join(lines)


def _misconceptions() -> str:
    lines = []
    for n, row in enumerate(misconceptions({lesson.page: lesson for lesson in LESSONS}), 1):
        source = f" ({row['source']})" if row["source"] else ""
        why = f"*{say('guide.misconceptions_why')}* {row['why']}"
        opens = f"{row['opens']}, `/{row['page']}?{row['link']}`."
        lines.append(f"{n}. **{row['belief']}** {why} {row['holds']}{source} {opens}")
    return "\n".join(lines)


def _way(section: str) -> str:
    return "\n\n".join(_part(part) for part in ways()[section])


def _part(part: Part) -> str:
    text = part.text.replace("{address}", _ADDRESS)
    if part.kind == "title":
        return f"### {text}"
    if part.kind == "code":
        return f"````\n{text}\n````"
    return f"{text}: `/{part.page}`" if part.kind == "page" else text


_WRITTEN: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "model.md": {
        "plans": _plans,
        "misconceptions": _misconceptions,
        "class": lambda: _way("class"),
    },
    "embedding.md": {"course": lambda: _way("course")},
}


def written() -> dict[Path, str]:
    """Return the docs that hold such parts, with what these are now."""
    docs = {}
    for name, parts in _WRITTEN.items():
        text = (_HERE / name).read_text(encoding="utf-8")
        for part, write in parts.items():
            begins, ends = f"<!-- {part}: python -m docs.teaching -->", f"<!-- end of {part} -->"
            before, _, rest = text.partition(begins)
            _, _, after = rest.partition(ends)
            text = f"{before}{begins}\n\n{write()}\n\n{ends}{after}"
        docs[_HERE / name] = text
    return docs


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
