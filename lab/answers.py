"""What a page shows for a link: a pure function of the two, as the bytes that the player reads.

A question is a link, and then changes to it: `set=logits.2:3.5`, in the order in which they were
made. A change is checked as a link is checked; what is refused is left out and told in words.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import parse_qsl, urlencode

from lab.export.files import KINDS, Source
from lab.lesson import Lesson, NumberQuestion, Question, Tool
from lab.parameters import AT, LANGUAGE, Parameters, Refused, RefusedError, lines, told
from lab.prepared.lesson import Playing, plain
from lab.prepared.reading import MOST_STEPS, Read
from lab.readers import counted
from lab.settings import Settings
from lab.steps import asked, entered, opened, played
from lab.surround import surround
from lab.words import language, say, speaking
from live.message import Packed, pack
from live.parts import Columns

LESSON = "lesson"  # the prepared lesson that is played, in a link
_LONGEST = 14_000  # characters of a question: more than any link and changes that a player sends
_MOST_PARTS = 200  # of a link and its changes
_MOST_SEEN = 50  # keys of questions
_KEPT = 64  # pictures, of 30 to 300 kB: a class that follows one lesson asks for few


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer, their type, and what tells them from other answers."""

    body: bytes
    media_type: str
    tag: str


class Answers:
    """What the pages of some lessons answer.

    Parameters
    ----------
    lessons : sequence of Lesson
        In the order of the story.
    tools : sequence of Tool
        The pages that are no lessons, to which the first page leads as well.
    """

    def __init__(self, lessons: Sequence[Lesson], tools: Sequence[Tool] = ()) -> None:
        self.tools = tools
        self.lessons = {lesson.page: lesson for lesson in lessons}
        self.parameters = Parameters(p for lesson in lessons for p in lesson.parameters)
        self._packed = lru_cache(_KEPT)(self._pack)
        self._prepared = lru_cache(_KEPT)(self._prepare)
        self.files = {kind: partial(self._file, kind) for kind in KINDS}

    def numbers(self, page: str, query: str) -> Answer:
        """Answer with the table and what else changes with every release."""
        settings, notices = self.read(page, query)
        packed = self._packed(page, settings, tuple(notices))
        return Answer(packed.numbers, "application/octet-stream", _tag(packed.numbers))

    def layout(self, page: str, query: str) -> Answer:
        """Answer with what rarely changes: the parts that there are, and their words."""
        settings, notices = self.read(page, query)
        packed = self._packed(page, settings, tuple(notices))
        return Answer(packed.layout, "application/json", packed.hash)

    def questions(self, page: str, query: str) -> Answer:
        """Answer with the questions of a page."""
        settings, _ = self.read(page, query)
        with speaking(settings[LANGUAGE]):
            asked = self.lessons[page].ask(settings)
            body = json.dumps([self._question(page, q, settings) for q in asked]).encode()
        return Answer(body, "application/json", _tag(body))

    def lesson(self, _page: str, query: str) -> Answer:
        """Answer with what is read of a prepared lesson, and what of it was left out, in words."""
        link = dict(parse_qsl(query[:_LONGEST], keep_blank_values=True))
        with speaking(link.get(LANGUAGE.key, "")):
            read = self._prepared(link.get(LESSON, ""), language())
        content = plain(read.lesson) if read.lesson else None
        body = json.dumps({"lesson": content, "notices": read.faults}).encode()
        return Answer(body, "application/json", _tag(body))

    def read(self, page: str, query: str) -> tuple[Settings, list[str]]:
        """Read a question: the settings that it leads to, and what in it was refused, in words."""
        link: dict[str, list[str]] = {}
        changes, seen = [], frozenset[str]()
        for key, text in parse_qsl(query[:_LONGEST], keep_blank_values=True)[:_MOST_PARTS]:
            if key == "set":
                changes.append(text.partition(":")[::2])
            elif key == "seen":
                seen = frozenset(text.split(",", _MOST_SEEN)[:_MOST_SEEN])
            else:
                link.setdefault(key, []).append(text)
        lesson = self.lessons[page]
        with speaking(link.get(LANGUAGE.key, [""])[0]):
            playing, faults = self._played(page, link)
            if playing:
                link = {key: [text] for key, text in playing.step.opens.items()} | link
            settings, refused = self.parameters.read(link)
            settings = settings.in_lesson(playing)
            notices = faults + told(refused)
            if len(query) > _LONGEST:
                notices.append(say("app.too_long"))
            settings = self.parameters.fitted(opened(lesson, settings, link), settings)
            if lesson.reveals:
                settings = settings.having_seen(seen)
            left_out = []
            for id_, text in changes:
                try:
                    settings = self._take(lesson, settings, id_, text)
                except RefusedError as error:
                    left_out.append(error.part)
        return settings, notices + lines(left_out)

    def _prepare(self, text: str, _language: str) -> Read:
        return Read(text, self.lessons, self.parameters)

    def _played(self, page: str, link: dict[str, list[str]]) -> tuple[Playing | None, list[str]]:
        """Take the prepared lesson and its step out of a link; and say what is wrong with them."""
        texts = link.pop(LESSON, [])
        if not texts:
            return None, []
        read = self._prepared(texts[0], language())
        lesson, faults = read.lesson, read.faults
        if lesson is None:
            return None, faults
        here = [n for n, step in enumerate(lesson.steps, 1) if step.page == page]
        if not here:
            return None, [*faults, say("teach.unread_page")]
        try:
            at = counted(MOST_STEPS).read(link.pop(AT.key, ["1"])[0])
        except ValueError:
            at = 1
        if at not in here:
            faults = [*faults, say("teach.elsewhere", n=at, instead=here[0])]
        return Playing(lesson, at if at in here else here[0]), faults

    def link(self, page: str, settings: Settings) -> str:
        """Write the link that opens a page with these settings, without the page's address."""
        return urlencode(self._written(page, settings))

    def shared(self, page: str, settings: Settings) -> str:
        """Write a short link that opens a page with these settings, for others to open.

        It leaves out what it opens anyway, but for the step. A comma stays one: encoded, it takes
        three characters.
        """
        settings = settings.having_seen(frozenset())  # what a learner has seen is no setting
        whole = self._written(page, settings)
        link = {key: whole.pop(key) for key in (AT.key, LESSON) if key in whole}
        while whole and (now := self.read(page, urlencode(link))[0]) != settings:
            other = (key for key in whole if now.get(key) != settings.get(key))
            key = next(other, next(iter(whole)))
            link[key] = whole.pop(key)
        return urlencode(link, safe=",")

    def _written(self, page: str, settings: Settings) -> dict[str, str]:
        lesson = self.lessons[page]
        own = [*lesson.parameters, AT] if lesson.steps else lesson.parameters
        playing = settings.playing
        if playing is None:
            return self.parameters.write(settings, own)
        # What the step opens is said even where it is as at first, for else the step's holds.
        opens = playing.step.opens
        written = self.parameters.write(
            settings, [*own, *(p for p in self.parameters.all if p.key in opens)]
        )
        return written | {AT.key: str(playing.at), LESSON: playing.lesson.packed}

    def _take(self, lesson: Lesson, settings: Settings, id_: str, text: str) -> Settings:
        goes = partial(self._entered if settings.playing else entered, lesson)
        act = lesson.acts.get(id_) or (goes if id_ == AT.key else None)
        if act:
            try:
                return self.parameters.fitted(act(settings, text), settings)
            except ValueError:
                raise RefusedError(Refused(id_, text, say("app.no_control"))) from None
        return self.parameters.take(settings, id_, text)

    def _entered(self, lesson: Lesson, settings: Settings, text: str) -> Settings:
        """Go to a step of the prepared lesson that is played, on the same page."""
        link = {AT.key: str(counted(MOST_STEPS).read(text)), LANGUAGE.key: settings[LANGUAGE]}
        if settings.playing:
            link[LESSON] = settings.playing.lesson.packed
        now, notices = self.read(lesson.page, urlencode(link))
        if notices:
            raise ValueError("expected a step of this page")
        return now.having_seen(settings.seen)

    def _pack(self, page: str, settings: Settings, notices: Sequence[str]) -> Packed:
        lesson = self.lessons[page]
        with speaking(settings[LANGUAGE]):
            columns = Columns()
            instruments = lesson.build(settings, columns)
            head: dict[str, object] = {
                "link": self.link(page, settings),
                "shared": self.shared(page, settings),
                "notices": notices,
                "topic": lesson.topic(settings),
                "sees": lesson.sees(settings),
            }
            head |= played(lesson, settings, columns, instruments[0].sliders)
            if question := asked(lesson, settings, instruments[0].cards):
                head["question"] = self._question(page, question, settings)
            around = surround(lesson, list(self.lessons.values()), self.tools, settings)
            return pack(instruments, columns, around, head)

    def _file(self, kind: str, page: str, query: str) -> Answer:
        settings, _ = self.read(page, query)
        with speaking(settings[LANGUAGE]):
            link = self.link(page, settings.in_lesson(None))
            source = Source(say(f"{page}.title"), f"/{page}?{link}")
            body = KINDS[kind].write(self.lessons[page].export(settings), source)
        return Answer(body, KINDS[kind].media_type, _tag(body))

    def _question(
        self, page: str, question: Question | NumberQuestion, settings: Settings
    ) -> dict[str, object]:
        if isinstance(question, NumberQuestion):
            return vars(question)
        shown = self.link(page, self.parameters.fitted(question.shown, settings))
        return vars(question) | {"shown": shown}


def _tag(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()
