"""What a browser is told of a challenge: each item as a prepared lesson of one step.

So an item has no way to another step, and the question, the goal and the picture are the lesson's
own, computed by the core for the item's numbers as ever.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

from lab.answers import Answer
from lab.challenge.drawing import Item, drawn
from lab.lesson import Lesson
from lab.parameters import AT, LANGUAGE
from lab.prepared.lesson import Prepared, PreparedStep
from lab.words import say, speaking

_HIDDEN: Final = ("presets",)  # which would open another example than the one that is asked


class Challenges:
    """The challenges of some lessons.

    Parameters
    ----------
    lessons : sequence of Lesson
        All that items are drawn from.
    """

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self._lessons = {lesson.page: lesson for lesson in lessons}

    def answer(self, _page: str, query: str) -> Answer:
        """Answer with the items of the seed in a query; with none where that is no seed."""
        link = dict(parse_qsl(query[:200], keep_blank_values=True))
        with speaking(link.get(LANGUAGE.key, "")):
            try:
                items = [self._item(item) for item in drawn(link.get("seed", ""))]
            except ValueError:
                items = []
        body = json.dumps(items).encode()
        return Answer(body, "application/json", hashlib.blake2b(body, digest_size=12).hexdigest())

    def _item(self, item: Item) -> dict[str, str]:
        page, key = item.kind.page, item.kind.key
        title = say(f"{page}.step_{key}_title")
        learn, link = self.links(item)
        return {
            "page": page,
            "kind": item.kind.kind,
            "title": title,
            "lesson": say(f"{page}.short"),
            "link": link,
            "learn": learn,
        }

    def links(self, item: Item) -> tuple[str, str]:
        """Return the link of the lesson's own step, and the one by which an item is played."""
        page, key = item.kind.page, item.kind.key
        at = 1 + [step.key for step in self._lessons[page].steps].index(key)
        own = urlencode({AT.key: at})
        step = PreparedStep(
            page,
            f"{own}&{item.link}" if item.link else own,
            say(f"{page}.step_{key}_title"),
            kind=item.kind.kind,
            key=key,
            hidden=_HIDDEN,
            locked=item.kind.locked,
        )
        return own, urlencode({AT.key: 1, "lesson": Prepared("", (step,)).packed})
