"""From the body of a request to the pieces of its answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from lab.batch.account import Account, Pace, clock
from lab.batch.asked import Asked, read_request
from lab.batch.brought import FieldError, as_targets, read_head, read_numbers
from lab.batch.choices import choose
from lab.batch.frames import error, frame
from lab.batch.result import result
from lab.reading import UnreadableError
from lab.words import say, speaking

_UNREADABLE = 422


@dataclass(frozen=True)
class Reply:
    """An answer: how it goes out, and its pieces, each the work of one turn."""

    pieces: Iterator[bytes]
    status: int = 200
    media_type: str = "application/octet-stream"
    file_name: str = ""


def reply(body: memoryview) -> Reply:
    """Read the body of a request, and begin its answer."""
    try:
        asked = read_request(body)
    except ValueError:
        return Reply(iter([error("numbers", say("numbers.expected_head"))]), status=_UNREADABLE)
    return Reply(_spoken(asked.language, _guarded(_stream(asked))))


def _spoken(language: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Speak a language while a piece is made: each may be made in another thread."""
    while True:
        with speaking(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _guarded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """End with what could not be read."""
    try:
        yield from pieces
    except FieldError as wrong:
        yield error(wrong.field, str(wrong), wrong.line, wrong.column)
    except UnreadableError as wrong:  # a file that turns out to be damaged while it is read
        yield error("numbers", wrong.told(), wrong.line, wrong.column)


def _stream(asked: Asked) -> Iterator[bytes]:
    numbers = read_numbers(asked)
    yield frame("read", **read_head(numbers))
    classes = numbers.given.classes
    choices = choose(asked.options, numbers.given.dtype, classes)
    yield from choices.refused
    account = Account(numbers, as_targets(numbers.targets, choices.options, classes), choices)
    pace, begun = Pace(), clock()
    for _ in account.work():
        if pace.worked(clock() - begun) or account.done == account.of:
            begun = clock()
            piece = result(account)
            pace.told(clock() - begun)
        else:
            piece = frame("progress", done=account.done, of=account.of)
        yield piece
        begun = clock()
